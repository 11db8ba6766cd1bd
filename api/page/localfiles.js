/** Local pictures, videos and sounds, which the cells of a table name by their paths. */

import { count } from "./format.js";

const MAX_FILES = 10_000; // that the API accepts with a table
const MAX_FOLDERS = 100; // of a path that are compared
const MEDIA = /^(image|video|audio)\//;
const TABLE = /\.(csv|tsv|txt|xlsx|xlsm)$/i;

/** @typedef {{path: string, file: File}} LocalFile */

export class LocalFiles {
  /** The source to send for each path whose file is uploaded. @type {Record<string, string>} */
  sources = {};
  /** @type {LocalFile[]} */
  #files = [];
  /** Files by their full paths. @type {Map<string, LocalFile>} */
  #byPath = new Map();
  /** For each end of a path, the file with the shortest path. @type {Map<string, LocalFile>} */
  #byEnd = new Map();

  /** @param {import("./client.js").Client} client @param {(text: string) => void} onProgress */
  constructor(client, onProgress) {
    this.client = client;
    this.onProgress = onProgress;
  }

  get all() {
    return this.#files;
  }

  /** @param {LocalFile[]} files which take precedence over earlier ones */
  add(files) {
    this.#files = [...files, ...this.#files].slice(0, MAX_FILES);
    this.sources = {};
    this.#byPath = new Map();
    this.#byEnd = new Map();
    for (const each of this.#files) {
      if (!this.#byPath.has(each.path)) this.#byPath.set(each.path, each);
      for (const end of endsOf(each.path)) {
        const known = this.#byEnd.get(end);
        if (!known || known.path.length > each.path.length) this.#byEnd.set(end, each);
      }
    }
  }

  /** Upload the files that a table names. Returns whether there were any.
   * @param {{path: string}[]} named */
  async upload(named) {
    const found = named.map(({ path }) => ({ path, file: this.#find(path) })).filter(({ file }) => file);
    for (const [at, { path, file }] of found.entries()) {
      this.onProgress(`Uploading file ${count(at + 1)} of ${count(found.length)} …`);
      const name = encodeURIComponent(file?.name ?? "");
      const sent = await this.client.json(`uploads?name=${name}`, { method: "POST", body: file });
      this.sources[path] = sent.src;
    }
    return found.length > 0;
  }

  /** The file at a path. Leading folders may be missing, from the path or from what was dropped.
   * @param {string} path @returns {File | undefined} */
  #find(path) {
    const cleaned = path.trim().replaceAll("\\", "/").replace(/^\.\//, "");
    const shorter = endsOf(cleaned).find((end) => this.#byPath.has(end));
    return (shorter === undefined ? this.#byEnd.get(cleaned) : this.#byPath.get(shorter))?.file;
  }
}

/** The ends of a path, such as `c.png`, `b/c.png` and `a/b/c.png`. @param {string} path */
function endsOf(path) {
  const names = path.split("/").slice(-MAX_FOLDERS);
  return names.map((_, at) => names.slice(-at - 1).join("/"));
}

/** Tell the table from the other files.
 * @param {LocalFile[]} files @returns {{table: File | undefined, others: LocalFile[]}} */
export function tableAmong(files) {
  const isOnly = files.length === 1 && !MEDIA.test(files[0].file.type);
  const table = files.find(({ path }) => isOnly || TABLE.test(path));
  return { table: table?.file, others: files.filter((each) => each !== table) };
}

/** Files that were chosen in a file dialog. @param {File[]} files @returns {LocalFile[]} */
export const chosen = (files) => files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Dropped files, and all files in dropped folders. Must be called during the drop event.
 * @param {DataTransfer} transfer @returns {Promise<LocalFile[]>} */
export async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  /** @type {LocalFile[]} */
  const found = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory) await addFolder(/** @type {FileSystemDirectoryEntry} */ (entry), found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

/** @param {FileSystemDirectoryEntry} folder @param {LocalFile[]} found */
async function addFolder(folder, found) {
  const reader = folder.createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (found.length >= MAX_FILES) return;
      if (entry.isDirectory) await addFolder(/** @type {FileSystemDirectoryEntry} */ (entry), found);
      else found.push({ path: entry.fullPath.slice(1), file: await fileOf(/** @type {FileSystemFileEntry} */ (entry)) });
    }
  }
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((done, failed) => entry.file(done, failed));
