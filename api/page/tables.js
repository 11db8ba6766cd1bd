/** Tables on their way to the API, which alone reads them. */

import { ApiError } from "./client.js";

const MOST_JOBS = 1000; // of one batch; a longer table is sent in parts
export const JSON_TYPE = "application/json";
const CSV = "text/csv";
const TABS = "text/tab-separated-values"; // as spreadsheets put them on the clipboard
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A table as the API takes it, or one job that needs none.
 * @typedef {{type: string, body: BodyInit, files?: import("./localfiles.js").LocalFiles}} Table */

/** How many rows a batch takes, each in all of its outputs. @param {Record<string, any>} query */
export const rowsAPart = ({ outputs }) => Math.floor(MOST_JOBS / (outputs ? JSON.parse(outputs).length : 1));

/** @param {File} file @returns {Table} */
export const tableOfFile = (file) => ({ type: /\.xls[xm]$/i.test(file.name) ? XLSX : /\.tsv$/i.test(file.name) ? TABS : CSV, body: file });

/** @param {string[]} header @param {string[][]} rows @returns {Table} */
export function tableOf(header, rows) {
  return { type: CSV, body: [header, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") };
}

/** Cells of the clipboard, below a header where they have none.
 * @param {string} text @param {string[]} [header] @returns {Table} */
export function tableOfClipboard(text, header) {
  return { type: TABS, body: header ? `${header.map(quoted).join("\t")}\n${text}` : text };
}

/** Ask without starting anything: what the columns mean, the first rows, and what is wrong. Files
 * that the table names are uploaded, as far as they are here.
 * @param {import("./client.js").Client} client @param {Table} table
 * @param {Record<string, any>} query what holds for all rows @param {number} rows how many to tell
 * @returns {Promise<any>} also where no row can be rendered */
export async function dryRun(client, table, query, rows) {
  const asked = { ...query, dryRun: true, rows };
  const told = await submitted(client, table, asked);
  const isMoreKnown = await table.files?.upload(told.files ?? []);
  return isMoreKnown ? submitted(client, table, asked) : told;
}

/** A dry run of all parts of a table, told as one.
 * @param {import("./client.js").Client} client @param {Table} table @param {Record<string, any>} query
 * @param {boolean} withRows whether to tell all rows @returns {Promise<any>} */
export async function dryRunOfAll(client, table, query, withRows) {
  if (table.type === JSON_TYPE) return dryRun(client, table, query, 0);
  const whole = { rows: [], jobs: [], errors: [], files: [], warnings: [], totalJobs: 0 };
  const most = rowsAPart(query);
  for (let first = 0; ; first += most) {
    const part = await dryRun(client, table, { ...query, firstRow: first }, withRows ? most : 0);
    add(whole, part, first);
    const isLast = part.totalRows === undefined ? (part.rows ?? []).length < most : part.totalRows <= first + most;
    if (isLast) return { ...part, ...whole };
  }
}

/** @param {any} whole @param {any} part @param {number} first the row with which it begins */
function add(whole, part, first) {
  const placed = (/** @type {any} */ job) => ({ ...job, row: job.row ?? job.index + first });
  whole.jobs.push(...part.jobs.map(placed));
  whole.errors.push(...(part.errors ?? []).map(placed));
  whole.rows.push(...(part.rows ?? []));
  whole.files.push(...(part.files ?? []));
  whole.totalJobs += part.totalJobs;
  const known = new Set(whole.warnings.map((/** @type {any} */ warning) => warning.message));
  whole.warnings.push(...(part.warnings ?? []).filter((/** @type {any} */ warning) => !known.has(warning.message)));
}

/** A batch that cannot be started is a 400 with the same answer.
 * @param {import("./client.js").Client} client @param {Table} table
 * @param {Record<string, any>} query a list is sent word by word @param {Record<string, string>} [headers]
 * @param {string} [endpoint] */
export async function submitted(client, table, query, headers, endpoint = "batches") {
  const words = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  const path = `${endpoint}?${new URLSearchParams(words)}`;
  try {
    return await client.json(path, { method: "POST", ...bodyOf(table, headers) });
  } catch (error) {
    const told = error instanceof ApiError ? error.body : null;
    if (told?.batchId && (told.errors?.length || told.columns?.length)) return told;
    throw error;
  }
}

/** With what stands for the paths in its cells, if there are any.
 * @param {Table} table @param {Record<string, string>} [headers] */
function bodyOf({ type, body, files }, headers) {
  if (!files || Object.keys(files.sources).length === 0) return { body, headers: { ...headers, "Content-Type": type } };
  const form = new FormData();
  form.append("table", new Blob([/** @type {BlobPart} */ (body)], { type }));
  form.append("files", JSON.stringify(files.sources));
  return { body: form, headers };
}

/** @param {string} cell */
const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
