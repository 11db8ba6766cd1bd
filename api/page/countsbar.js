/** A progress bar of a batch's counts. */

import { h } from "./dom.js";
import { count } from "./format.js";

/** @typedef {{total: number, finished: number, error: number, pending: number, cancelled: number}}
 *   Stats as the API returns them: `error` includes the cancelled jobs */

/** Add up the stats of several batches. @param {Stats[]} all @returns {Stats} */
export function sum(all) {
  const names = /** @type {const} */ (["total", "finished", "error", "pending", "cancelled"]);
  const added = names.map((name) => [name, all.reduce((number, stats) => number + stats[name], 0)]);
  return Object.fromEntries(added);
}

/** @param {Stats} stats */
export function countsText(stats) {
  const failed = stats.error - stats.cancelled;
  const parts = [`${count(stats.finished)} of ${count(stats.total)} finished`];
  if (failed) parts.push(`${count(failed)} failed`);
  if (stats.cancelled) parts.push(`${count(stats.cancelled)} cancelled`);
  if (stats.pending) parts.push(`${count(stats.pending)} pending`);
  return parts.join(", ");
}

/** A progress bar for stats.
 * @param {string} label its name for screen readers */
export function countsBar(label) {
  const parts = ["finished", "failed", "cancelled"].map((state) => h("i", { class: state }));
  const element = h(
    "div",
    { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0 },
    parts,
  );
  /** @param {Stats} stats */
  function update(stats) {
    const shares = [stats.finished, stats.error - stats.cancelled, stats.cancelled];
    parts.forEach((part, at) => {
      part.style.width = `${stats.total ? (100 * shares[at]) / stats.total : 0}%`;
    });
    element.setAttribute("aria-valuemax", String(stats.total || 1));
    element.setAttribute("aria-valuenow", String(stats.total - stats.pending || (stats.total ? 0 : 1)));
    element.setAttribute("aria-valuetext", countsText(stats));
  }
  return { element, update };
}
