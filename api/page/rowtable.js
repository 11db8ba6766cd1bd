/** The rows of a new batch: typed, pasted from a spreadsheet, or loaded from a file. */

import { columnOf } from "./columns.js";
import { announce, fill, h } from "./dom.js";
import { count, plural } from "./format.js";
import { parseTable } from "./table.js";

export const MOST_ROWS = 1000; // the API takes no more jobs in a batch
const PAGE_SIZE = 50; // rows on the screen at a time: inputs are heavy

/** @typedef {import("./columns.js").Column} Column */
/**
 * @typedef {object} Row
 * @property {import("./columns.js").Cells} cells
 * @property {{column: Column | null, text: string}[]} problems that a check has found
 * @property {string[]} warnings of the same check
 */

/** @returns {Row} */
const emptyRow = () => ({ cells: {}, problems: [], warnings: [] });

/** @param {Row} row */
export function forgetCheck(row) {
  row.problems = [];
  row.warnings = [];
}

/** Whether it says nothing in these columns; another template's words may still be in it.
 * @param {Row} row @param {Column[]} columns */
export const isEmpty = (row, columns) => columns.every((column) => !row.cells[column.key]);

export class RowTable {
  /** @type {Column[]} */
  columns = [];
  /** @type {Row[]} */
  rows = [emptyRow()];
  #page = 0;

  /** @param {() => void} onChange @param {(row: Row, number: number) => void} onPreview */
  constructor(onChange, onPreview) {
    this.onChange = onChange;
    this.onPreview = onPreview;
    this.head = h("thead");
    this.body = h("tbody");
    this.pages = h("div", { class: "pages" });
    this.scroller = h(
      "div",
      { class: "scroller", role: "group", "aria-label": "Table of the rows", tabindex: 0 },
      h("table", { class: "rows" }, h("caption", { class: "unseen" }, "One job a row"), this.head, this.body),
    );
    this.element = h(
      "div",
      {},
      this.scroller,
      h(
        "div",
        { class: "actions row-tools" },
        h("button", { type: "button", onclick: () => this.#add() }, "Add a row"),
        h("button", { type: "button", class: "quiet", onclick: () => this.load([]) }, "Clear all"),
        this.pages,
      ),
    );
    this.body.addEventListener("input", (/** @type {Event} */ event) => this.#typed(event));
    this.body.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => this.#paste(event));
    this.body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.columns = columns;
    for (const row of this.rows) forgetCheck(row);
    this.#render();
    this.onChange();
  }

  /** Take a table whose first line names the columns. Returns the names that mean nothing here.
   * @param {string[][]} table @returns {string[]} */
  loadTable([header = [], ...lines]) {
    const meant = header.map((word) => columnOf(word, this.columns));
    const used = [...new Map(meant.flatMap((column) => (column ? [[column.key, column]] : []))).values()];
    const unused = this.columns.filter((known) => !used.some((column) => column.key === known.key));
    this.columns = [...used, ...unused]; // what the file has is seen first
    const keys = meant.map((column) => column?.key);
    this.load(lines.map((line) => ({ cells: cellsOf(keys, line), problems: [], warnings: [] })));
    return header.filter((_, at) => !meant[at]);
  }

  /** @param {Row[]} rows */
  load(rows) {
    this.rows = rows.length ? rows : [emptyRow()];
    this.#page = 0;
    this.#render();
    this.onChange();
  }

  /** Show what a check has found. */
  showProblems() {
    const first = this.rows.findIndex((row) => row.problems.length > 0);
    if (first >= 0) this.#page = Math.floor(first / PAGE_SIZE);
    this.#render();
    /** @type {HTMLElement | null} */ (this.body.querySelector("[aria-invalid]"))?.focus();
  }

  #render() {
    const names = this.columns.map((column) => h("th", { scope: "col" }, heading(column)));
    fill(this.head, h("tr", {}, h("th", { scope: "col" }, "#"), names, h("th", { scope: "col" }, h("span", { class: "unseen" }, "Actions"))));
    this.#page = Math.min(this.#page, Math.floor((this.rows.length - 1) / PAGE_SIZE));
    const start = this.#page * PAGE_SIZE;
    const shown = this.rows.slice(start, start + PAGE_SIZE);
    fill(this.body, shown.flatMap((row, at) => this.#lines(row, start + at)));
    this.#renderPages(start, shown.length);
  }

  /** @param {number} start @param {number} length */
  #renderPages(start, length) {
    const last = Math.ceil(this.rows.length / PAGE_SIZE) - 1;
    const turn = (/** @type {number} */ step, /** @type {string} */ text) => {
      const isPossible = this.#page + step >= 0 && this.#page + step <= last;
      return h("button", { type: "button", class: "quiet", disabled: !isPossible, onclick: () => this.#turn(step) }, text);
    };
    const place = `Rows ${count(start + 1)} to ${count(start + length)} of ${count(this.rows.length)}`;
    fill(this.pages, h("span", { class: "muted" }, place), last > 0 && [turn(-1, "‹ Previous"), turn(1, "Next ›")]);
  }

  /** @param {number} step */
  #turn(step) {
    this.#page += step;
    this.#render();
    this.scroller.focus();
  }

  /** A row, and below it its problems. @param {Row} row @param {number} at */
  #lines(row, at) {
    const number = at + 1;
    const cells = this.columns.map((column) => h("td", {}, this.#input(row, at, column)));
    const line = h(
      "tr",
      { class: row.problems.length > 0 && "bad" },
      h("th", { scope: "row" }, String(number)),
      cells,
      h(
        "td",
        { class: "row-actions" },
        h("button", { type: "button", class: "quiet", "aria-label": `Preview row ${number}`, onclick: () => this.onPreview(row, number) }, "Preview"),
        h("button", { type: "button", class: "quiet", "aria-label": `Remove row ${number}`, onclick: () => this.#remove(at) }, "✕"),
      ),
    );
    const texts = [...row.problems.map((problem) => problem.text), ...row.warnings].map((text) => h("p", {}, text));
    if (texts.length === 0) return [line];
    const kind = row.problems.length > 0 ? "row-problems" : "row-warnings";
    return [line, h("tr", { class: kind }, h("td", { colspan: this.columns.length + 2, id: `problem-${at}` }, texts))];
  }

  /** @param {Row} row @param {number} at @param {Column} column */
  #input(row, at, column) {
    const isBad = row.problems.some((problem) => problem.column?.key === column.key);
    const input = h("input", {
      type: "text",
      "aria-label": `${column.name}, row ${at + 1}`,
      "aria-invalid": isBad && "true",
      "aria-describedby": row.problems.length + row.warnings.length > 0 && `problem-${at}`,
      placeholder: placeholder(column),
      spellcheck: column.kind === "text" ? null : "false",
      "data-row": at,
      "data-key": column.key,
    });
    input.value = row.cells[column.key] ?? "";
    return input;
  }

  #add() {
    if (this.rows.length >= MOST_ROWS) return;
    this.rows.push(emptyRow());
    this.#page = Math.floor((this.rows.length - 1) / PAGE_SIZE);
    this.#render();
    this.#focus(this.rows.length - 1, this.columns[0]?.key);
    this.onChange();
  }

  /** @param {number} at */
  #remove(at) {
    this.rows.splice(at, 1);
    if (this.rows.length === 0) this.rows = [emptyRow()];
    this.#render();
    this.#focus(Math.min(at, this.rows.length - 1), this.columns[0]?.key);
    announce(`Row ${at + 1} removed`);
    this.onChange();
  }

  /** @param {number} at @param {string | undefined} key */
  #focus(at, key) {
    const input = [...this.body.querySelectorAll("input")].find(
      (each) => each.dataset.row === String(at) && each.dataset.key === key,
    );
    input?.focus();
  }

  /** @param {Event} event */
  #typed(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const row = this.rows[Number(input.dataset.row)];
    row.cells[input.dataset.key ?? ""] = input.value;
    input.removeAttribute("aria-invalid");
    this.onChange();
  }

  /** Enter goes down, as in a spreadsheet. @param {KeyboardEvent} event */
  #key(event) {
    const input = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "Enter" || input.dataset.row === undefined || event.isComposing) return;
    event.preventDefault();
    const below = Number(input.dataset.row) + 1;
    if (below === this.rows.length) this.#add();
    else if (below % PAGE_SIZE === 0) this.#turn(1);
    this.#focus(below, input.dataset.key);
  }

