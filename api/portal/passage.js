// The passage panel: the page that a citation stands on, with the cited words marked.

import { byId, element, fileName, plainName, requote } from "./dom.js";
import { pageNodes } from "./pagetext.js";
import { Trouble, citedText } from "./service.js";
import { Sheet } from "./sheet.js";

const GONE = "This passage cannot be shown any more: the document was deleted, or you may no longer read it.";

let shown = { citations: [], position: 0, mark: () => {} };
let loading = new AbortController();

const sheet = new Sheet(byId("passage"), {
  beside: true,
  onClose() {
    loading.abort();
    shown.mark(null);
  },
});

byId("passage-previous").addEventListener("click", () => step(-1));
byId("passage-next").addEventListener("click", () => step(1));

/**
 * Open the passage of `citations[position]`; the others can be stepped to.
 * `mark` is told which citation is open, and null at the end.
 */
export function openPassage(citations, position, opener, mark = () => {}) {
  shown.mark(null);
  shown = { citations, position, mark };
  sheet.open(opener);
  // Beside the panel the page is narrower, and its text has moved.
  opener.scrollIntoView({ block: "nearest" });
  byId("passage-title").focus({ preventScroll: true });
  show(citations[position]);
}

/** Open the beginning of a document, nothing marked. */
export function openBeginning({ id, uri, title, version }, opener) {
  openPassage([{ document_id: id, uri, title, version, page: null, span: [0, 1], isBeginning: true }], 0, opener);
}

function step(by) {
  const position = shown.position + by;
  if (!(position in shown.citations)) return;
  shown.position = position;
  show(shown.citations[position]);
}

async function show(citation) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  shown.mark(shown.position);
  head(citation);
  byId("passage-text").replaceChildren(element("p", { class: "hint" }, "Opening…"));
  try {
    const cited = await citedText(citation, signal);
    head(citation, cited);
    fill(citation, cited);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Trouble)) throw error;
    const words = error.code === "not_found" ? GONE : `${error.title}. ${error.message}`;
    byId("passage-text").replaceChildren(element("p", { class: "notice", role: "alert" }, words));
  }
}

function head(citation, cited = citation) {
  requote(byId("passage-title"), plainName(citation.title));
  byId("passage-place").replaceChildren(...placeOf({ ...citation, page: cited.page }));
  const several = shown.citations.length > 1;
  byId("passage-steps").hidden = !several;
  byId("passage-count").textContent = `${shown.position + 1} of ${shown.citations.length}`;
  byId("passage-previous").disabled = shown.position === 0;
  byId("passage-next").disabled = shown.position === shown.citations.length - 1;
}

function fill(citation, cited) {
  const holder = byId("passage-text");
  const nodes = pageNodes({ ...cited, span: citation.span }, !citation.isBeginning);
  if (!cited.current) {
    const words = `This is version ${cited.version}. The document has been replaced since; ask again for what holds now.`;
    nodes.unshift(element("p", { class: "notice" }, words));
  }
  holder.replaceChildren(...nodes);
  scrollToMark(holder);
}

function scrollToMark(holder) {
  const mark = holder.querySelector("mark");
  if (!mark) {
    holder.scrollTop = 0;
    return;
  }
  const fromTop = mark.getBoundingClientRect().top - holder.getBoundingClientRect().top;
  holder.scrollTop += fromTop - holder.clientHeight * 0.3;
}

/** Return day and owner as texts; what only the document itself says is marked as its claim. */
export function aboutOf({ claimed = [], ...about }) {
  const known = ["day", "owner"].filter((name) => about[name]);
  return known.map((name) => (claimed.includes(name) ? `${about[name]} (its own claim)` : about[name]));
}

/** Return section, page, version, day, owner and file name of a citation as nodes. */
export function placeOf({ uri, page, version, section, ...about }) {
  const parts = [section ? plainName(section) : null, page === null ? null : `Page ${page}`, version ? `Version ${version}` : null];
  return [
    ...[...parts, ...aboutOf(about)].filter(Boolean).map((part) => element("span", {}, part)),
    element("bdi", { class: "file" }, fileName(uri)),
  ];
}
