/** Everything about one job, in a panel next to the grid. */

import { ApiError, idempotencyKey, ownAddress } from "./client.js";
import { pause } from "./connection.js";
import { fill, h } from "./dom.js";
import { duration, exactly, plural, size } from "./format.js";
import { preview } from "./preview.js";
import { STATES, hasEnded, stateOf } from "./states.js";
import { webhookLog } from "./webhooklog.js";
import { pill, problem, problemPlace, warningBox, workButton } from "./widgets.js";

const POLL_INTERVAL = 1000; // milliseconds between requests for a job that is rendering
const LONGEST_CELL = 500; // characters shown; a cell may hold a whole picture

/** @typedef {import("./jobs.js").BatchJob} BatchJob */

export class JobPanel {
  /** @param {import("./client.js").Client} client @param {string} batchId
   * @param {(step: -1 | 1, from: number) => BatchJob | undefined} neighbour
   * @param {(index: number) => void} onClose with the index of the job that was shown last
   * @param {AbortSignal} signal */
  constructor(client, batchId, neighbour, onClose, signal) {
    this.client = client;
    this.batchId = batchId;
    this.place = problemPlace();
    this.neighbour = neighbour;
    this.onClose = onClose;
    this.signal = signal;
    /** @type {BatchJob | null} */
    this.job = null;
    this.title = h("h2", { id: "panel-title" });
    this.content = h("div", { class: "content" });
    this.previous = h("button", { type: "button", class: "quiet", onclick: () => this.#step(-1) }, "‹ Previous");
    this.next = h("button", { type: "button", class: "quiet", onclick: () => this.#step(1) }, "Next ›");
    this.element = h(
      "dialog",
      { class: "panel", "aria-labelledby": "panel-title", onkeydown: (/** @type {KeyboardEvent} */ e) => this.#key(e) },
      h(
        "header",
        {},
        this.title,
        this.previous,
        this.next,
        h("button", { type: "button", class: "quiet", onclick: () => this.#close() }, "Close"),
      ),
      this.content,
    );
    this.element.addEventListener("click", (/** @type {Event} */ event) => {
      if (event.target === this.element) this.#close(); // outside the panel
    });
    this.element.addEventListener("cancel", (/** @type {Event} */ event) => {
      event.preventDefault(); // otherwise the focus would return a moment after the panel has closed
      this.#close();
    });
    this.element.addEventListener("close", () => this.#closed());
  }

  /** @param {BatchJob} job */
  open(job) {
    this.#show(job);
    if (!this.element.open) this.element.showModal();
  }

  /** Show a job again if it is the shown one and has changed. @param {BatchJob} job */
  update(job) {
    if (this.job?.index === job.index && (this.job.state !== job.state || !this.job.result)) this.#show(job);
  }

  #close() {
    this.element.close();
    this.#closed();
  }

  #closed() {
    const last = this.job?.index;
    if (last === undefined) return;
    this.job = null;
    this.following?.abort();
    fill(this.content); // a film stops when its element is removed
    this.onClose(last);
  }

  /** @param {-1 | 1} step */
  #step(step) {
    const job = this.job && this.neighbour(step, this.job.index);
    if (job) this.#show(job);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (/** @type {Element} */ (event.target).matches("video, pre, summary")) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    if (event.key === "ArrowRight") this.#step(1);
  }

  /** @param {BatchJob} job */
  #show(job) {
    this.following?.abort();
    this.following = new AbortController();
    this.job = { ...job };
    fill(this.title, `Job ${job.number} `, pill(job.state, STATES[job.state]));
    this.previous.disabled = !this.neighbour(-1, job.index);
    this.next.disabled = !this.neighbour(1, job.index);
    const progress = h("progress", { max: 100, "aria-label": "Progress of the render" });
    fill(
      this.content,
      job.name && h("p", { class: "name" }, job.name),
      job.state === "rendering" && progress,
      job.error && errorBox(job),
      warningBox(job.warnings),
      preview(job),
      facts(job),
      job.state === "finished" && job.outputUrl && outputLinks(job.outputUrl, job.posterUrl),
      this.#actions(job),
      this.place.element,
      cells(job.result?.cells),
      job.id && hasEnded(job.state) && this.#log(job.id),
      job.id && webhookLog(this.client, `jobs/${job.id}`),
    );
    if (job.state === "rendering") this.#follow(job, progress, this.following.signal);
  }

  /** The actions on this job alone. @param {BatchJob} job */
  #actions(job) {
    this.place.clear();
    if (!job.id || job.state === "finished") return null;
    if (!hasEnded(job.state)) {
      const cancel = async () => void (await this.client.json(`jobs/${job.id}/cancel`, { method: "PATCH" }));
      return h("div", { class: "actions" }, workButton("Cancel this job", { class: "danger" }, cancel, this.place));
    }
    const key = idempotencyKey();
    const retry = async () => {
      const options = { method: "POST", headers: { "Idempotency-Key": key } };
      const made = await this.client.json(`batches/${this.batchId}/retry?index=${job.index}`, options);
      location.hash = `#/batches/${made.batchId}`;
    };
    return h("div", { class: "actions" }, workButton("Retry this job", {}, retry, this.place));
  }

  /** @param {BatchJob} job @param {any} progress @param {AbortSignal} signal */
  async #follow(job, progress, signal) {
    while (!signal.aborted && !this.signal.aborted) {
      const now = await this.client.json(`jobs/${job.id}`, { signal }).catch(() => null);
      if (now && stateOf(now.status) === "rendering") progress.value = now.progress;
      await pause(POLL_INTERVAL, signal);
    }
  }

  /** @param {string} id */
  #log(id) {
    const text = h("pre", { tabindex: 0, "aria-label": "Log" }, "Loading …");
    const element = h("details", { class: "log" }, h("summary", {}, "Log"), text);
    element.addEventListener("toggle", async () => {
      if (!element.open) return;
      try {
        fill(text, await this.client.text(`jobs/${id}/logs`));
      } catch (error) {
        const isMissing = error instanceof ApiError && error.code === "LOG_NOT_FOUND";
        fill(text, isMissing ? "The job was never rendered, so it has no log." : problem(error));
      }
    });
    return element;
  }
}

/** @param {BatchJob} job */
function errorBox(job) {
  const details = (job.details ?? []).filter((detail) => !job.error?.includes(detail.message));
  return h(
    "div",
    { class: "notice bad" },
    h("p", {}, job.error),
    details.length > 0 &&
      h("ul", {}, details.map((detail) => h("li", {}, `${detail.field}: ${detail.message}`))),
    h("p", { class: "trail" }, job.errorCode),
  );
}

/** @param {BatchJob} job */
function facts(job) {
  const { stats, result } = job;
  const end = stats?.finishedAt ?? stats?.errorAt;
  /** @type {[string, any][]} */
  const entries = [
    ["Job id", job.id && h("span", { class: "id" }, job.id)],
    ["Row", job.row !== undefined && `${job.row + 1}, output ${(job.output ?? 0) + 1}`],
    ["Tags", result?.tags?.length && result.tags.join(", ")],
    ["Created", stats && exactly(stats.createdAt)],
    ["Started", stats?.startedAt && exactly(stats.startedAt)],
    ["Ended", end && exactly(end)],
    ["Render time", stats?.renderDuration && duration(stats.renderDuration)],
    ["Picture", result?.width && `${result.width} × ${result.height}, ${plural(result.frames, "frame")}`],
    ["File size", result?.size && size(result.size)],
  ];
  return definitions(entries);
}

/** The table row that the job was made from. @param {Record<string, string> | undefined} row */
function cells(row) {
  if (!row) return null;
  const shown = Object.entries(row).map(([name, cell]) => /** @type {[string, string]} */ ([name, shortened(cell)]));
  return h("section", { class: "cells", "aria-labelledby": "cells-title" }, h("h3", { id: "cells-title" }, "Row"), definitions(shown));
}

/** @param {string} cell */
const shortened = (cell) => (cell.length > LONGEST_CELL ? `${cell.slice(0, LONGEST_CELL)}…` : cell);

/** A list of the entries that have a value. @param {[string, any][]} entries */
const definitions = (entries) =>
  h("dl", {}, entries.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

/** Links to an output. A file on this server is saved under the name that the server gives.
 * @param {string} address @param {string} [poster] of a film that has one */
function outputLinks(address, poster) {
  const own = ownAddress(address);
  return h(
    "div",
    { class: "actions" },
    own && h("a", { class: "button", href: own, download: true }, "Download"),
    h("a", { class: "button", href: address, target: "_blank", rel: "noopener noreferrer" }, "Open the output"),
    poster && h("a", { class: "button", href: poster, target: "_blank", rel: "noopener noreferrer" }, "Open the poster"),
  );
}
