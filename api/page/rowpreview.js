/** A preview of a row: one frame, really rendered, but small. */

import { ownAddress } from "./client.js";
import { pause } from "./connection.js";
import { announce, fill, h } from "./dom.js";
import { isEmpty } from "./rowtable.js";
import { hasEnded, stateOf } from "./states.js";
import { dryRun } from "./tables.js";
import { field, problem } from "./widgets.js";

const POLL_INTERVAL = 400; // milliseconds between requests for the job

export class RowPreview {
  #frames = 1;

  /** @param {import("./client.js").Client} client @param {AbortSignal} signal aborts when the person leaves the page */
  constructor(client, signal) {
    this.client = client;
    this.current = new AbortController();
    signal.addEventListener("abort", () => this.current.abort());
    this.frame = h("input", { type: "number", min: 0, value: 0, inputmode: "numeric" });
    this.picture = h("div", { class: "picture" }, h("p", { class: "muted" }, "“Preview” next to a row shows one frame of it here."));
    this.element = h(
      "aside",
      { class: "preview card", "aria-label": "Preview" },
      h("h2", {}, "Preview"),
      this.picture,
      field("Frame", this.frame),
    );
  }

  /** Choose the middle frame, which shows more than the first. @param {number} frames of the composition */
  setFrames(frames) {
    if (frames === this.#frames) return;
    this.#frames = frames;
    this.frame.max = frames - 1;
    this.frame.value = Math.floor(frames / 2);
  }

  /** @param {import("./submission.js").Request} request of one row @param {number} number of the row */
  async show(request, number) {
    this.current.abort();
    this.current = new AbortController();
    const { signal } = this.current;
    this.picture.setAttribute("aria-busy", "true");
    fill(this.picture, h("p", { class: "muted" }, `Rendering row ${number} …`));
    this.element.scrollIntoView({ block: "nearest" });
    try {
      const address = await renderStill(this.client, await jobOf(this.client, request), Number(this.frame.value), signal);
      fill(this.picture, h("img", { src: address, alt: `Row ${number}, frame ${this.frame.value}` }));
      announce(`Preview of row ${number} is ready`);
    } catch (error) {
      if (!signal.aborted) fill(this.picture, problem(error));
    } finally {
      if (!signal.aborted) this.picture.removeAttribute("aria-busy");
    }
  }
}

/** The job that the API makes of a row; an empty row leaves the template as it is.
 * @param {import("./client.js").Client} client @param {import("./submission.js").Request} request */
async function jobOf(client, { table, query, sent }) {
  const { template, composition } = query;
  if (sent.every(isEmpty)) return { template: { id: template, composition } };
  const result = await dryRun(client, table, query, 1);
  const job = result.rows?.[0]?.job;
  if (!job) throw new Error(result.error);
  return { template: job.template, assets: job.assets };
}

/** Render one frame at half its size.
 * @param {import("./client.js").Client} client @param {any} job without its settings
 * @param {number} frame @param {AbortSignal} signal @returns {Promise<string>} the address of the picture */
export async function renderStill(client, job, frame, signal) {
  const settings = { type: "image", codec: "image_png", frames: frame, quality: "draft" };
  const body = { ...job, settings, tags: ["preview"] };
  const made = await client.json("jobs", { method: "POST", json: body, signal });
  const ended = await endOf(client, made.id, signal);
  if (ended.status !== "finished") throw new Error(ended.error ?? "The preview was cancelled.");
  return ownAddress(ended.outputUrl) ?? ended.outputUrl;
}

/** @param {import("./client.js").Client} client @param {string} id @param {AbortSignal} signal
 * @returns {Promise<any>} the job */
async function endOf(client, id, signal) {
  for (;;) {
    const job = await client.json(`jobs/${id}`, { signal });
    if (hasEnded(stateOf(job.status))) return job;
    await pause(POLL_INTERVAL, signal);
    if (!signal.aborted) continue;
    client.json(`jobs/${id}/cancel`, { method: "PATCH" }).catch(() => {}); // nobody will look at it
    signal.throwIfAborted();
  }
}
