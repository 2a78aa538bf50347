// Building nodes. Text reaches the page only here, and only as text.

/** Return the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Make an element; a child that is a string becomes a text node, null is left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Make an element that holds text of a document or a user, in that text's own script and direction. */
export function quoted(tag, text, attributes = {}) {
  return element(tag, { dir: "auto", lang: languageOf(text), ...attributes }, text);
}

/** Replace what a `quoted` element holds. */
export function requote(holder, text) {
  holder.textContent = text;
  holder.dir = "auto";
  const language = languageOf(text);
  if (language) holder.lang = language;
  else holder.removeAttribute("lang");
}

/** Guess a text's language as far as fonts depend on it: the same Han character looks different in each. */
export function languageOf(text) {
  if (/[\u3040-\u30ff]/.test(text)) return "ja";
  if (/[\uac00-\ud7af]/.test(text)) return "ko";
  if (/[\u3400-\u9fff]/.test(text)) return "zh";
  return null;
}

/** Return a name without line breaks and without marks that turn the reading direction around. */
export function plainName(text) {
  return text.replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ").trim();
}

/** Return the last part of a document's address. */
export function fileName(uri) {
  const last = uri.slice(uri.lastIndexOf("/") + 1);
  if (!uri.startsWith("file:")) return plainName(last);
  try {
    return plainName(decodeURIComponent(last));
  } catch {
    return plainName(last);
  }
}

/** Return "1 document", "2 documents". */
export const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** Say something to a screen reader without moving anything. */
export function announce(text) {
  byId("announcer").append(element("p", { lang: languageOf(text) }, text));
}

/** Forget what was announced. */
export const hush = () => byId("announcer").replaceChildren();