  /** Cells of a spreadsheet go into the cells from here on; a header leads each to its own column.
   * @param {ClipboardEvent} event */
  #paste(event) {
    const input = /** @type {HTMLElement} */ (event.target);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (input.dataset.row === undefined || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const table = parseTable(text, "\t");
    if (table.length > 1 && table[0].every((word) => columnOf(word, this.columns))) {
      this.loadTable(table);
    } else {
      this.#write(table, Number(input.dataset.row), this.columns.findIndex((column) => column.key === input.dataset.key));
    }
    announce(`${plural(table.length, "row")} pasted`);
  }

  /** @param {string[][]} table @param {number} from @param {number} column */
  #write(table, from, column) {
    const keys = this.columns.slice(column).map((each) => each.key);
    table.forEach((line, at) => {
      const row = (this.rows[from + at] ??= emptyRow());
      Object.assign(row.cells, cellsOf(keys, line));
      forgetCheck(row);
    });
    this.#render();
    this.#focus(from, keys[0]);
    this.onChange();
  }
}

/** @param {(string | undefined)[]} keys @param {string[]} line */
function cellsOf(keys, line) {
  /** @type {import("./columns.js").Cells} */
  const cells = {};
  keys.forEach((key, at) => {
    if (key !== undefined && line[at] !== undefined) cells[key] = line[at];
  });
  return cells;
}

/** @param {Column} column */
function heading(column) {
  const name = column.property ? `${column.name}.${column.property}` : column.name;
  return [name, " ", h("span", { class: "kind" }, column.kind)];
}

/** @param {Column} column */
function placeholder(column) {
  if (column.kind === "text") return column.example?.replaceAll(/\s+/g, " ");
  if (column.kind === "job") return column.name === "tags" ? "spring, sale" : "0";
  return column.kind === "data" ? "" : "https://…";
}
