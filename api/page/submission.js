/** Sending a new batch: a dry run that finds bad rows, and then the batch, once. */

import { idempotencyKey } from "./client.js";
import { labelOf, sentNames } from "./columns.js";
import { forgetCheck, isEmpty } from "./rowtable.js";
import { JSON_TYPE, rowsAPart, dryRunOfAll, submitted, tableOf } from "./tables.js";
import { warningText } from "./widgets.js";

/** @typedef {import("./rowtable.js").Row} Row */
/** @typedef {import("./columns.js").Column} Column */

/**
 * @typedef {object} Request
 * @property {import("./tables.js").Table} table
 * @property {Record<string, any>} query
 * @property {Row[]} sent the rows in the order of its jobs
 */

/** The rows that become jobs: empty ones do not, but where the template has nothing to fill in, one job needs no cells.
 * @param {Row[]} rows @param {Column[]} columns @returns {Row[]} */
export function sentRows(rows, columns) {
  const sent = rows.filter((row) => !isEmpty(row));
  const hasLayers = columns.some((column) => column.means && column.kind !== "job");
  return sent.length > 0 || hasLayers ? sent : rows.slice(0, 1);
}

/** Empty rows are left out, and so are columns without a cell that name no file; where the template has nothing to
 * fill in, one job needs no table.
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

const OF_ROWS = new Set(["MISSING_GLYPHS", "TEXT_OVERFLOWS"]);
const OF_LAYERS = new Set(["text", "image", "video", "audio"]);

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
    const answer = await dryRunOfAll(this.client, request.table, request.query, false);
    this.missing = answer.files ?? [];
    return noteProblems(answer, request.sent, columns);
  }

  /** Start the batch, or those of a long table one after the other; the same request again, after an answer that got
   * lost, starts nothing twice.
   * @param {Request} request @param {(done: number, all: number) => void} tell how many parts are sent
   * @returns {Promise<string[]>} the ids, the first one first */
  async start({ table, query, sent }, tell) {
    const text = JSON.stringify([query, table.body, table.files?.sources]);
    if (text !== this.#started) {
      this.#started = text;
      this.#key = idempotencyKey();
    }
    const most = rowsAPart(query);
    const all = Math.ceil(sent.length / most);
    /** @type {any[]} */
    const made = [];
    for (let part = 0; part < all; part += 1) {
      if (all > 1) tell(part, all);
      const place = all > 1 ? { firstRow: part * most, ...(made[0] && { submission: made[0].batchId }) } : {};
      const batch = await submitted(this.client, table, { ...query, ...place }, { "Idempotency-Key": `${this.#key}-${part}` });
      if (batch.jobs.length > 0 || all === 1) made.push(batch); // nobody asks for a part of which nothing was started
    }
    this.#started = "";
    return made.map((batch) => batch.batchId);
  }
}

/** Give each row what a dry run has said of it. Returns the number of bad rows.
 * @param {any} answer @param {Row[]} rows in the order of its jobs @param {Column[]} columns */
export function noteProblems(answer, rows, columns) {
  const errors = answer.errors ?? [];
  if (errors.length === 0 && answer.jobs.length === 0) throw new Error(answer.error);
  const names = sentNames(columns);
  const filled = filledLayers(columns, rows);
  for (const row of rows) forgetCheck(row);
  for (const row of rows) row.warnings = emptyCells(row, filled);
  for (const job of answer.jobs) rows[rowOf(job)].warnings.push(...rowWarnings(job));
  for (const error of errors) rows[rowOf(error)].problems.push(...problemsOf(error, columns, names));
  for (const row of rows) row.warnings = [...new Set(row.warnings)];
  const bad = rows.filter((row) => row.problems.length > 0);
  for (const row of bad) row.problems = row.problems.filter(({ text }, at) => row.problems.findIndex((each) => each.text === text) === at);
  return bad.length;
}

/** The place of a job's row among those that were sent: a row is one job in each output. @param {any} job */
const rowOf = (job) => job.row ?? job.index;

/** @param {Record<string, any>} query @returns {import("./tables.js").Table} */
function oneJob({ template, composition, codec, quality, frame, poster }) {
  const settings = frame === undefined ? { codec, quality, poster } : { codec, quality, type: "image", frames: frame };
  const job = { template: { id: template, composition }, settings };
  return { type: JSON_TYPE, body: JSON.stringify({ jobs: [job] }) };
}

/** Other warnings are about the template, not about a row. @param {any} job @returns {string[]} */
export const rowWarnings = (job) =>
  (job.warnings ?? []).filter((/** @type {any} */ warning) => OF_ROWS.has(warning.code)).map(warningText);

/** Columns of layers that some of the rows fill, with their places. @param {Column[]} columns @param {Row[]} rows */
const filledLayers = (columns, rows) =>
  columns
    .map((column, at) => ({ column, at }))
    .filter(({ column, at }) => column.means && OF_LAYERS.has(column.kind) && rows.some((row) => row.cells[at]));

/** What a row leaves as the template has it, though others fill it.
 * @param {Row} row @param {ReturnType<typeof filledLayers>} filled */
const emptyCells = (row, filled) =>
  filled
    .filter(({ at }) => !row.cells[at])
    .map(({ column }) => `${labelOf(column)} is empty: the template’s own ${column.kind === "text" ? 'words will be there. "" makes the text empty' : `${column.kind} will be there`}.`);

/** @param {any} error of a job @param {Column[]} columns @param {string[]} names of them as they were sent */
function problemsOf(error, columns, names) {
  const details = error.details ?? [];
  if (details.length === 0) return [{ column: null, text: error.error }];
  return details.map((/** @type {{field: string, message: string, column?: string}} */ detail) => {
    const column = columns[names.indexOf(detail.column ?? "")] ?? null;
    const place = column ? labelOf(column) : detail.field;
    return { column, text: place ? `${place}: ${detail.message}` : detail.message };
  });
}
