// One question and what became of it.

import { markdownOf, numbered, placeIn, shapesOf, verdictOf } from "./blocks.js";
import { announce, counted, element, languageOf, plainName, quoted } from "./dom.js";
import { aboutOf, openPassage, placeOf } from "./passage.js";
import { marked } from "./marks.js";
import { nearestMarkdown, nearestOf } from "./nearest.js";
import { namedCells, recordOf } from "./rows.js";
import { sourcesOf } from "./sources.js";

const ATTRIBUTED = "the chat model named no source; this one was found to say the same";

// Below this confidence an answer is shown as uncertain.
const CERTAIN = 0.5;

/** A question on the page: its work, its sentences with their sources, a refusal or a failure. */
export class Turn {
  /** `again` asks the same question once more. */
  constructor(question, again) {
    this.again = again;
    this.heading = quoted("h2", question, { class: "asked", tabindex: "-1" });
    this.body = element("div", { class: "answer" });
    this.element = element("article", { class: "turn" }, this.heading, this.body);
    this.begin();
  }

  /** Show that the question is being worked on. */
  begin() {
    this.passages = [];
    this.sentences = [];
    this.citations = [];
    this.work = element("p", { class: "work" }, "Searching the documents…");
    this.said = element("div", { class: "said" });
    this.body.replaceChildren(this.said, this.work);
  }

  /** Take in one event of the stream. */
  take({ name, data }) {
    if (name === "source") this.#find(data);
    else if (name === "token") this.#say(data);
    else if (name === "citation") this.#prove(data);
    else if (name === "done") this.#finish(data);
  }

