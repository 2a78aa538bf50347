// Talking to the service: every failure becomes a Trouble that a person can read.

const TITLES = {
  network: "The service cannot be reached",
  broken: "The answer broke off",
  busy: "Very busy just now",
  engine_full: "Very busy just now",
  not_ready: "Not ready yet",
};

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
  const response = await send("v1/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question, history, stream: true }),
    signal,
  });
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

/** Hand one file in; returns `{uri, outcome, reason, code}`, a file that cannot be read included. */
export async function upload(file, isPublic) {
  const body = new FormData();
  body.append("file", file, file.name);
  body.append("public", String(isPublic));
  return (await send("v1/documents", { method: "POST", body }, (answer) => "outcome" in answer)).json();
}

/** Return once questions can be answered. */
export const ready = async () => (await send("readyz")).json();

async function send(path, options = {}, isResult = () => false) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw options.signal?.aborted ? error : unreachable();
  }
  if (response.ok) return response;
  const answer = await response.clone().json().catch(() => ({}));
  if (isResult(answer)) return response;
  throw troubleOf(answer.error, response.status);
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
