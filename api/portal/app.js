// The page: a question goes in, turns come out.

import { announce, byId, hush } from "./dom.js";
import { openDocuments, watchDocuments } from "./documents.js";
import { suggest } from "./examples.js";
import { Trouble, ask, ready, signOut, signedIn, troubleOf } from "./service.js";
import { Turn } from "./turn.js";

const PATIENCE_MS = 1200;
const LOOK_AGAIN_MS = 3000;
// Turns that a question may lean on.
const REMEMBERED = 10;

const question = byId("question");
const state = byId("state");
let working = null;
let conversation = [];

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  askNew(question.value);
});
byId("stop").addEventListener("click", () => working?.abort());
byId("anew").addEventListener("click", beginAnew);
question.addEventListener("input", fit);
question.addEventListener("keydown", (event) => {
  // While an input method composes a character, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  askNew(question.value);
});

watchDocuments((documents) => suggest(documents, { ask: askNew, begin, add: openDocuments }));
becomeReady();
showWho();

async function showWho() {
  const who = await signedIn().catch(() => null);
  const button = byId("sign-out");
  button.hidden = !who?.sign_in;
  button.title = who ? `Sign out ${who.user}` : "";
  button.setAttribute("aria-label", button.title);
  button.addEventListener("click", signOut);
}

function askNew(text) {
  const asked = text.trim();
  if (!asked || working) return;
  question.value = "";
  fit();
  document.body.classList.remove("fresh");
  const earlier = conversation.slice(-REMEMBERED);
  const turn = new Turn(asked, (failed) => work(failed, asked, earlier));
  byId("turns").append(turn.element);
  work(turn, asked, earlier);
}

async function work(turn, asked, earlier) {
  if (working) return;
  working = new AbortController();
  showWorking(true);
  hush();
  announce("Searching the documents.");
  turn.begin();
  turn.element.scrollIntoView({ block: "start" });
  // On a phone the keyboard would cover the answer.
  if (matchMedia("(pointer: coarse)").matches) question.blur();
  else question.focus({ preventScroll: true });
  try {
    await follow(turn, asked, earlier, working.signal);
  } catch (error) {
    if (working.signal.aborted) turn.stop();
    else if (error instanceof Trouble) turn.fail(error);
    else {
      turn.fail(troubleOf());
      throw error;
    }
  } finally {
    working = null;
    showWorking(false);
  }
}

async function follow(turn, asked, earlier, signal) {
  for await (const event of ask(asked, earlier, signal)) {
    if (event.name === "error") throw troubleOf(event.data);
    turn.take(event);
    if (event.name !== "done") continue;
    conversation.push({ question: asked, answer: event.data.text });
    byId("anew").hidden = false;
    return;
  }
  throw new Trouble("broken", "The connection was lost before the answer was complete.");
}

/** Forget the conversation: what is asked next leans on nothing. */
function beginAnew() {
  working?.abort();
  conversation = [];
  byId("turns").replaceChildren();
  byId("anew").hidden = true;
  document.body.classList.add("fresh");
  announce("A new conversation.");
  question.focus();
}

function begin(text) {
  question.value = text;
  fit();
  question.focus();
}

function showWorking(isWorking) {
  byId("ask").hidden = isWorking;
  byId("stop").hidden = !isWorking;
}

function fit() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
}

/** Say so while the models load; the first question may be asked meanwhile. */
async function becomeReady() {
  const notice = "The service is getting ready; the first answer takes a little longer.";
  const slow = setTimeout(() => (state.textContent = notice), PATIENCE_MS);
  try {
    await ready();
    state.textContent = "";
  } catch (error) {
    state.textContent = `${error.title}: ${error.message}`;
    setTimeout(becomeReady, LOOK_AGAIN_MS);
  } finally {
    clearTimeout(slow);
  }
}
