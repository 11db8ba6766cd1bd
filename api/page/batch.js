/** The page of one batch, updated live. */

import { batchActions } from "./batchactions.js";
import { batchPill } from "./batches.js";
import { jobFilter } from "./jobfilter.js";
import { countsBar, countsText, sum } from "./countsbar.js";
import { announce, fill, h, setText } from "./dom.js";
import { follow } from "./events.js";
import { count, plural } from "./format.js";
import { JobGrid, labelOf } from "./jobgrid.js";
import { JobPanel } from "./jobpanel.js";
import { Jobs, groupedErrors } from "./jobs.js";
import { Pace } from "./pace.js";
import { firstJob, followParts, partsOf, partsView } from "./parts.js";
import { hasThumbnail } from "./preview.js";
import { webhookLog } from "./webhooklog.js";
import { ageOf, problemPlace } from "./widgets.js";

const STEP = 25; // percent between announcements to screen readers

/** @type {import("./app.js").PageMaker} */
export function batchPage(client, [id], query, signal) {
  const table = { first: query.get("table") ?? id, expected: Number(query.get("parts") ?? 1) };
  const view = new BatchView(client, id, table, signal);
  view.start();
  return { title: `Batch ${id}`, element: view.element };
}

class BatchView {
  /** @param {import("./client.js").Client} client @param {string} id
   * @param {{first: string, expected: number}} table that the batch may be a part of, and how many parts were just sent
   * @param {AbortSignal} signal */
  constructor(client, id, table, signal) {
    this.client = client;
    this.id = id;
    this.table = table;
    this.signal = signal;
    /** @type {import("./batchactions.js").Part[]} */
    this.parts = [{ batchId: id }];
    this.whole = partsView(id);
    this.jobs = new Jobs();
    this.place = problemPlace();
    this.status = h("span");
    this.live = h("span", { class: "live", hidden: true });
    this.heading = h("h1", {}, "Batch ", h("span", { class: "id" }, id));
    this.created = h("span", { class: "muted" });
    this.bar = countsBar("Progress of the batch");
    this.line = h("p", { class: "counts" });
    this.pace = new Pace();
    this.paceLine = h("p", { class: "pace muted" });
    this.errors = h("section", { class: "errors", "aria-label": "Errors", hidden: true });
    this.hint = h("p", { class: "hint-line muted", "aria-hidden": "true" });
    this.actions = batchActions(client, () => this.parts, this.place);
    this.filter = jobFilter(() => this.#applyFilter());
    this.grid = new JobGrid(
      (index) => this.jobs.get(index),
      (index) => this.#open(index),
      (job) => setText(this.hint, job ? hintOf(job) : ""),
      signal,
    );
    this.panel = new JobPanel(
      client,
      id,
      (step, from) => this.#neighbour(step, from),
      (index) => this.grid.focus(index),
      signal,
    );
    this.pictures = h(
      "button",
      { type: "button", class: "toggle", "aria-pressed": "false", hidden: true, onclick: () => this.#togglePictures() },
      "Show outputs",
    );
    this.content = h(
      "div",
      { hidden: true },
      h("div", { class: "progress-block" }, this.bar.element, this.line, this.paceLine),
      this.errors,
      h("div", { class: "toolbar" }, this.filter.element, this.pictures),
      this.grid.element,
      this.hint,
      webhookLog(client, `batches/${id}`),
      this.panel.element,
    );
    this.element = h(
      "div",
      { class: "view batch" },
      h(
        "div",
        { class: "headline" },
        h(
          "div",
          {},
          this.heading,
          h("p", { class: "facts" }, this.status, this.live, this.created),
        ),
        this.actions.element,
      ),
      this.place.element,
      this.whole.element,
      this.content,
    );
    /** @type {number | null} */
    this.frame = null;
    this.announcedStep = 0;
  }

  async start() {
    try {
      const [batch, parts] = await Promise.all([
        this.client.json(`batches/${this.id}`, { signal: this.signal }),
        partsOf(this.client, this.table.first, this.signal).catch(() => []), // the batch can be shown without them
      ]);
      this.jobs.first = firstJob(parts.find((part) => part.batchId === this.id) ?? {});
      this.jobs.putBatch(batch);
      if (batch.name) fill(this.heading, batch.name, " ", this.heading.querySelector(".id"));
      this.created.replaceChildren("created ", ageOf(batch.createdAt));
      this.content.hidden = false;
      this.pace.note(0, Date.parse(batch.createdAt));
      this.#showStats(batch.stats);
      this.#showParts(parts);
      followParts(this.client, this.table.first, this.table.expected, (now) => this.#showParts(now), this.signal);
      this.announcedStep = stepOf(batch.stats);
      this.#showJobs();
      await this.#readResults();
      this.#offerPictures();
      if (batch.stats.pending > 0) await this.#follow();
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  /** @param {import("./parts.js").Part[]} parts */
  #showParts(parts) {
    if (parts.length < 2) return;
    this.parts = parts;
    this.whole.update(parts);
    this.actions.update(sum(parts.map((part) => part.stats)));
  }

  #follow() {
    const handlers = {
      /** @param {import("./events.js").ServerEvent} event */
      onEvent: (event) => this.#receive(event),
      /** @param {boolean} isLive */
      onLive: (isLive) => this.#showLive(isLive),
      /** @param {Error} error */
      onFailure: (error) => this.place.show(error),
    };
    return follow(this.client, `batches/${this.id}/events`, handlers, this.signal);
  }

  /** @param {import("./events.js").ServerEvent} event */
  #receive({ name, content }) {
    if (name === "job") this.#receiveJob(content);
    else if (name === "stats") this.#showStats(content);
    else if (name === "end") this.#end(content);
  }

  /** @param {any} changed */
  #receiveJob(changed) {
    const before = this.jobs.get(changed.index);
    if (before?.state === this.jobs.put(changed).state) return;
    const job = /** @type {import("./jobs.js").BatchJob} */ (this.jobs.get(changed.index));
    this.grid.update(job);
    this.panel.update(job);
    this.#offerPictures();
    this.frame ??= requestAnimationFrame(() => this.#showJobs()); // once for many events
  }

  /** Update everything that depends on all jobs. */
  #showJobs() {
    this.frame = null;
    const all = this.jobs.all();
    this.filter.count(all);
    this.#showErrors(all);
    this.#applyFilter();
  }

  #applyFilter() {
    const matching = this.jobs.all().filter(this.filter.matches);
    const shown = this.grid.shown;
    if (matching.length === shown.length && matching.every((job, at) => job.index === shown[at])) return;
    this.grid.show(matching);
    this.filter.announceShown(matching.length);
  }

