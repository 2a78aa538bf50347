// What to ask first: questions for the demo documents while they are there, else the documents' titles.

import { byId, element, plainName, quoted } from "./dom.js";

const DEMO = "/demo/documents/";
// Each stands only while the document that answers it can be read.
const QUESTIONS = [
  ["maintenance/lubrication-schedule-2025.md", "How much grease does the main bearing of the filler get, and how often?"],
  ["conveyor/VFD-104-drive-fault-codes.md", "What is drive fault 0x16040007?"],
  ["hr/leave-and-on-call-policy.pdf", "How much is the on-call allowance for a weekday night?"],
  ["field-service/SB-2025-07-HB-20-service-override.pdf", "What is the access code for the service user on the HB-20 panel?"],
  ["filler/FIL-101-fault-codes.zh.md", "旋盖扭矩的正常范围是多少？"],
];
const MOST_TITLES = 5;

/** Show what can be asked; `ask` takes a whole question, `begin` the beginning of one. */
export function suggest(documents, { ask, begin, add }) {
  const readable = documents.filter((document) => document.state === "searchable");
  const questions = QUESTIONS.filter(([path]) => readable.some(({ uri }) => uri.endsWith(DEMO + path)));
  if (questions.length) show("For example", questions.map(([, question]) => button(question, () => ask(question))));
  else if (readable.length) show("You can ask about", readable.slice(0, MOST_TITLES).map((document) => topic(document, begin)));
  else show("There are no documents yet that you may read", [button("Add documents", (event) => add(event.currentTarget))]);
}

function topic(document, begin) {
  const title = plainName(document.title);
  return button(title, () => begin(`${title}: `));
}

function show(title, buttons) {
  byId("suggestions-title").textContent = title;
  const section = byId("suggestions");
  section.querySelector("ul").replaceChildren(...buttons.map((made) => element("li", {}, made)));
  section.hidden = false;
}

const button = (text, onclick) => quoted("button", text, { type: "button", class: "suggestion", onclick });
