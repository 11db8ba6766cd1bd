/** The first rows of a new batch as pictures: really rendered, but small and before all other jobs. */

import { ApiError, ownAddress } from "./client.js";
import { pause } from "./connection.js";
import { announce, fill, h } from "./dom.js";
import { follow } from "./events.js";
import { count, plural } from "./format.js";
import { hasEnded, stateOf } from "./states.js";
import { rowWarnings } from "./submission.js";
import { submit } from "./tables.js";
import { problem } from "./widgets.js";

export const MAX_PREVIEWS = 12; // that the API renders per request
const RETRY_INTERVAL = 2000; // milliseconds, while the team's earlier previews are running

export class FirstRows {
  #batch = "";
  #run = new AbortController();

  /** @param {import("./client.js").Client} client @param {AbortSignal} signal aborts when the person leaves the page */
  constructor(client, signal) {
    this.client = client;
    this.list = h("ol", { class: "first-rows" });
    this.element = h("section", { class: "card", "aria-labelledby": "first-rows-title", hidden: true }, h("h2", { id: "first-rows-title" }, "The first rows"), this.list);
    signal.addEventListener("abort", () => this.stop());
  }

  /** Hide the pictures and cancel their jobs. */
  stop() {
    this.#run.abort();
    if (this.#batch) this.#cancel(this.#batch);
    this.#batch = "";
    this.element.hidden = true;
  }

  /** @param {import("./submission.js").Request} request of the rows to show
   * @param {() => void} onWarned called when the rows have the warnings of their renders */
  async show(request, onWarned) {
    this.stop();
    this.#run = new AbortController();
    const { signal } = this.#run;
    const outputs = request.query.outputs ? JSON.parse(request.query.outputs).length : 1;
    const all = request.sent.flatMap((row, at) => Array.from({ length: outputs }, (_, place) => new Place(row, `${count(at + 1)}${place ? `, output ${place + 1}` : ""}`)));
    const places = all.slice(0, MAX_PREVIEWS);
    fill(this.list, places.map((place) => place.element));
    this.element.hidden = false;
    this.element.scrollIntoView({ block: "nearest" });
    const made = await this.#submit(request, signal);
    if (!made) return;
    if (signal.aborted) { // while the request was in progress
      this.#cancel(made.batchId);
      return;
    }
    for (const error of made.errors ?? []) places[error.index].showReason(error.error);
    if (made.jobs.length === 0) return;
    this.#batch = made.batchId;
    await follow(this.client, `batches/${made.batchId}/events`, {
      onEvent: ({ name, content }) => name === "job" && places[content.index].update(content),
      onLive: () => {},
      onFailure: (error) => fill(this.list, h("li", {}, problem(error))),
    }, signal);
    if (signal.aborted) return;
    this.#batch = "";
    announce(`${plural(made.jobs.length, "picture")} of the first rows ${made.jobs.length === 1 ? "is" : "are"} ready`);
    onWarned();
  }

  /** Otherwise the team's next previews would have to wait until it ends. @param {string} batchId */
  #cancel(batchId) {
    this.client.json(`batches/${batchId}/cancel`, { method: "POST" }).catch(() => {});
  }

  /** @param {import("./submission.js").Request} request @param {AbortSignal} signal */
  async #submit({ table, query }, signal) {
    while (!signal.aborted) {
      try {
        return await submit(this.client, table, query, {}, "previews");
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 429)) throw error;
        await pause(RETRY_INTERVAL, signal);
      }
    }
    return null;
  }
}

/** One row's picture, or the reason why there is none. */
class Place {
  /** @param {import("./rowtable.js").Row} row @param {string} place the row's number, and which of its outputs */
  constructor(row, place) {
    this.row = row;
    this.place = place;
    this.picture = h("div", { class: "picture", "aria-busy": "true" }, h("span", { class: "muted small" }, "Rendering …"));
    this.words = h("div", { class: "small words" });
    this.caption = h("span", { class: "small" }, `Row ${place}`);
    this.element = h("li", {}, this.picture, this.caption, this.words);
  }

  /** @param {any} job from an event */
  update(job) {
    const state = stateOf(job.status);
    if (!hasEnded(state)) return;
    if (job.name) fill(this.caption, `Row ${this.place}: ${job.name}`);
    if (state !== "finished") {
      this.showReason(job.error ?? "Cancelled");
      return;
    }
    this.picture.removeAttribute("aria-busy");
    fill(this.picture, h("img", { src: ownAddress(job.outputUrl), alt: `Preview of row ${this.place}` }));
    const warnings = rowWarnings(job);
    this.row.warnings = [...new Set([...this.row.warnings, ...warnings])];
    fill(this.words, warnings.map((text) => h("p", {}, text)));
  }

  /** @param {string} text why there is no picture */
  showReason(text) {
    this.picture.removeAttribute("aria-busy");
    fill(this.picture, h("span", { class: "small bad" }, text));
  }
}
