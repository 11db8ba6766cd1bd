/** The deliveries of a job's or a batch's webhook, and a button that sends it again. */

import { ApiError } from "./client.js";
import { announce, fill, h } from "./dom.js";
import { duration, exactly } from "./format.js";
import { problem, problemPlace, workButton } from "./widgets.js";

/** A section that can be opened; nothing is requested before that.
 * @param {import("./client.js").Client} client @param {string} path of the job or the batch */
export function webhookLog(client, path) {
  const place = problemPlace();
  const content = h("div", {}, "Loading …");
  const element = h("details", { class: "log" }, h("summary", {}, "Webhook"), content, place.element);
  const again = workButton("Send it again", {}, async () => {
    await client.json(`${path}/webhook/redeliver`, { method: "POST" });
    announce("The webhook is being sent again");
  }, place);

  element.addEventListener("toggle", async () => {
    if (!element.open) return;
    try {
      const log = await client.json(`${path}/webhook`);
      fill(content, h("p", {}, `${log.method} ${log.url}: ${log.state}`), h("ol", {}, log.attempts.map(attempt)), log.attempts.length > 0 && again);
    } catch (error) {
      const isMissing = error instanceof ApiError && error.code === "WEBHOOK_NOT_FOUND";
      fill(content, isMissing ? "It has no webhook." : problem(error));
    }
  });
  return element;
}

/** @param {any} each */
const attempt = ({ attemptedAt, duration: seconds, status, error, response }) =>
  h("li", {}, `${exactly(attemptedAt)}, ${duration(seconds)}: ${status ?? error ?? ""} ${response ?? ""}`);
