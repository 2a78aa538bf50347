// A page of a document as nodes: lines, tables, and the cited span marked.

import { element, languageOf } from "./dom.js";
import { cellsOf, isRow } from "./rows.js";

// Characters that the service gives on either side of a span where a format has no pages.
const REACH = 1500;
const HEADING_CHARACTERS = 72;

/** Return the nodes of a cited page; `marked: false` shows it without a mark. */
export function pageNodes(cited, marked = true) {
  const { before, after } = trimmed(cited);
  const text = before + cited.quote + after;
  const nodes = textNodes(text, marked ? [[before.length, before.length + cited.quote.length]] : []);
  if (before !== cited.before) nodes.unshift(cut());
  if (after !== cited.after) nodes.push(cut());
  return nodes;
}

/** Return the nodes of a text, the parts inside `spans` marked; these are in order. */
export function textNodes(text, spans) {
  return blocksOf(text).map((block) => (block.rows ? tableOf(block.rows, spans) : lineOf(block, spans)));
}

const cut = () => element("p", { class: "cut", "aria-hidden": "true" }, "⋯");

/** Without pages the text begins and ends anywhere: leave out the broken first and last line. */
function trimmed({ page, before, quote, after, span }) {
  const isCutBefore = page === null && span[0] > [...before].length;
  const isCutAfter = page === null && after.length >= REACH;
  const first = isCutBefore ? before.indexOf("\n") + 1 : 0;
  const last = isCutAfter ? after.lastIndexOf("\n") : after.length;
  return { before: before.slice(first), quote, after: last > 0 ? after.slice(0, last) : after };
}

/** Part a text into lines; rows that follow one another come together. */
function blocksOf(text) {
  const blocks = [];
  let start = 0;
  let isApart = true;
  const lines = text.split("\n");
  for (const [number, line] of lines.entries()) {
    const end = start + line.length;
    if (line.trim()) {
      const last = blocks.at(-1);
      const isAlone = isApart && !lines[number + 1]?.trim();
      if (!isRow(line)) blocks.push({ line, start, isApart, isHeading: isAlone && looksLikeHeading(line) });
      else if (last?.rows && !isApart) last.rows.push({ line, start });
      else blocks.push({ rows: [{ line, start }] });
    }
    isApart = !line.trim();
    start = end + 1;
  }
  return blocks;
}

const looksLikeHeading = (line) => line.length <= HEADING_CHARACTERS && !/[.:;,!?。：；，！？…]\s*$/.test(line);

function lineOf({ line, start, isApart, isHeading }, spans) {
  const classes = [isApart ? "apart" : "", isHeading ? "heading" : ""].join(" ").trim();
  const attributes = { dir: "auto", lang: languageOf(line), class: classes || null };
  return element("p", attributes, ...marks(line, start, spans));
}

function tableOf(rows, spans) {
  const body = element("tbody");
  for (const { line, start } of rows) {
    const isCited = spans.some(([first, last]) => start < last && start + line.length > first);
    const row = element("tr", { class: isCited ? "cited" : null });
    for (const [first, last] of cellsOf(line)) {
      const cell = line.slice(first, last);
      row.append(element("td", { dir: "auto", lang: languageOf(cell) }, ...marks(cell, start + first, spans)));
    }
    body.append(row);
  }
  return element("div", { class: "table", tabindex: 0, role: "group", "aria-label": "Table" }, element("table", {}, body));
}

/** Return a piece of text that begins at `start`, the parts inside `spans` marked. */
function marks(piece, start, spans) {
  const parts = [];
  let shown = 0;
  for (const span of spans) {
    const [first, last] = [Math.max(shown, span[0] - start), Math.min(piece.length, span[1] - start)];
    if (first >= last) continue;
    parts.push(piece.slice(shown, first), element("mark", {}, piece.slice(first, last)));
    shown = last;
  }
  return [...parts, piece.slice(shown)].filter((part) => part !== "");
}
