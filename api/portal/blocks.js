// The form of an answer: which paragraph, list or step each of its sentences belongs to.

import { element, languageOf } from "./dom.js";

const NUMBER = /^\s*\(?(\d{1,3})[.)、]\s*/;
const VERDICTS = { yes: ["Yes.", "是。"], no: ["No.", "否。"], depends: ["That depends.", "视情况而定。"] };

/** Return the number in front of a step's text, and the text without it; null where there is none. */
export function numbered(text, { kind, item } = {}) {
  const match = kind === "steps" && item ? NUMBER.exec(text) : null;
  return match ? { number: Number(match[1]), rest: text.slice(match[0].length) } : null;
}

/** Make the place of a sentence in `said` and return it; without a shape, the sentence is a block of its own. */
export function placeIn(said, shape, number) {
  if (!shape) return said.appendChild(element("div", { class: "paragraph" }));
  let block = said.lastElementChild;
  if (block?.dataset.block !== String(shape.block)) {
    block = said.appendChild(element("div", { class: shape.kind === "row" ? "rows" : "paragraph", "data-block": shape.block }));
  }
  return shape.item ? itemIn(block, shape, number) : block;
}

/** Return a new item of the block's list, inside the last item if it is deeper. */
function itemIn(block, { kind, depth }, number) {
  let holder = block;
  for (let level = depth; level > 0 && lastList(holder)?.lastElementChild; level -= 1) holder = lastList(holder).lastElementChild;
  const nested = holder !== block;
  const tag = kind === "steps" && !nested ? "ol" : "ul";
  const list = lastList(holder) ?? holder.appendChild(element(tag, { class: tag === "ol" ? "steps" : "list" }));
  return list.appendChild(element("li", { value: tag === "ol" ? number : null }));
}

function lastList(holder) {
  const last = holder.lastElementChild;
  return last && ["OL", "UL"].includes(last.tagName) ? last : null;
}

/** Return yes, no, or that it depends, as a line in front of the sentence that decides it. */
export function verdictOf(verdict, text) {
  const words = VERDICTS[verdict];
  if (!words) return null;
  const language = languageOf(text);
  return element("p", { class: "verdict", lang: language }, words[language === "zh" ? 1 : 0]);
}

/** Return the shape of each sentence of a whole answer, as the stream tells it. */
export function shapesOf({ blocks = [], verdict }) {
  const shapes = [];
  for (const [block, { kind, items, sentences }] of blocks.entries()) {
    for (const [place, sentence] of sentences.entries()) {
      const at = place - (sentences.length - items.length);
      shapes[sentence] = { block, kind, item: at >= 0, depth: items[at]?.depth ?? 0, verdict: sentence ? "" : verdict };
    }
  }
  return shapes;
}

/** Return the answer as Markdown, its citations as `[1]`. */
export function markdownOf({ blocks = [], sentences, verdict }) {
  const marks = (citations) => citations.map((index) => `[${index + 1}]`).join("");
  const lines = verdict ? [verdictOf(verdict, sentences[0].text).textContent, ""] : [];
  for (const { kind, items, sentences: places, more } of blocks) {
    const leads = places.slice(0, places.length - items.length);
    for (const place of leads) lines.push(`${sentences[place].text} ${marks(sentences[place].citations)}`);
    for (const { text, citations, depth } of items) {
      const marker = NUMBER.test(text) ? "" : kind === "steps" && !depth ? "1. " : "- ";
      lines.push(`${"   ".repeat(depth)}${marker}${text} ${marks(citations)}`);
    }
    if (more) lines.push(more);
    lines.push("");
  }
  return lines.join("\n").trim();
}
