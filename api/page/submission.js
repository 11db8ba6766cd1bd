/** Sending a new batch: a dry run that finds bad rows, and then the batch, once. */

import { idempotencyKey } from "./client.js";
import { labelOf, sentNames } from "./columns.js";
import { forgetCheck, isEmpty } from "./rowtable.js";
import { dryRun, submitted, tableOf } from "./tables.js";
import { warningText } from "./widgets.js";

/** @typedef {import("./rowtable.js").Row} Row */
/** @typedef {import("./columns.js").Column} Column */

/**
 * @typedef {object} Request
 * @property {import("./tables.js").Table} table
 * @property {Record<string, any>} query
 * @property {Row[]} sent the rows in the order of its jobs
 */

/** Empty rows are left out, and so are columns without a cell that name no file; where the template has nothing to
 * fill in, one job needs no table.
 * @param {Record<string, any>} query @param {Row[]} rows @param {Column[]} columns
 * @param {import("./localfiles.js").LocalFiles} files @returns {Request} */
export function requestOf(query, rows, columns, files) {
  const sent = rows.filter((row) => !isEmpty(row));
  const hasLayers = columns.some((column) => column.means && column.kind !== "job");
  if (sent.length === 0 && !hasLayers) return { table: oneJob(query), query, sent: rows.slice(0, 1) };
  const named = sentNames(columns).map((name, at) => ({ name, means: columns[at].means, at }));
  const filled = named.filter(({ name, at }) => query.outputName?.includes(`{${name}}`) || sent.some((row) => row.cells[at]?.trim()));
  const cells = sent.map((row) => filled.map(({ at }) => row.cells[at] ?? ""));
  const map = filled.filter(({ name, means }) => name !== means).map(({ name, means }) => `${name}=${means}`);
  return { table: { ...tableOf(filled.map(({ name }) => name), cells), files }, query: { ...query, map }, sent };
}

export class Submission {
  /** Files that the rows of the last check name, and that are not here. @type {{path: string}[]} */
  missing = [];
  #started = "";
  #key = "";

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
  }

  /** Check without starting anything. Gives each row its problems and what no font has; returns the
   * number of bad rows.
   * @param {Request} request @param {Column[]} columns */
  async check(request, columns) {
    const answer = await dryRun(this.client, request.table, request.query, 0);
    this.missing = answer.files ?? [];
    return noteProblems(answer, request.sent, columns);
  }

  /** Start the batch; the same request again, after an answer that got lost, starts no second one.
   * @param {Request} request @returns {Promise<string>} its id */
  async start({ table, query }) {
    const text = JSON.stringify([query, table.body, table.files?.sources]);
    if (text !== this.#started) {
      this.#started = text;
      this.#key = idempotencyKey();
    }
    const made = await submitted(this.client, table, query, { "Idempotency-Key": this.#key });
    this.#started = "";
    return made.batchId;
  }
}

/** Give each row what a dry run has said of it. Returns the number of bad rows.
 * @param {any} answer @param {Row[]} rows in the order of its jobs @param {Column[]} columns */
export function noteProblems(answer, rows, columns) {
  const errors = answer.errors ?? [];
  if (errors.length === 0 && answer.jobs.length === 0) throw new Error(answer.error);
  for (const row of rows) forgetCheck(row);
  for (const job of answer.jobs) rows[job.index].warnings = missingGlyphs(job);
  for (const error of errors) rows[error.index].problems = problemsOf(error, columns);
  return errors.length;
}

/** @param {Record<string, any>} query @returns {import("./tables.js").Table} */
function oneJob({ template, composition, codec, quality, frame, poster }) {
  const settings = frame === undefined ? { codec, quality, poster } : { codec, quality, type: "image", frames: frame };
  const job = { template: { id: template, composition }, settings };
  return { type: "application/json", body: JSON.stringify({ jobs: [job] }) };
}

/** Other warnings are about the template, not about a row. @param {any} job */
const missingGlyphs = (job) =>
  (job.warnings ?? []).filter((/** @type {any} */ warning) => warning.code === "MISSING_GLYPHS").map(warningText);

/** @param {any} error of a job @param {Column[]} columns */
function problemsOf(error, columns) {
  const details = error.details ?? [];
  if (details.length === 0) return [{ column: null, text: error.error }];
  return details.map((/** @type {{field: string, message: string, column?: string}} */ detail) => {
    const column = columns[sentNames(columns).indexOf(detail.column ?? "")] ?? null;
    const place = column ? labelOf(column) : detail.field;
    return { column, text: place ? `${place}: ${detail.message}` : detail.message };
  });
}
