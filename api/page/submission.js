/** Submits a new batch: first a dry run that finds bad rows, then the batch, and that only once. */

import { idempotencyKey } from "./client.js";
import { labelOf, sentNames } from "./columns.js";
import { forgetCheck, isEmpty } from "./rowtable.js";
import { JSON_TYPE, dryRunOfAll, rowsPerPart, submit, tableOf } from "./tables.js";
import { warningText } from "./widgets.js";

/** @typedef {import("./rowtable.js").Row} Row */
/** @typedef {import("./columns.js").Column} Column */

/**
 * @typedef {object} Request
 * @property {import("./tables.js").Table} table
 * @property {Record<string, any>} query
 * @property {Row[]} sent the rows in the order of the jobs
 */

/** The rows that become jobs. Empty ones do not, unless the template has nothing to fill in: then one job needs no cells.
 * @param {Row[]} rows @param {Column[]} columns @returns {Row[]} */
export function sentRows(rows, columns) {
  const sent = rows.filter((row) => !isEmpty(row));
  const hasLayers = columns.some((column) => column.means && column.kind !== "job");
  return sent.length > 0 || hasLayers ? sent : rows.slice(0, 1);
}

/** The request for rows. It leaves out empty rows, and empty columns that are not part of the file names. If the
 * template has nothing to fill in, it is one job without a table.
 * @param {Record<string, any>} query @param {Row[]} rows @param {Column[]} columns
 * @param {import("./localfiles.js").LocalFiles} files @returns {Request} */
export function requestOf(query, rows, columns, files) {
  const sent = sentRows(rows, columns);
  if (sent.every(isEmpty) && sent.length > 0) return { table: oneJob(query), query, sent };
  const named = sentNames(columns).map((name, at) => ({ name, means: columns[at].means, at }));
  const filled = named.filter(({ name, at }) => query.outputName?.includes(`{${name}}`) || sent.some((row) => row.cells[at]?.trim()));
  const cells = sent.map((row) => filled.map(({ at }) => row.cells[at] ?? ""));
  const map = filled.filter(({ name, means }) => name !== means).map(({ name, means }) => `${name}=${means}`);
  return { table: { ...tableOf(filled.map(({ name }) => name), cells), files }, query: { ...query, map }, sent };
}

const ROW_WARNINGS = new Set(["MISSING_GLYPHS", "TEXT_OVERFLOWS"]);
const LAYER_KINDS = new Set(["text", "image", "video", "audio"]);

export class Submission {
  /** Files that the rows of the last check name and that were not dropped yet. @type {{path: string}[]} */
  missing = [];
  #started = "";
  #key = "";

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.client = client;
  }

  /** Check without starting anything. Sets the problems and warnings of each row; returns the number of
   * bad rows.
   * @param {Request} request @param {Column[]} columns */
  async check(request, columns) {
    const result = await dryRunOfAll(this.client, request.table, request.query, false);
    this.missing = result.files ?? [];
    return noteProblems(result, request.sent, columns);
  }

  /** Start the batch, or the batches of a long table one after the other. Repeating the same request, after a response
   * got lost, starts nothing twice.
   * @param {Request} request @param {(done: number, all: number) => void} onPart called with how many parts are sent
   * @returns {Promise<string[]>} the ids of the batches, in the order of the rows */
  async start({ table, query, sent }, onPart) {
    const text = JSON.stringify([query, table.body, table.files?.sources]);
    if (text !== this.#started) {
      this.#started = text;
      this.#key = idempotencyKey();
    }
    const most = rowsPerPart(query);
    const all = Math.ceil(sent.length / most);
    /** @type {any[]} */
    const made = [];
    for (let part = 0; part < all; part += 1) {
      if (all > 1) onPart(part, all);
      const place = all > 1 ? { firstRow: part * most, ...(made[0] && { submission: made[0].batchId }) } : {};
      const batch = await submit(this.client, table, { ...query, ...place }, { "Idempotency-Key": `${this.#key}-${part}` });
      if (batch.jobs.length > 0 || all === 1) made.push(batch); // a part in which nothing was started need not be shown
    }
    this.#started = "";
    return made.map((batch) => batch.batchId);
  }
}

/** Set the problems and warnings of each row from a dry run. Returns the number of bad rows.
 * @param {any} result of the dry run @param {Row[]} rows in the order of its jobs @param {Column[]} columns */
export function noteProblems(result, rows, columns) {
  const errors = result.errors ?? [];
  if (errors.length === 0 && result.jobs.length === 0) throw new Error(result.error);
  const names = sentNames(columns);
  const filled = filledLayers(columns, rows);
  for (const row of rows) forgetCheck(row);
  for (const row of rows) row.warnings = emptyCells(row, filled);
  for (const job of result.jobs) rows[rowOf(job)].warnings.push(...rowWarnings(job));
  for (const error of errors) rows[rowOf(error)].problems.push(...problemsOf(error, columns, names));
  for (const row of rows) row.warnings = [...new Set(row.warnings)];
  const bad = rows.filter((row) => row.problems.length > 0);
  for (const row of bad) row.problems = row.problems.filter(({ text }, at) => row.problems.findIndex((each) => each.text === text) === at);
  return bad.length;
}

/** The position of a job's row among the rows that were sent; a row is one job per output. @param {any} job */
const rowOf = (job) => job.row ?? job.index;

/** @param {Record<string, any>} query @returns {import("./tables.js").Table} */
function oneJob({ template, composition, codec, quality, frame, poster }) {
  const settings = frame === undefined ? { codec, quality, poster } : { codec, quality, type: "image", frames: frame };
  const job = { template: { id: template, composition }, settings };
  return { type: JSON_TYPE, body: JSON.stringify({ jobs: [job] }) };
}

/** The warnings about a job's row; all others are about the template. @param {any} job @returns {string[]} */
export const rowWarnings = (job) =>
  (job.warnings ?? []).filter((/** @type {any} */ warning) => ROW_WARNINGS.has(warning.code)).map(warningText);

/** Columns of layers that at least one row fills, with their positions. @param {Column[]} columns @param {Row[]} rows */
const filledLayers = (columns, rows) =>
  columns
    .map((column, at) => ({ column, at }))
    .filter(({ column, at }) => column.means && LAYER_KINDS.has(column.kind) && rows.some((row) => row.cells[at]));

/** Warnings about empty cells of a row in columns that other rows fill.
 * @param {Row} row @param {ReturnType<typeof filledLayers>} filled */
const emptyCells = (row, filled) =>
  filled
    .filter(({ at }) => !row.cells[at])
    .map(({ column }) => `${labelOf(column)} is empty, so the template’s own ${column.kind} is used.${column.kind === "text" ? ' Write "" for an empty text.' : ""}`);

/** @param {any} error of a job @param {Column[]} columns @param {string[]} names of the columns as they were sent */
function problemsOf(error, columns, names) {
  const details = error.details ?? [];
  if (details.length === 0) return [{ column: null, text: error.error }];
  return details.map((/** @type {{field: string, message: string, column?: string}} */ detail) => {
    const column = columns[names.indexOf(detail.column ?? "")] ?? null;
    const place = column ? labelOf(column) : detail.field;
    return { column, text: place ? `${place}: ${detail.message}` : detail.message };
  });
}
