/** One frame of one row, rendered for real but small. */

import { ownAddress } from "./client.js";
import { pause } from "./connection.js";
import { announce, fill, h } from "./dom.js";
import { isEmpty } from "./rowtable.js";
import { hasEnded, stateOf } from "./states.js";
import { dryRun } from "./tables.js";
import { field, problem } from "./widgets.js";

const LOOK_INTERVAL = 400; // milliseconds between looks at the job

export class RowPreview {
  #frames = 1;

  /** @param {import("./client.js").Client} client @param {AbortSignal} signal of the page's end */
  constructor(client, signal) {
    this.client = client;
    this.current = new AbortController();
    signal.addEventListener("abort", () => this.current.abort());
    this.frame = h("input", { type: "number", min: 0, value: 0, inputmode: "numeric" });
    this.picture = h("div", { class: "picture" }, h("p", { class: "muted" }, "“Preview” beside a row shows one frame of it here."));
    this.element = h(
      "aside",
      { class: "preview card", "aria-label": "Preview" },
      h("h2", {}, "Preview"),
      this.picture,
      field("Frame", this.frame),
    );
  }

  /** The frames that there are; the middle one shows more than the first. @param {number} frames */
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

/** The job that a row becomes, which is the API's to say; an empty row changes nothing.
 * @param {import("./client.js").Client} client @param {import("./submission.js").Request} request */
async function jobOf(client, { table, query, sent }) {
  const { template, composition } = query;
  if (sent.every(isEmpty)) return { template: { id: template, composition } };
  const told = await dryRun(client, table, query, 1);
  if (!told.rows?.[0]?.job) throw new Error(told.error);
  return { template: told.rows[0].job.template, assets: told.rows[0].job.assets };
}

/** Render one frame for real but small.
 * @param {import("./client.js").Client} client @param {any} job without its settings
 * @param {number} frame @param {AbortSignal} signal @returns {Promise<string>} where the picture is */
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
    await pause(LOOK_INTERVAL, signal);
    if (!signal.aborted) continue;
    client.json(`jobs/${id}/cancel`, { method: "PATCH" }).catch(() => {}); // nobody looks any more
    signal.throwIfAborted();
  }
}
