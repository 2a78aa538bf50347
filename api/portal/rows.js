// Table rows: the documents' text keeps them as one line, cells joined by " | ".

import { element, quoted } from "./dom.js";

const BETWEEN_CELLS = " | ";
// A value longer than this gets a line of its own.
const WIDE = 44;

/** Tell whether a line is a table row. */
export const isRow = (line) => line.includes(BETWEEN_CELLS) || line.startsWith("| ");

/** Return the cells of a row as `[start, end]` offsets into the line. */
export function cellsOf(line) {
  const cells = [];
  let start = line.startsWith("| ") ? 2 : 0;
  for (let at = line.indexOf(BETWEEN_CELLS, start); at >= 0; at = line.indexOf(BETWEEN_CELLS, start)) {
    cells.push([start, at]);
    start = at + BETWEEN_CELLS.length;
  }
  return [...cells, [start, line.length]];
}

/**
 * Take "Name: cell; Name: cell" apart by the cells of the row that it cites.
 * Returns `[[name, cell], …]`, or null if the sentence is not that row: then it is prose.
 */
export function namedCells(sentence, quote) {
  const cells = quote.split(BETWEEN_CELLS).filter((cell) => cell);
  if (cells.length < 2) return null;
  const pairs = [];
  let rest = sentence;
  for (const [number, cell] of cells.entries()) {
    const at = rest.startsWith(cell) ? 0 : rest.indexOf(`: ${cell}`);
    if (at < 0) return null;
    pairs.push([rest.slice(0, at), cell]);
    rest = rest.slice(at ? at + 2 + cell.length : cell.length);
    const isLast = number === cells.length - 1;
    if (isLast ? rest : !rest.startsWith("; ")) return null;
    rest = rest.slice(2);
  }
  return pairs;
}

/** Show named cells as a small table of its own. */
export function recordOf(pairs) {
  return element(
    "dl",
    { class: "record" },
    ...pairs.map(([name, cell]) =>
      element(
        "div",
        { class: cell.length > WIDE ? "wide" : null },
        name ? quoted("dt", name) : null,
        quoted("dd", cell),
      ),
    ),
  );
}

/** Show a quote; the cells of a row stand apart. */
export function quoteOf(text) {
  if (text.includes("\n") || !isRow(text)) return quoted("span", text.replace(/\s*\n\s*/g, " "), { class: "quote" });
  const parts = cellsOf(text).map(([start, end]) => text.slice(start, end)).filter((cell) => cell.trim());
  const shown = quoted("span", "", { class: "quote" });
  for (const [number, cell] of parts.entries()) {
    if (number) shown.append(element("span", { class: "between" }, " | "));
    shown.append(quoted("bdi", cell));
  }
  return shown;
}
