/**
 * Server-sent events with a token, which EventSource cannot send.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

import { ApiError } from "./client.js";
import { pause, reportReachable } from "./connection.js";

const SILENCE = 45_000; // milliseconds; the server sends something at least every 15 seconds
const LONGEST_PAUSE = 30_000;

/** @typedef {{name: string, content: any}} ServerEvent */
/**
 * @typedef {object} Handlers
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(isLive: boolean) => void} onLive
 * @property {(error: Error) => void} onFailure called when following is given up
 */

/** Follow a batch until its `end` event or the signal; a broken stream resumes where it broke off.
 * @param {import("./client.js").Client} client @param {string} path @param {Handlers} handlers
 * @param {AbortSignal} signal */
export async function follow(client, path, handlers, signal) {
  const stream = new EventStream();
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const event of attempt(client, path, stream, handlers, signal)) {
        failures = 0;
        handlers.onEvent(event);
        if (event.name === "end") return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
        handlers.onFailure(error);
        return;
      }
    }
    if (signal.aborted) return;
    handlers.onLive(false);
    await pause(Math.min(stream.retry * 2 ** failures++, LONGEST_PAUSE), signal);
  }
}

/** @param {import("./client.js").Client} client @param {string} path @param {EventStream} stream
 * @param {Handlers} handlers @param {AbortSignal} signal
 * @returns {AsyncGenerator<ServerEvent>} */
async function* attempt(client, path, stream, handlers, signal) {
  const connection = new AbortController();
  const stop = () => connection.abort();
  signal.addEventListener("abort", stop);
  let watchdog = setTimeout(stop, SILENCE);
  try {
    const headers = { Accept: "text/event-stream", ...stream.resumption() };
    const response = await client.open(path, { headers, signal: connection.signal });
    handlers.onLive(true);
    const reader = /** @type {ReadableStream<any>} */ (response.body)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, SILENCE);
      yield* stream.push(value);
    }
  } catch (error) {
    if (!(error instanceof ApiError) && !signal.aborted) reportReachable(false);
    throw error;
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

/** Assembles pieces of text into events. */
class EventStream {
  #rest = "";
  #name = "";
  /** @type {string[]} */
  #lines = [];
  #lastId = "";
  retry = 2000; // milliseconds

  /** @returns {Record<string, string>} */
  resumption() {
    this.#rest = this.#name = "";
    this.#lines = [];
    return this.#lastId ? { "Last-Event-ID": this.#lastId } : {};
  }

  /** @param {string} text @returns {Generator<ServerEvent>} */
  *push(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#line(line.replace(/\r$/, ""));
      if (event) yield event;
    }
  }

  /** @param {string} line @returns {ServerEvent | null} */
  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#lines.push(value);
    else if (field === "id") this.#lastId = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    return null;
  }

  #dispatch() {
    const [name, lines] = [this.#name, this.#lines];
    this.#name = "";
    this.#lines = [];
    return lines.length ? { name, content: JSON.parse(lines.join("\n")) } : null;
  }
}