  #find(passage) {
    this.passages.push(passage);
    const documents = new Set(this.passages.map(({ document_id }) => document_id)).size;
    this.work.textContent = `Reading ${counted(this.passages.length, "passage")} in ${counted(documents, "document")}…`;
  }

  #say({ text, citations, block, spans, shape, attributed }) {
    const step = numbered(text, shape);
    const said = step?.rest ?? text;
    const at = spans?.length ? said.length : endingOf(said);
    const words = element("span", { class: "words" }, ...(spans?.length ? marked(spans, block) : [said.slice(0, at)]));
    const ending = element("span", {}, said.slice(at));
    const tail = element("span", { class: "tail" }, ending, ...citations.map((index) => this.#chip(index, attributed)));
    const sentence = element("div", { class: "sentence", dir: "auto", lang: languageOf(text) }, words, tail);
    const verdict = verdictOf(shape?.verdict, text);
    if (verdict) this.said.append(verdict);
    const holder = placeIn(this.said, shape, step?.number);
    holder.append(sentence, " ");
    this.sentences.push({ text, citations, words, ending, holder });
    announce(verdict ? `${verdict.textContent} ${text}` : text);
  }

  #chip(index, attributed) {
    const onclick = (event) => this.#open(this.citations, index, event.currentTarget, "cited");
    const chip = element("button", { type: "button", class: "chip", "data-cited": index, onclick, "aria-label": `Source ${index + 1}` }, String(index + 1));
    if (attributed) chip.dataset.attributed = ATTRIBUTED;
    return chip;
  }

  #prove({ index, ...citation }) {
    this.citations[index] = citation;
    const place = citation.page === null ? "" : `, page ${citation.page}`;
    for (const chip of this.#marked("cited", index)) {
      const found = chip.dataset.attributed ? `; ${chip.dataset.attributed}` : "";
      chip.setAttribute("aria-label", `Source ${index + 1}: ${plainName(citation.title)}${place}${found}`);
      chip.title = `${plainName(citation.title)}${place}${found}`;
    }
    for (const { text, citations, words, ending } of this.sentences) {
      if (citations.length !== 1 || citations[0] !== index) continue;
      const pairs = namedCells(text, citation.quote);
      if (!pairs) continue;
      words.replaceWith(recordOf(pairs));
      ending.remove();
    }
  }

  #finish(answer) {
    this.work.remove();
    for (const notice of answer.notices ?? []) this.said.before(element("p", { class: "notice" }, plainName(notice)));
    if (answer.understood) {
      const words = quoted("span", answer.understood);
      this.said.before(element("p", { class: "understood" }, "Understood as: ", words));
    }
    if (answer.refused) {
      this.#refuse(answer);
      return;
    }
    if (this.sentences.length !== answer.sentences.length) this.#repeat(answer);
    this.#more(answer);
    const doubt = doubtOf(answer);
    if (doubt) this.body.append(element("p", { class: "uncertain" }, doubt));
    this.body.append(this.#sources("Sources", this.citations, "cited"), ...this.#otherwise(answer), this.#foot([markdownOf(answer), doubt].filter(Boolean).join("\n\n"), this.citations, answer.timings));
    announce(`That is the answer, from ${counted(this.citations.length, "source")}. ${doubt}`);
  }

  /** Show the whole answer where the stream was incomplete, by the same way. */
  #repeat(answer) {
    this.said.replaceChildren();
    this.sentences = [];
    const shapes = shapesOf(answer);
    answer.sentences.forEach((sentence, place) => this.#say({ ...sentence, shape: shapes[place] }));
    answer.citations.forEach((citation, index) => this.#prove({ index, ...citation }));
  }

  /** Say below a list that is not whole how many items follow. */
  #more({ blocks = [] }) {
    for (const { more, sentences } of blocks) {
      const block = more ? this.sentences[sentences.at(-1)]?.holder.closest("[data-block]") : null;
      block?.append(quoted("p", more, { class: "more" }));
    }
  }

  #refuse({ reason, found, ...answer }) {
    this.said.replaceChildren();
    const hint = found.length ? null : "It may help to name the machine, part or code as the document does.";
    const words = [element("h3", {}, "No answer in the documents"), element("p", {}, reason), hint && element("p", { class: "hint" }, hint)];
    this.body.append(element("div", { class: "refusal" }, ...words));
    if (found.length) this.body.append(nearestOf(found, (index, opener) => this.#open(found, index, opener, "found")));
    const text = [`${reason}`, "", ...nearestMarkdown(found).flatMap((one) => [one, ""])].join("\n").trim();
    this.body.append(this.#foot(text, found, answer.timings));
    announce(`No answer in the documents. ${reason}${found.length ? " This comes nearest: " : ""}${found.map(({ title }) => plainName(title)).join("; ")}`);
  }

  /** Show what other documents say otherwise, and which are superseded: nothing is merged in silence. */
  #otherwise({ disagreements, superseded }) {
    const parts = [];
    for (const { title, by, ...about } of superseded ?? []) {
      const told = aboutOf(about).join(", ");
      const names = [quoted("bdi", plainName(title)), " is superseded by ", quoted("bdi", plainName(by))];
      parts.push(element("p", { class: "superseded" }, ...names, told ? ` (${told}).` : "."));
    }
    if (disagreements?.length) {
      const others = disagreements.map(({ other }) => other);
      parts.push(this.#sources("Another document says otherwise", others, "other"));
    }
    return parts;
  }

  #sources(title, citations, kind) {
    return sourcesOf(title, citations, kind, (index, opener) => this.#open(citations, index, opener, kind));
  }

  #open(citations, index, opener, kind) {
    if (!citations[index]) return;
    openPassage(citations, index, opener, (open) => {
      for (const marked of this.#marked(kind)) {
        const [first, until] = [Number(marked.dataset[kind]), Number(marked.dataset.until ?? marked.dataset[kind])];
        marked.toggleAttribute("data-open", open !== null && first <= open && open <= until);
      }
    });
  }

  #marked(kind, index) {
    const value = index === undefined ? "" : `="${Number(index)}"`;
    return this.element.querySelectorAll(`[data-${kind}${value}]`);
  }

  #foot(text, citations, timings) {
    const seconds = (timings.total_ms / 1000).toLocaleString("en", { maximumFractionDigits: 1 });
    const copy = navigator.clipboard ? this.#button("Copy with sources", (event) => this.#copy(text, citations, event.currentTarget)) : null;
    return element("p", { class: "foot" }, copy, element("span", {}, `Took ${seconds} s`));
  }

  async #copy(text, citations, button) {
    const sources = citations.map(
      (citation, index) => `[${index + 1}] ${[citation.title, ...placeOf(citation).map((part) => part.textContent)].join(", ")}`,
    );
    await navigator.clipboard.writeText([this.heading.textContent, "", text, "", ...sources].join("\n"));
    button.textContent = "Copied";
  }

  /** Show that the asker stopped it; what was said stays. */
  stop() {
    this.work.remove();
    this.body.append(this.#ending("notice", element("p", {}, "Stopped before the answer was complete."), "Ask again"));
    announce("Stopped.");
  }

  /** Show what went wrong; what was said stays. */
  fail({ title, message }) {
    this.work.remove();
    this.body.append(this.#ending("failure", element("div", {}, element("h3", {}, title), element("p", {}, message)), "Try again"));
    announce(`${title}. ${message}`);
  }

  #ending(kind, words, label) {
    return element("div", { class: kind }, words, this.#button(label, () => this.again(this)));
  }

  #button(label, onclick) {
    return element("button", { type: "button", class: "quiet", onclick }, label);
  }
}

/** Return what to say of an answer whose confidence is low; an empty text of any other. */
function doubtOf({ confidence }) {
  if (confidence >= CERTAIN) return "";
  return `This may not answer the question (confidence ${confidence.toFixed(2)}); see what its sources say.`;
}

/** Return where a sentence's last word begins, or its last few characters: they stay with the chip. */
function endingOf(text) {
  const at = Math.max(text.lastIndexOf(" ") + 1, text.lastIndexOf("\n") + 1, text.length - 12);
  return /[\udc00-\udfff]/.test(text[at] ?? "") ? at - 1 : at;
}
