/** Tables on their way to the API, which alone reads them. */

import { ApiError } from "./client.js";

export const MOST_ROWS = 1000; // the API takes no more jobs in a batch
const CSV = "text/csv";
const TABS = "text/tab-separated-values"; // as spreadsheets put them on the clipboard
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A table as the API takes it.
 * @typedef {{type: string, body: BodyInit}} Table */

/** @param {File} file @returns {Table} */
export const tableOfFile = (file) => ({ type: /\.xls[xm]$/i.test(file.name) ? XLSX : CSV, body: file });

/** @param {string[]} header @param {string[][]} rows @returns {Table} */
export function tableOf(header, rows) {
  return { type: CSV, body: [header, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") };
}

/** Cells of the clipboard, below a header where they have none.
 * @param {string} text @param {string[]} [header] @returns {Table} */
export function tableOfClipboard(text, header) {
  return { type: TABS, body: header ? `${header.map(quoted).join("\t")}\n${text}` : text };
}

/** Ask without starting anything: what the columns mean, the first rows, and what is wrong.
 * @param {import("./client.js").Client} client @param {Table} table
 * @param {Record<string, any>} query what holds for all rows @param {number} rows how many to tell
 * @returns {Promise<any>} also where no row can be rendered */
export function dryRun(client, table, query, rows) {
  return submitted(client, table, { ...query, dryRun: true, rows });
}

/** A batch that cannot be started is a 400 with the same answer.
 * @param {import("./client.js").Client} client @param {Table} table
 * @param {Record<string, any>} query a list is sent word by word @param {Record<string, string>} [headers] */
export async function submitted(client, { type, body }, query, headers) {
  const words = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  const path = `batches?${new URLSearchParams(words)}`;
  try {
    return await client.json(path, { method: "POST", body, headers: { ...headers, "Content-Type": type } });
  } catch (error) {
    const told = error instanceof ApiError ? error.body : null;
    if (told?.batchId && (told.errors?.length || told.columns?.length)) return told;
    throw error;
  }
}

/** @param {string} cell */
const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
