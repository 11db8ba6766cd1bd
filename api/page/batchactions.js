/** What can be done with a batch: cancel, retry, download. */

import { idempotencyKey } from "./client.js";
import { announce, h, setText } from "./dom.js";
import { count, plural } from "./format.js";
import { confirm, workButton } from "./widgets.js";

/** @param {import("./client.js").Client} client @param {string} id
 * @param {ReturnType<typeof import("./widgets.js").problemPlace>} place */
export function batchActions(client, id, place) {
  let pending = 0;
  let only = "error";
  const retryKeys = { error: idempotencyKey(), cancelled: idempotencyKey() };

  const cancel = workButton("Cancel", { class: "danger", hidden: true }, async () => {
    const sure = await confirm(
      `Cancel ${plural(pending, "job")}?`,
      "Waiting jobs never start and running renders stop. What is finished stays.",
      "Cancel the batch",
    );
    if (!sure) return;
    const outcome = await client.json(`batches/${id}/cancel`, { method: "POST" });
    announce(`${plural(outcome.cancelledCount, "job")} cancelled`);
  }, place);

  const retry = workButton("Retry", { hidden: true }, async () => {
    const key = retryKeys[/** @type {"error" | "cancelled"} */ (only)];
    const options = { method: "POST", headers: { "Idempotency-Key": key } };
    const made = await client.json(`batches/${id}/retry?only=${only}`, options);
    location.hash = `#/batches/${made.batchId}`;
  }, place);

  const archive = workButton("Download all", { hidden: true }, () =>
    client.download(`batches/${id}/archive`, `${id}.zip`), place);
  const results = workButton("Results as CSV", {}, () =>
    client.download(`batches/${id}/results?format=csv`, `${id}.csv`), place);

  /** @param {import("./countsbar.js").Stats} stats */
  function update(stats) {
    const failed = stats.error - stats.cancelled;
    pending = stats.pending;
    cancel.hidden = pending === 0;
    only = failed ? "error" : "cancelled";
    retry.hidden = stats.error === 0 || pending > 0;
    const number = count(failed || stats.cancelled);
    setText(retry, `Retry ${number} ${failed ? "failed" : "cancelled"}`);
    archive.hidden = stats.finished === 0;
  }

  const element = h("div", { class: "actions" }, archive, results, retry, cancel);
  return { element, update };
}
