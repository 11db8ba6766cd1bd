/** The batches of one table of more than 1,000 rows, which are shown as one. */

import { repeat } from "./connection.js";
import { countsBar, countsText, sum } from "./countsbar.js";
import { fill, h, setText } from "./dom.js";
import { count } from "./format.js";
import { Pace } from "./pace.js";

const MAX_PARTS = 100; // in one response
const INTERVAL = 2000; // milliseconds between refreshes

/** @typedef {{batchId: string, name?: string, status: string, createdAt: string, firstRow?: number, outputs?: number,
 *   submission?: string, rejected?: number, stats: import("./countsbar.js").Stats}} Part as in the list of batches */

/** The batches of a table, in the order of its rows.
 * @param {import("./client.js").Client} client @param {string} first the id of the first batch
 * @param {AbortSignal} signal @returns {Promise<Part[]>} */
export async function partsOf(client, first, signal) {
  const list = await client.json(`batches?submission=${first}&limit=${MAX_PARTS}`, { signal });
  return list.batches.reverse();
}

/** The position of a part's first job in its table, in which each row is one job per output.
 * @param {{firstRow?: number, outputs?: number}} part */
export const firstJob = ({ firstRow = 0, outputs = 1 }) => firstRow * outputs;

/** Merge the batches of each table in a list into one, which has the id of the table's first batch.
 * @param {import("./client.js").Client} client @param {Part[]} batches
 * @param {AbortSignal} signal @returns {Promise<Part[]>} */
export async function asTables(client, batches, signal) {
  const firsts = [...new Set(batches.map(({ batchId, submission }) => submission ?? batchId))];
  const later = new Set(batches.map(({ submission }) => submission));
  return Promise.all(
    firsts.map(async (first) => {
      const single = /** @type {Part} */ (batches.find(({ batchId }) => batchId === first));
      return later.has(first) ? merged(await partsOf(client, first, signal)) : single;
    }),
  );
}

/** @param {Part[]} parts @returns {Part} */
function merged(parts) {
  const stats = sum(parts.map((part) => part.stats));
  const rejected = parts.reduce((number, part) => number + (part.rejected ?? 0), 0);
  const status = stats.pending ? "processing" : stats.finished ? "finished" : "error";
  return { ...parts[0], batchId: parts[0].submission ?? parts[0].batchId, status, stats, rejected };
}

/** The progress of the whole table, and links to its parts.
 * @param {string} shown the id of the batch whose jobs are shown */
export function partsView(shown) {
  const bar = countsBar("Progress of the whole table");
  const line = h("p");
  const pace = new Pace();
  const paceLine = h("p", { class: "muted" });
  const links = h("ul", { class: "chips" });
  const element = h(
    "section",
    { class: "parts card", "aria-labelledby": "parts-title", hidden: true },
    h("h2", { id: "parts-title" }, "The whole table"),
    bar.element,
    line,
    paceLine,
    h("nav", { "aria-label": "Parts of the table" }, links),
  );

  /** @param {Part[]} parts */
  function update(parts) {
    if (parts.length < 2) return;
    const stats = sum(parts.map((part) => part.stats));
    element.hidden = false;
    bar.update(stats);
    setText(line, countsText(stats));
    pace.note(stats.total - stats.pending);
    setText(paceLine, pace.text(stats.pending));
    const ids = parts.map((part) => part.batchId).join();
    if (links.dataset.shown === ids) return; // a link may have the focus
    links.dataset.shown = ids;
    fill(links, parts.map((part) => h("li", {}, linkTo(part, parts[0].batchId, part.batchId === shown))));
  }
  return { element, update };
}

/** @param {Part} part @param {string} first @param {boolean} isShown */
function linkTo({ batchId, firstRow = 0 }, first, isShown) {
  const attributes = { class: "button", href: `#/batches/${batchId}?table=${first}`, "aria-current": isShown && "page" };
  return h("a", attributes, `From row ${count(firstRow + 1)}`);
}

/** Refresh the parts until all have ended.
 * @param {import("./client.js").Client} client @param {string} first @param {number} expected how many parts were just sent
 * @param {(parts: Part[]) => void} onChange @param {AbortSignal} signal */
export function followParts(client, first, expected, onChange, signal) {
  const ended = new AbortController();
  signal.addEventListener("abort", () => ended.abort());
  return repeat(async () => {
    const parts = await partsOf(client, first, signal).catch(() => []); // the next attempt may succeed
    if (parts.length > 0) onChange(parts);
    const isOne = parts.length === 1 && expected === 1;
    if (isOne || (parts.length >= expected && parts.every((part) => part.stats.pending === 0))) ended.abort();
    return INTERVAL;
  }, ended.signal);
}
