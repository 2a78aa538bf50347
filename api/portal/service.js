// Talking to the service: every failure becomes a Trouble that a person can read.

const TITLES = {
  network: "The service cannot be reached",
  broken: "The answer broke off",
  busy: "Very busy just now",
  engine_full: "Very busy just now",
  uploads_full: "Many uploads are waiting",
  not_ready: "Not ready yet",
};

const FIRST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 5000;
const SOON_SECONDS = 3;
const UNDER_WAY = new Set(["queued", "running"]);

/** A failure in plain words. */
export class Trouble extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
    this.title = TITLES[code] ?? "That did not work";
  }
}

/** Ask a question after the turns in `history`; yields `{name, data}` for each event until the stream ends. */
export async function* ask(question, history, signal) {
  const response = await sendJson("v1/ask", { question, history, stream: true }, signal);
  yield* events(response.body, signal);
}

/** Return the page of a citation's document, parted at the cited span. */
export async function citedText({ document_id, version, span }, signal) {
  const query = new URLSearchParams({ version, start: span[0], end: span[1] });
  return (await send(`v1/documents/${document_id}/text?${query}`, { signal })).json();
}

/** Return `{documents, next}`: readable documents behind `after`. */
export async function documents(after = 0, limit = 200) {
  return (await send(`v1/documents?${new URLSearchParams({ after, limit })}`)).json();
}

/** Hand one file in; returns its job. While too many uploads wait, it waits as long as the service asks. */
export async function upload(file, isPublic) {
  const body = new FormData();
  body.append("file", file, file.name);
  body.append("public", String(isPublic));
  for (;;) {
    try {
      return await (await send("v1/documents", { method: "POST", body })).json();
    } catch (error) {
      if (error.code !== "uploads_full") throw error;
      await pause(error.retryAfterMs);
    }
  }
}

/** Follow a job to its end and return it; `changed` hears of each state on the way. */
export async function follow(job, changed) {
  for (let wait = FIRST_LOOK_MS; UNDER_WAY.has(job.state); wait = Math.min(wait * 1.5, LONGEST_LOOK_MS)) {
    changed(job);
    await pause(wait);
    try {
      job = await (await send(`v1/jobs/${job.id}`)).json();
    } catch (error) {
      if (error.code !== "network") throw error; // the file is kept, and is read once the service is back
    }
  }
  return job;
}

/** Sign in by name and password. */
export const signIn = (user, password) => sendJson("v1/session", { user, password });

/** Choose a password with a sign-in link, and sign in. */
export const redeemLink = (link, password) => sendJson("v1/session/link", { link, password });

/** Return who is signed in; `sign_in` is false where nobody has to. */
export const signedIn = async () => (await send("v1/session")).json();

/** Sign out, and go to the page on which one signs in. */
export async function signOut() {
  await send("v1/session", { method: "DELETE" });
  location.assign("sign-in");
}

/** Return once questions can be answered. */
export const ready = async () => (await send("readyz")).json();

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const sendJson = (path, body, signal) =>
  send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

async function send(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw options.signal?.aborted ? error : unreachable();
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const trouble = troubleOf(answer.error, response.status);
  // Signed out meanwhile: on, unless this is the page on which one signs in.
  if (response.status === 401 && !location.pathname.endsWith("/sign-in")) location.assign("sign-in");
  trouble.retryAfterMs = 1000 * Number(response.headers.get("Retry-After") || SOON_SECONDS);
  throw trouble;
}

/** Return the failure that an error of the service tells of. */
export function troubleOf(error, status = 500) {
  const code = error?.code ?? (status === 503 ? "not_ready" : status === 429 ? "busy" : "http");
  return new Trouble(code, error?.message ?? `The service answered with status ${status}. Try again in a moment.`);
}

const unreachable = () =>
  new Trouble("network", "Check that you are connected and that the service runs, then try again.");

async function* events(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (held + value).split("\n\n");
      held = blocks.pop();
      yield* blocks.map(eventOf).filter((event) => event.data !== undefined);
    }
  } catch (error) {
    throw signal?.aborted ? error : new Trouble("broken", "The connection was lost before the answer was complete.");
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventOf(block) {
  const lines = block.split("\n");
  const valuesOf = (field) =>
    lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).trimStart());
  const data = valuesOf("data").join("\n");
  return { name: valuesOf("event")[0] ?? "message", data: data ? JSON.parse(data) : undefined };
}
