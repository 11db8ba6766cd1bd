/** Actions on a batch, or on all batches of a table: cancel, retry, download and share. */

import { ApiError, idempotencyKey, save } from "./client.js";
import { announce, h, setText } from "./dom.js";
import { exactly, plural } from "./format.js";
import { firstJob } from "./parts.js";
import { confirm, field, workButton } from "./widgets.js";

const RECORD = /(?:"[^"]*"|[^"\r\n])+/g; // a record of a CSV file
const CELL = /,((?:"[^"]*"|[^",])*)/g; // a cell, after its comma

/** @typedef {{batchId: string, firstRow?: number, outputs?: number, name?: string}} Part */

/** @param {import("./client.js").Client} client @param {() => Part[]} partsOf in the order of the rows
 * @param {ReturnType<typeof import("./widgets.js").problemPlace>} place */
export function batchActions(client, partsOf, place) {
  let pending = 0;
  let only = "error";
  const retryKeys = { error: idempotencyKey(), cancelled: idempotencyKey() };

  const cancel = workButton("Cancel", { class: "danger", hidden: true }, async () => {
    const sure = await confirm(
      `Cancel ${plural(pending, "job")}?`,
      "Queued jobs will not start, and running renders will stop. Finished files are kept.",
      "Cancel the batch",
    );
    if (!sure) return;
    let cancelled = 0;
    for (const { batchId } of partsOf()) {
      cancelled += (await client.json(`batches/${batchId}/cancel`, { method: "POST" })).cancelledCount;
    }
    announce(`${plural(cancelled, "job")} cancelled`);
  }, place);

  const retry = workButton("Retry", { hidden: true }, async () => {
    const key = retryKeys[/** @type {"error" | "cancelled"} */ (only)];
    /** @type {string[]} */
    const made = [];
    for (const { batchId } of partsOf()) {
      const first = made[0] ? `&submission=${made[0]}` : "";
      const options = { method: "POST", headers: { "Idempotency-Key": key } };
      const again = await client.json(`batches/${batchId}/retry?only=${only}${first}`, options).catch(nothingToRetry);
      if (again) made.push(again.batchId);
    }
    if (made.length > 0) location.hash = addressOf(made);
  }, place);

  const archive = workButton("Download all", { hidden: true }, async () => {
    for (const { batchId } of partsOf()) await client.download(`batches/${batchId}/archive`, `${batchId}.zip`);
  }, place);
  const results = workButton("Results as CSV", {}, async () => {
    const tables = [];
    for (const part of partsOf()) {
      tables.push({ text: await client.text(`batches/${part.batchId}/results?format=csv`), first: firstJob(part) });
    }
    const whole = tables.length > 1 ? joined(tables) : tables[0].text;
    save(new Blob([whole], { type: "text/csv" }), `${partsOf()[0].batchId}.csv`);
  }, place);

  const share = workButton("Share", { hidden: true }, async () => {
    const made = [];
    for (const { batchId } of partsOf()) made.push(await client.json(`batches/${batchId}/share`, { method: "POST" }));
    await showLinks(made);
  }, place);

  /** @param {import("./countsbar.js").Stats} stats */
  function update(stats) {
    const failed = stats.error - stats.cancelled;
    pending = stats.pending;
    cancel.hidden = pending === 0;
    only = failed ? "error" : "cancelled";
    retry.hidden = stats.error === 0 || pending > 0;
    setText(retry, `Retry ${plural(failed || stats.cancelled, failed ? "failed job" : "cancelled job")}`);
    archive.hidden = share.hidden = stats.finished === 0;
  }

  const element = h("div", { class: "actions" }, archive, results, share, retry, cancel);
  return { element, update };
}

/** The address of the page that shows batches which were just started; the first one stands for all. @param {string[]} ids */
export const addressOf = (ids) => `#/batches/${ids[0]}${ids.length > 1 ? `?parts=${ids.length}` : ""}`;

/** Show links that work without a token; resolves when the dialog is closed. @param {{url: string, expiresAt: string}[]} links @returns {Promise<void>} */
function showLinks(links) {
  return new Promise((done) => {
    const dialog = h(
      "dialog",
      { class: "question", "aria-labelledby": "share-title" },
      h("h2", { id: "share-title" }, "Share the outputs"),
      h("p", {}, `Anyone who has the link can see the files, without a token, until ${exactly(links[0].expiresAt)}. The addresses of the files themselves keep working after that.`),
      links.map(({ url }, at) => {
        const input = h("input", { type: "text", readonly: true, value: url, onfocus: () => input.select() });
        return field(links.length > 1 ? `Part ${at + 1}` : "Link", input);
      }),
      h("div", { class: "actions" }, h("a", { class: "button", href: links[0].url, target: "_blank", rel: "noopener noreferrer" }, "Open"), h("button", { type: "button", onclick: () => dialog.close() }, "Close")),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      done();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Skip the part of a table in which nothing has failed. @param {unknown} error */
function nothingToRetry(error) {
  if (error instanceof ApiError && error.code === "NOTHING_TO_RETRY") return null;
  throw error;
}

/** Merge the results of several parts. The first column is the index, which counts through the whole table; after it
 * come all other columns that any part has.
 * @param {{text: string, first: number}[]} tables results as CSV, and the positions of their first jobs */
function joined(tables) {
  const parts = tables.map(({ text, first }) => ({ first, records: (text.match(RECORD) ?? []).map(cellsOf) }));
  const columns = [...new Set(parts.flatMap(({ records }) => records[0]))];
  const rows = parts.flatMap(({ first, records: [names, ...records] }) => {
    const places = columns.slice(1).map((name) => names.indexOf(name));
    return records.map((cells) => [Number(cells[0]) + first, ...places.map((place) => cells[place] ?? "")]);
  });
  return [columns, ...rows].map((cells) => `${cells.join(",")}\r\n`).join("");
}

/** The cells of a record as they are written, with their quotation marks. @param {string} record */
const cellsOf = (record) => [...`,${record}`.matchAll(CELL)].map(([, cell]) => cell);
