/** The columns of a new batch. The API decides what their names mean. */

/**
 * @typedef {object} Column
 * @property {string} name as in the file
 * @property {string} means the full, unambiguous name of the field that it fills; empty: not used
 * @property {string} kind control, text, image, video, audio, data or job
 * @property {boolean} [isFromFile] if so, another field can be chosen than was guessed
 * @property {string} [reason] why it is not used
 * @property {string} [example] the template's own text or colour
 * @property {boolean} [isColour]
 */

/** Job fields, which tables for any template can have. @type {Column[]} */
const JOB_FIELDS = ["job:tags", "job:priority", "job:name"].map((name) => ({ name, means: name, kind: "job" }));

/** The columns of a table that is typed. @param {any[]} fields of the template, as the API returns them
 * @returns {Column[]} */
export const columnsOf = (fields) => [...fields.map(columnOf), JOB_FIELDS[0]];

/** The fields that a column can fill. @param {any[]} fields @returns {Column[]} */
export const choicesOf = (fields) => [...fields.map(columnOf), ...JOB_FIELDS];

/** The columns of a file. @param {any[]} found by a dry run @param {any[]} fields
 * @returns {Column[]} */
export function columnsOfFile(found, fields) {
  const known = new Map(fields.map((field) => [field.column, columnOf(field)]));
  return found.map(({ name, means = "", kind = "", reason }) => {
    const { example, isColour = /^data:.*\bcolor$/i.test(means) } = known.get(means) ?? {};
    return { name: name || "(no name)", means, kind, reason, isFromFile: true, example, isColour };
  });
}

/** The name that people see: without its kind. @param {Column} column */
export const labelOf = ({ name, means }) => (means || name).replace(/^(control|text|image|video|audio|data|job):/, "");

/** The names of the columns in a table that is sent: the names that people see, unless these are ambiguous.
 * @param {Column[]} columns @returns {string[]} */
export function sentNames(columns) {
  const ofFile = columns.filter(({ isFromFile }) => isFromFile).map(({ name }) => name);
  const names = columns.map((column) => {
    if (column.isFromFile) return column.name;
    return ofFile.includes(labelOf(column)) ? column.means : labelOf(column);
  });
  return names.map((name, at) => {
    const isTaken = columns.some(({ means }, other) => other !== at && [names[other], means].includes(name));
    return isTaken ? columns[at].means || `unused ${at}` : name;
  });
}

/** @param {any} field @returns {Column} */
const columnOf = ({ column, kind, words, control }) => ({ name: column, means: column, kind, example: words, isColour: control === "color" });
