// The sources of an answer as cards; neighbouring quotes of one section share a card.

import { element, plainName, quoted } from "./dom.js";
import { placeOf } from "./passage.js";
import { quoteOf } from "./rows.js";

// A quote that is shorter is shown with what stands beside it.
const SHORT = 120;
const BESIDE = 60;

/**
 * Return a section of cards. `kind` names the attribute by which chips and cards are marked, `open(index, opener)`
 * shows the passage.
 */
export function sourcesOf(title, citations, kind, open) {
  const cards = groupsOf(citations, kind).map(([first, last]) => {
    const own = citations.slice(first, last + 1);
    const onclick = (event) => open(first, event.currentTarget);
    const label = first === last ? String(first + 1) : `${first + 1}–${last + 1}`;
    const number = kind === "cited" ? element("span", { class: "number", "aria-hidden": "true" }, label) : null;
    const attributes = { type: "button", class: "source", [`data-${kind}`]: first, "data-until": last, onclick };
    const heading = quoted("span", plainName(own[0].title), { class: "title" });
    const place = element("span", { class: "place" }, ...placeOf(own[0]));
    return element("li", {}, element("button", attributes, number, heading, place, ...quotesOf(own)));
  });
  return element("section", { class: "sources" }, element("h3", {}, title), element("ol", {}, ...cards));
}

/** Return `[first, last]` of each group of neighbours from one section; only what is cited is grouped. */
function groupsOf(citations, kind) {
  const groups = [];
  for (const [index, citation] of citations.entries()) {
    const group = groups.at(-1);
    if (kind === "cited" && group && isSamePlace(citations[group[0]], citation)) group[1] = index;
    else groups.push([index, index]);
  }
  return groups;
}

function isSamePlace(one, other) {
  return ["document_id", "version", "page", "section"].every((name) => one[name] === other[name]);
}

function quotesOf(citations) {
  const [{ quote, before = "", after = "" }] = citations;
  if (citations.length > 1) return citations.map((citation) => quoteOf(citation.quote));
  const shown = quoteOf(quote);
  if (quote.length >= SHORT || quote.includes(" | ")) return [shown];
  const [front, behind] = [before.slice(-BESIDE).replace(/\s+/g, " "), after.slice(0, BESIDE).replace(/\s+/g, " ")];
  shown.prepend(front.trim() ? element("span", { class: "beside" }, `… ${front}`) : "");
  shown.append(behind.trim() ? element("span", { class: "beside" }, `${behind} …`) : "");
  return [shown];
}
