// The marks inside a sentence: an allow-listed tree, of which every leaf is a text node.

import { element } from "./dom.js";

const TAGS = { strong: "strong", emphasis: "em", code: "code" };

/** Return the nodes of a sentence's spans; the cells of a row are parted by a bar, a list item begins with a dot. */
export function marked(spans, block) {
  const nodes = spans.map(({ text, mark }) => (Object.hasOwn(TAGS, mark) ? element(TAGS[mark], {}, text) : text));
  if (block === "row") return nodes.flatMap((node, index) => (index ? [" | ", node] : [node]));
  return block === "item" ? ["• ", ...nodes] : nodes;
}
