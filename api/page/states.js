/** The states that people see, and the API's statuses that they stand for. */

/** @typedef {"queued" | "rendering" | "finished" | "failed" | "cancelled" | "rejected"} State */

/** In display order. @type {Record<State, string>} */
export const STATES = {
  queued: "Queued",
  rendering: "Rendering",
  finished: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
  rejected: "Rejected",
};

/** @type {Record<string, State>} */
const STATE_OF_STATUS = {
  queued: "queued",
  pending: "queued",
  "render:dorender": "rendering",
  finished: "finished",
  error: "failed",
  manually_cancelled: "cancelled",
  rejected: "rejected",
};

/** @param {string} status of a job @returns {State} */
export const stateOf = (status) => STATE_OF_STATUS[status] ?? "queued";

/** @param {State} state */
export const hasEnded = (state) => state !== "queued" && state !== "rendering";
