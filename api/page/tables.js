/** Sends tables to the API, which does all the reading. */

import { ApiError } from "./client.js";

const MAX_JOBS = 1000; // in one batch; a longer table is sent in parts
export const JSON_TYPE = "application/json";
const CSV = "text/csv";
const TABS = "text/tab-separated-values"; // what spreadsheets put on the clipboard
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A table as the API accepts it, or one job that needs none.
 * @typedef {{type: string, body: BodyInit, files?: import("./localfiles.js").LocalFiles}} Table */

/** How many rows fit into a batch, each in all of its outputs. @param {Record<string, any>} query */
export const rowsPerPart = ({ outputs }) => Math.floor(MAX_JOBS / (outputs ? JSON.parse(outputs).length : 1));

/** @param {File} file @returns {Table} */
export const tableOfFile = (file) => ({ type: /\.xls[xm]$/i.test(file.name) ? XLSX : /\.tsv$/i.test(file.name) ? TABS : CSV, body: file });

/** @param {string[]} header @param {string[][]} rows @returns {Table} */
export function tableOf(header, rows) {
  return { type: CSV, body: [header, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") };
}

/** Cells from the clipboard.
 * @param {string} text @param {string[]} [header] for cells that have none @returns {Table} */
export function tableOfClipboard(text, header) {
  return { type: TABS, body: header ? `${header.map(quoted).join("\t")}\n${text}` : text };
}

/** Check a table without starting anything. The response has the meaning of its columns, the first rows and the
 * problems. Files that the table names are uploaded if they were dropped.
 * @param {import("./client.js").Client} client @param {Table} table
 * @param {Record<string, any>} query the parameters of all jobs @param {number} rows how many to return
 * @returns {Promise<any>} even if no row can be rendered */
export async function dryRun(client, table, query, rows) {
  const parameters = { ...query, dryRun: true, rows };
  const result = await submit(client, table, parameters);
  const hasUploaded = await table.files?.upload(result.files ?? []);
  return hasUploaded ? submit(client, table, parameters) : result;
}

/** Dry runs of all parts of a table, merged into one.
 * @param {import("./client.js").Client} client @param {Table} table @param {Record<string, any>} query
 * @param {boolean} withRows whether to return all rows @returns {Promise<any>} */
export async function dryRunOfAll(client, table, query, withRows) {
  if (table.type === JSON_TYPE) return dryRun(client, table, query, 0);
  const whole = { rows: [], jobs: [], errors: [], files: [], warnings: [], totalJobs: 0 };
  const most = rowsPerPart(query);
  for (let first = 0; ; first += most) {
    const part = await dryRun(client, table, { ...query, firstRow: first }, withRows ? most : 0);
    add(whole, part, first);
    const isLast = part.totalRows === undefined ? (part.rows ?? []).length < most : part.totalRows <= first + most;
    if (isLast) return { ...part, ...whole };
  }
}

/** @param {any} whole @param {any} part @param {number} first the row that the part begins with */
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

/** Submit a table. If no job of it can be started, the response is a 400 with the same body, which is returned, too.
 * @param {import("./client.js").Client} client @param {Table} table
 * @param {Record<string, any>} query a list is sent as one parameter per value @param {Record<string, string>} [headers]
 * @param {string} [endpoint] */
export async function submit(client, table, query, headers, endpoint = "batches") {
  const parameters = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  const path = `${endpoint}?${new URLSearchParams(parameters)}`;
  try {
    return await client.json(path, { method: "POST", ...bodyOf(table, headers) });
  } catch (error) {
    const result = error instanceof ApiError ? error.body : null;
    if (result?.batchId && (result.errors?.length || result.columns?.length)) return result;
    throw error;
  }
}

/** The body of a request, with the sources of the paths in the table's cells if there are any.
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
