// What came nearest to a refused question: whole sections, with the parts marked that fit.

import { element, plainName, quoted } from "./dom.js";
import { placeOf } from "./passage.js";
import { textNodes } from "./pagetext.js";

/** Return the sections as the main content of a refusal; `open(index, opener)` shows one in its document. */
export function nearestOf(citations, open) {
  const cards = citations.map((citation, index) => {
    const { section, ...rest } = citation;
    const onclick = (event) => open(index, event.currentTarget);
    const name = section ? plainName(section) : plainName(citation.title);
    const heading = element("h4", {}, quoted("button", name, { type: "button", class: "near-title", onclick }));
    const document = section ? quoted("span", plainName(citation.title)) : null;
    const place = element("p", { class: "place" }, document, ...placeOf(rest));
    const text = element("div", { class: "near-text" }, ...textOf(citation));
    const more = element("button", { type: "button", class: "quiet", onclick, "aria-label": `Read on: ${name}` }, "Read on in the document");
    return element("li", { class: "near", "data-found": index }, heading, place, text, more);
  });
  return element("section", { class: "nearest" }, element("h3", {}, "This comes nearest"), element("ol", {}, ...cards));
}

/** Return the text of a section as nodes, what fits marked; rows stand below the names of their columns. */
function textOf(citation) {
  const front = citation.columns ? `${citation.columns}\n` : "";
  const spans = spansOf(citation).map(([start, end]) => [start + front.length, end + front.length]);
  const nodes = textNodes(front + citation.quote, spans);
  if (front) nodes[0].querySelector("tr")?.classList.add("names");
  return nodes;
}

/** Return what came nearest as Markdown, what fits in bold. */
export function nearestMarkdown(citations) {
  return citations.map(({ title, section, quote, marks = [] }) => {
    const characters = [...quote];
    for (const [start, end] of [...marks].reverse()) {
      characters.splice(end, 0, "**");
      characters.splice(start, 0, "**");
    }
    return [`> **${[title, section].filter(Boolean).join(" > ")}**`, ...characters.join("").split("\n")].join("\n> ");
  });
}

/** The service counts characters, a string here its halves of wide ones. */
function spansOf({ quote, marks = [] }) {
  const characters = [...quote];
  const at = (place) => characters.slice(0, place).join("").length;
  return marks.map(([start, end]) => [at(start), at(end)]);
}
