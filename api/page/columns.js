/** The columns of a new batch: the layers of its template, and fields of its jobs. */

/**
 * @typedef {object} Column
 * @property {string} key as it is written above a column of a CSV
 * @property {"text" | "image" | "video" | "audio" | "data" | "job"} kind
 * @property {string} name of the layer or of the job's field
 * @property {string} [property] of a data column's layer
 * @property {string} [example] what the layer shows by itself
 */
/** A row's words by the keys of their columns. @typedef {Record<string, string>} Cells */

const MEDIA = new Set(["image", "video", "audio"]);
const TAGS = /** @type {const} */ ({ key: "job:tags", kind: "job", name: "tags" });

/** @param {any[]} layers of the template, as the API has them
 * @param {number} composition the number of the one that is rendered @returns {Column[]} */
export function columnsOf(layers, composition) {
  const own = layers.filter((layer) => layer.composition_id === composition);
  const named = (/** @type {string} */ type) => {
    const first = new Map(own.filter((layer) => layer.layer_type === type).map((layer) => [layer.name, layer]));
    return [...first.values()];
  };
  return [
    ...named("text").map((layer) => textColumn(layer.name, layer.data.text)),
    ...named("image").map((layer) => mediaColumn("image", layer.name)),
    TAGS,
  ];
}

/** The column that a word in a CSV's header means, or null.
 * @param {string} header @param {Column[]} columns @returns {Column | null} */
export function columnOf(header, columns) {
  const word = header.trim();
  const same = (/** @type {string} */ one) => one.toLowerCase() === word.toLowerCase();
  const known = columns.find((column) => same(column.key) || same(column.name)) ?? null;
  return known ?? explicitColumn(word);
}

/** `kind:name`, as the API itself takes it. @param {string} word @returns {Column | null} */
function explicitColumn(word) {
  const [kind, name] = [word.slice(0, word.indexOf(":")), word.slice(word.indexOf(":") + 1)];
  if (!name || kind === word) return null;
  if (kind === "text") return textColumn(name);
  if (MEDIA.has(kind)) return mediaColumn(/** @type {"image" | "video" | "audio"} */ (kind), name);
  if (kind === "job" && name === "priority") return { key: word, kind, name };
  const dot = name.lastIndexOf(".");
  if (kind !== "data" || dot < 1) return null;
  return { key: word, kind, name: name.slice(0, dot), property: name.slice(dot + 1) };
}

/** One job of the request, and which column each of its assets is from.
 * @param {Cells} cells @param {Column[]} columns */
export function jobOf(cells, columns) {
  const filled = columns.filter((column) => cells[column.key]);
  const sources = filled.filter((column) => column.kind !== "job");
  /** @type {Record<string, any>} */
  const job = { assets: sources.map((column) => assetOf(column, cells[column.key])) };
  for (const column of filled) {
    if (column.kind === "job") job[column.name] = column.name === "priority" ? value(cells[column.key]) : cells[column.key];
  }
  return { job, sources };
}

/** The column that a field of an error is about, or null. @param {string} path such as
 * assets.0.layerName @param {Column[]} sources @param {Column[]} columns */
export function columnOfField(path, sources, columns) {
  const [field, number] = path.split(".");
  if (field === "assets") return sources[Number(number)] ?? null;
  return columns.find((column) => column.kind === "job" && column.name === field) ?? null;
}

/** @param {Column} column @param {string} cell */
function assetOf(column, cell) {
  const asset = { type: column.kind, layerName: column.name };
  if (column.kind === "text") return { ...asset, value: cell };
  if (column.kind === "data") return { ...asset, property: column.property, value: value(cell) };
  return { ...asset, src: cell };
}

/** Numbers, lists, true and false as JSON writes them; all else is text. @param {string} cell */
function value(cell) {
  try {
    const known = JSON.parse(cell);
    return known !== null && (typeof known !== "object" || Array.isArray(known)) ? known : cell;
  } catch {
    return cell;
  }
}

/** @param {string} name @param {string} [example] @returns {Column} */
const textColumn = (name, example) => ({ key: name.includes(":") ? `text:${name}` : name, kind: "text", name, example });

/** @param {"image" | "video" | "audio"} kind @param {string} name @returns {Column} */
const mediaColumn = (kind, name) => ({ key: `${kind}:${name}`, kind, name });
