// The documents panel: what can be read, and adding to it.

import { byId, counted, element, fileName, plainName, quoted } from "./dom.js";
import { openBeginning } from "./passage.js";
import { Trouble, documents, follow, upload } from "./service.js";
import { Sheet } from "./sheet.js";

const OUTCOMES = {
  added: "added; you can ask about it now",
  changed: "replaced its earlier version",
  permissions: "unchanged, but others may read it now",
  unchanged: "is there already, unchanged",
};
const STATES = { searchable: "Searchable", failed: "Could not be read" };
const FILTER_FROM = 12;
const MOST_NOTICES = 2;

const sheet = new Sheet(byId("documents"));
let entries = [];
let next = null;
let whenChanged = () => {};

byId("open-documents").addEventListener("click", (event) => openDocuments(event.currentTarget));
byId("filter").addEventListener("input", list);
byId("more-documents").addEventListener("click", () => load(next));
byId("choose").addEventListener("click", () => byId("files").click());
byId("files").addEventListener("change", ({ target }) => {
  const files = [...target.files];
  target.value = "";
  addAll(files);
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) byId("documents").addEventListener(name, drag);

/** Open the panel and read the list anew. */
export function openDocuments(opener) {
  sheet.open(opener);
  load();
}

/** Read the list; `changed` hears of every new one. */
export async function watchDocuments(changed) {
  whenChanged = changed;
  await load();
}

async function load(after = null) {
  const note = byId("document-note");
  note.textContent = entries.length ? "" : "Reading the list…";
  try {
    const read = await documents(after ?? 0);
    entries = after === null ? read.documents : [...entries, ...read.documents];
    next = read.next;
    note.textContent = entries.length ? "" : "There are no documents yet that you may read.";
    list();
    whenChanged(entries);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    note.textContent = `${error.title}. ${error.message}`;
  }
}

function list() {
  byId("document-count").textContent = entries.length ? `${entries.length.toLocaleString("en")}${next ? "+" : ""}` : "";
  byId("filter-row").hidden = entries.length < FILTER_FROM;
  byId("more-documents").hidden = !next;
  const wanted = byId("filter").value.trim().toLowerCase();
  const shown = entries.filter(({ title, uri }) => `${title} ${fileName(uri)}`.toLowerCase().includes(wanted));
  byId("document-list").replaceChildren(...shown.map(entryOf));
  if (wanted && !shown.length) byId("document-note").textContent = "No title or file name contains this.";
  else if (entries.length) byId("document-note").textContent = "";
}

function entryOf(entry) {
  const file = fileName(entry.uri);
  const kind = file.includes(".") ? file.slice(file.lastIndexOf(".") + 1).toUpperCase().slice(0, 5) : "FILE";
  const parts = [STATES[entry.state] ?? entry.state, dateOf(entry.updated_at), sizeOf(entry.size_bytes)];
  const words = [
    element("span", { class: "kind", "aria-hidden": "true" }, kind),
    quoted("span", plainName(entry.title || file), { class: "title" }),
    element("span", { class: "place" }, ...parts.map((part) => element("span", {}, part)), element("bdi", { class: "file" }, file)),
  ];
  if (entry.reason) words.push(quoted("span", entry.reason, { class: "reason" }));
  words.push(...noticesOf(entry.notices));
  const isReadable = entry.version > 0;
  const attributes = { class: "entry", "data-state": entry.state };
  const holder = isReadable
    ? element("button", { ...attributes, type: "button", onclick: () => begin(entry) }, ...words)
    : element("div", attributes, ...words);
  return element("li", {}, holder);
}

function begin(entry) {
  sheet.close();
  openBeginning(entry, byId("open-documents"));
}

const dateOf = (time) => new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" });

function sizeOf(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const power = Math.min(3, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  const format = { style: "unit", unit: units[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: power > 1 ? 1 : 0 };
  return (bytes / 1000 ** power).toLocaleString("en", format);
}

function drag(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  byId("upload").classList.toggle("over", event.type === "dragenter" || event.type === "dragover");
  if (event.type === "drop") addAll([...event.dataTransfer.files]);
}

async function addAll(files) {
  if (!files.length) return;
  const isPublic = byId("public").checked;
  byId("choose").disabled = true;
  const lines = files.map((file) => {
    const line = element("li", { class: "waiting" }, quoted("b", plainName(file.name)), ": waiting…");
    return { file, line };
  });
  byId("upload-results").replaceChildren(...lines.map(({ line }) => line));
  const followed = [];
  for (const { file, line } of lines) {
    tell(line, file, "waiting", "being sent…");
    const job = await attempt(line, file, () => upload(file, isPublic));
    if (job) followed.push(attempt(line, file, () => read(job, file, line)));
  }
  byId("choose").disabled = false;
  await Promise.all(followed);
  await load();
}

/** Follow an accepted file until it was read, and show each step on its line. */
async function read(accepted, file, line) {
  const { state, outcome, reason, notices } = await follow(accepted, (job) => tell(line, file, "waiting", stepOf(job)));
  if (state === "failed") tell(line, file, "failed", reason);
  else if (state === "cancelled") tell(line, file, "failed", "cancelled; nothing was added.");
  else tell(line, file, "done", `${OUTCOMES[outcome] ?? outcome}.`, notices);
}

function stepOf({ state, ahead, reason }) {
  if (reason) return `waiting for another try: ${reason}`;
  if (state === "running") return "being read…";
  return ahead ? `waiting for ${counted(ahead, "other file")}…` : "waiting…";
}

/** Return what `work` gives; a failure stands on the file's line instead. */
async function attempt(line, file, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    tell(line, file, "failed", `${error.title}. ${error.message}`);
  }
}

function tell(line, file, kind, words, notices = []) {
  line.className = kind;
  line.replaceChildren(quoted("b", plainName(file.name)), kind === "failed" ? `: ${words}` : ` ${words}`, ...noticesOf(notices));
}

/** Return what a person should know of how a file was read: the first few, and how many more there are. */
function noticesOf(notices) {
  const shown = notices.slice(0, MOST_NOTICES).map((notice) => quoted("span", plainName(notice), { class: "note" }));
  const more = notices.length - shown.length;
  return more > 0 ? [...shown, element("span", { class: "note" }, `and ${counted(more, "more remark")}`)] : shown;
}
