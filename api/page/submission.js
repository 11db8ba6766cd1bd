/** Sending a new batch: a dry run that finds bad rows, and then the batch, once. */

import { ApiError, idempotencyKey } from "./client.js";
import { columnOfField, jobOf } from "./columns.js";
import { forgetCheck, isEmpty } from "./rowtable.js";
import { warningText } from "./widgets.js";

/** @typedef {import("./rowtable.js").Row} Row */
/** @typedef {import("./columns.js").Column} Column */

/**
 * @typedef {object} Request
 * @property {string} text the body
 * @property {{row: Row, sources: Column[]}[]} sent the rows in the order of its jobs
 */

/** Empty rows are left out, unless the template has nothing to fill in.
 * @param {any} template @param {any} settings @param {Row[]} rows @param {Column[]} columns
 * @returns {Request} */
export function requestOf(template, settings, rows, columns) {
  const filled = rows.filter((row) => !isEmpty(row, columns));
  const hasLayers = columns.some((column) => column.kind !== "job");
  const wanted = filled.length || hasLayers ? filled : rows.slice(0, 1);
  const made = wanted.map((row) => ({ row, ...jobOf(row.cells, columns) }));
  return {
    text: JSON.stringify({ defaults: { template, settings }, jobs: made.map(({ job }) => job) }),
    sent: made.map(({ row, sources }) => ({ row, sources })),
  };
}

export class Submission {
  #text = "";
  #key = "";

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
  }

  /** Check without starting anything. Gives each row its problems and what no font has; returns the
   * number of bad rows.
   * @param {Request} request @param {Column[]} columns */
  async check(request, columns) {
    const answer = await this.#post("batches?dryRun=true", request.text);
    for (const { row } of request.sent) forgetCheck(row);
    for (const job of answer.jobs) request.sent[job.index].row.warnings = missingGlyphs(job);
    for (const error of answer.errors ?? []) {
      const { row, sources } = request.sent[error.index];
      row.problems = problemsOf(error, sources, columns);
    }
    return (answer.errors ?? []).length;
  }

  /** Start the batch; the same request again, after an answer that got lost, starts no second one.
   * @param {Request} request @returns {Promise<string>} its id */
  async start(request) {
    if (request.text !== this.#text) {
      this.#text = request.text;
      this.#key = idempotencyKey();
    }
    const made = await this.#post("batches", request.text, { "Idempotency-Key": this.#key });
    this.#text = "";
    return made.batchId;
  }

  /** A batch whose jobs are all bad is a 400 with the same answer.
   * @param {string} path @param {string} text @param {Record<string, string>} [headers] */
  async #post(path, text, headers) {
    try {
      return await this.client.json(path, { method: "POST", json: text, headers });
    } catch (error) {
      if (error instanceof ApiError && error.body?.errors?.length && error.body.batchId) return error.body;
      throw error;
    }
  }
}

/** Other warnings are about the template, not about a row. @param {any} job */
const missingGlyphs = (job) =>
  (job.warnings ?? []).filter((/** @type {any} */ warning) => warning.code === "MISSING_GLYPHS").map(warningText);

/** @param {any} error of a job @param {Column[]} sources @param {Column[]} columns */
function problemsOf(error, sources, columns) {
  const details = error.details ?? [];
  if (details.length === 0) return [{ column: null, text: error.error }];
  return details.map((/** @type {{field: string, message: string}} */ detail) => {
    const column = columnOfField(detail.field, sources, columns);
    return { column, text: `${column?.name ?? detail.field}: ${detail.message}` };
  });
}