  /** @param {import("./countsbar.js").Stats} stats */
  #showStats(stats) {
    const pill = batchPill(stats);
    if (this.status.textContent !== pill.textContent) fill(this.status, pill);
    this.pace.note(stats.total - stats.pending);
    setText(this.paceLine, this.pace.text(stats.pending));
    this.bar.update(stats);
    setText(this.line, stats.total ? countsText(stats) + this.#rejected() : "Every job was rejected, so nothing was started.");
    if (this.parts.length < 2) this.actions.update(stats);
    this.#announce(stats);
  }

  #rejected() {
    const number = this.jobs.all().filter((job) => job.state === "rejected").length;
    return number ? `; ${count(number)} rejected at submission` : "";
  }

  /** @param {import("./countsbar.js").Stats} stats */
  #announce(stats) {
    const step = stepOf(stats);
    if (step <= this.announcedStep) return;
    this.announcedStep = step;
    announce(stats.pending ? `${step} percent: ${countsText(stats)}` : `The batch has ended: ${countsText(stats)}`);
  }

  /** @param {boolean} isLive */
  #showLive(isLive) {
    this.live.hidden = false;
    this.live.classList.toggle("waiting", !isLive);
    setText(this.live, isLive ? "live" : "reconnecting …");
  }

  /** @param {any} summary */
  async #end(summary) {
    this.live.hidden = true;
    this.#showStats(summary.stats);
    try {
      await this.#readResults();
      this.#offerPictures();
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  async #readResults() {
    const results = await this.client.json(`batches/${this.id}/results`, { signal: this.signal });
    this.jobs.putResults(results);
    for (const job of this.jobs.all()) {
      this.grid.update(job);
      this.panel.update(job);
    }
  }

  /** Switch to the outputs once there is one. After that the person decides. */
  #offerPictures() {
    if (!this.pictures.hidden || !this.jobs.all().some(hasThumbnail)) return;
    this.pictures.hidden = false;
    this.#togglePictures();
  }

  #togglePictures() {
    const arePictures = this.pictures.getAttribute("aria-pressed") !== "true";
    this.pictures.setAttribute("aria-pressed", String(arePictures));
    this.grid.showPictures(arePictures);
  }

  /** @param {import("./jobs.js").BatchJob[]} all */
  #showErrors(all) {
    const groups = groupedErrors(all);
    this.errors.hidden = groups.length === 0;
    const signature = groups.map((group) => `${group.jobs.length} ${group.code}`).join();
    if (this.errors.dataset.shown === signature) return;
    this.errors.dataset.shown = signature;
    const lines = groups.map(({ code, jobs, example }) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "link", onclick: () => this.filter.search(code) },
          h("span", { class: "number" }, count(jobs.length)),
          " × ",
          h("code", {}, code),
          h("span", { class: "unseen" }, `: show ${plural(jobs.length, "job")}`),
        ),
        h("span", { class: "example" }, example),
      ),
    );
    fill(this.errors, h("ul", {}, lines));
  }

  /** @param {number} index */
  #open(index) {
    const job = this.jobs.get(index);
    if (job) this.panel.open(job);
  }

  /** @param {-1 | 1} step @param {number} from */
  #neighbour(step, from) {
    const at = this.grid.shown.indexOf(from);
    return at < 0 ? undefined : this.jobs.get(this.grid.shown[at + step]);
  }
}

/** @param {import("./countsbar.js").Stats} stats */
const stepOf = (stats) =>
  stats.total ? STEP * Math.floor((100 * (stats.total - stats.pending)) / stats.total / STEP) : 100;

/** @param {import("./jobs.js").BatchJob} job */
const hintOf = (job) => (job.error ? `${labelOf(job)}: ${job.error}` : labelOf(job));
