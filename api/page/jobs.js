/** The jobs of a batch, merged from the batch itself, its events and its results. */

import { stateOf } from "./states.js";

/**
 * @typedef {object} BatchJob
 * @property {number} index in the batch
 * @property {number} number in the table that the batch may be a part of
 * @property {string | null} id null for a rejected job
 * @property {string} [name]
 * @property {number} [row] from 0, if each row is rendered in several outputs
 * @property {number} [output] its position among the row's outputs, from 0
 * @property {import("./states.js").State} state
 * @property {string} [outputUrl]
 * @property {string} [posterUrl] of a film that has a poster
 * @property {string} [error]
 * @property {string} [errorCode]
 * @property {{field: string, message: string}[]} [details] of a rejected job
 * @property {string[]} [missingGlyphs]
 * @property {any[]} [warnings]
 * @property {any} [stats]
 * @property {any} [result] its entry in the batch's results
 */

export class Jobs {
  /** @type {Map<number, BatchJob>} */
  #byIndex = new Map();
  first = 0; // position of the first job in the table

  /** All jobs, in the order of the request. */
  all() {
    return [...this.#byIndex.values()].sort((one, other) => one.index - other.index);
  }

  /** @param {number} index */
  get(index) {
    return this.#byIndex.get(index);
  }

  /** @param {any} job as in the batch's `jobs` and its `job` events @returns {BatchJob} */
  put(job) {
    const merged = { ...this.#byIndex.get(job.index), ...job, number: this.first + job.index, state: stateOf(job.status) };
    this.#byIndex.set(job.index, merged);
    return merged;
  }

  /** @param {any} batch the response of GET /batches/{id} */
  putBatch(batch) {
    for (const job of batch.jobs) this.put(job);
    for (const error of batch.errors ?? []) this.put({ ...error, id: null, status: "rejected" });
  }

  /** Add what only the results have: tags, sizes and the cells of rows. @param {any[]} results */
  putResults(results) {
    for (const result of results) {
      const job = this.#byIndex.get(result.index);
      if (job) job.result = result;
    }
  }
}

/** The text that a search looks through. @param {BatchJob} job */
export function searchText(job) {
  const tags = job.result?.tags ?? [];
  return [job.number, job.name, ...tags, job.errorCode, job.error].join(" ").toLowerCase();
}

/** @param {BatchJob[]} jobs @returns {{code: string, jobs: BatchJob[], example: string}[]} the most frequent first */
export function groupedErrors(jobs) {
  /** @type {Map<string, BatchJob[]>} */
  const groups = new Map();
  for (const job of jobs) {
    if (!job.errorCode || job.state === "cancelled") continue;
    groups.set(job.errorCode, [...(groups.get(job.errorCode) ?? []), job]);
  }
  return [...groups]
    .map(([code, members]) => ({ code, jobs: members, example: members[0].error ?? "" }))
    .sort((one, other) => other.jobs.length - one.jobs.length);
}
