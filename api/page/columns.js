/** The columns of a new batch. What their names mean is the API's to say. */

/**
 * @typedef {object} Column
 * @property {string} name as the file has it
 * @property {string} means the full name of a field, which always means the same; empty: not used
 * @property {string} kind control, text, image, video, audio, data or job
 * @property {boolean} [isFromFile] so that it may mean something else than was guessed
 * @property {string} [reason] why it is not used
 * @property {string} [example] what the layer shows by itself
 * @property {boolean} [isColour]
 */

/** Fields of a job, which every template has. @type {Column[]} */
const JOB_FIELDS = ["job:tags", "job:priority", "job:name"].map((name) => ({ name, means: name, kind: "job" }));

/** The columns of a table that is typed. @param {any[]} fields of the template, as the API has them
 * @returns {Column[]} */
export const columnsOf = (fields) => [...fields.map(ofField), JOB_FIELDS[0]];

/** What a column may mean. @param {any[]} fields @returns {Column[]} */
export const choicesOf = (fields) => [...fields.map(ofField), ...JOB_FIELDS];

/** The columns of a file, as a dry run tells them. @param {any[]} told @param {any[]} fields
 * @returns {Column[]} */
export function columnsOfFile(told, fields) {
  const known = new Map(fields.map((field) => [field.column, ofField(field)]));
  return told.map(({ name, means = "", kind = "", reason }) => {
    const { example, isColour = /^data:.*\bcolor$/i.test(means) } = known.get(means) ?? {};
    return { name: name || "(no name)", means, kind, reason, isFromFile: true, example, isColour };
  });
}

/** What people call it: without its kind. @param {Column} column */
export const labelOf = ({ name, means }) => (means || name).replace(/^(control|text|image|video|audio|data|job):/, "");

/** What a table that is sent calls them: as people know them, where that tells them apart.
 * @param {Column[]} columns @returns {string[]} */
export function sentNames(columns) {
  const ofFile = columns.filter(({ isFromFile }) => isFromFile).map(({ name }) => name);
  const known = columns.map((column) => {
    if (column.isFromFile) return column.name;
    return ofFile.includes(labelOf(column)) ? column.means : labelOf(column);
  });
  return known.map((name, at) => {
    const isTaken = columns.some(({ means }, other) => other !== at && [known[other], means].includes(name));
    return isTaken ? columns[at].means || `unused ${at}` : name;
  });
}

/** @param {any} field @returns {Column} */
const ofField = ({ column, kind, words, control }) => ({ name: column, means: column, kind, example: words, isColour: control === "color" });
