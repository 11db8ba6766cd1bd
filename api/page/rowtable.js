/** The table of a new batch's rows: typed, pasted from a spreadsheet, or loaded from a file. */

import { choicesOf, columnsOf, columnsOfFile, labelOf } from "./columns.js";
import { announce, fill, h } from "./dom.js";
import { count } from "./format.js";

const PAGE_SIZE = 50; // rows shown at a time, because inputs are heavy
const COLOUR = /^#[0-9a-f]{6}$/i;
/** @type {Record<string, string>} */
const JOB_EXAMPLES = { "job:tags": "spring, sale", "job:priority": "0", "job:name": "Ada Lovelace" };

/** @typedef {import("./columns.js").Column} Column */
/**
 * @typedef {object} Row
 * @property {string[]} cells in the order of the columns; trailing ones may be missing
 * @property {{column: Column | null, text: string}[]} problems found by the last check
 * @property {string[]} warnings of the last check
 */

/** @param {string[]} [cells] @returns {Row} */
const aRow = (cells = []) => ({ cells, problems: [], warnings: [] });

/** @param {Row} row */
export function forgetCheck(row) {
  row.problems = [];
  row.warnings = [];
}

/** Whether a row becomes no job: the API skips such rows, too. @param {Row} row */
export const isEmpty = (row) => !row.cells.some((cell) => cell?.trim());

export class RowTable {
  /** @type {Column[]} */
  columns = [];
  /** @type {Row[]} */
  rows = [aRow()];
  /** @type {any[]} of the template, as the API returns them */
  #fields = [];
  #page = 0;

  /**
   * @param {object} on
   * @param {() => void} on.change
   * @param {() => void} on.map called when a column was mapped to another field
   * @param {(row: Row, number: number) => void} on.preview
   * @param {(text: string, row: number, column: number) => void} on.paste cells of a spreadsheet
   */
  constructor(on) {
    this.on = on;
    this.head = h("thead");
    this.body = h("tbody");
    this.pages = h("div", { class: "pages" });
    this.scroller = h(
      "div",
      { class: "scroller", role: "group", "aria-label": "Table of the rows", tabindex: 0 },
      h("table", { class: "rows" }, h("caption", { class: "unseen" }, "One job per row"), this.head, this.body),
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

  /** Show the fields of another template. Cells in columns that it has, too, are preserved. @param {any[]} fields */
  setFields(fields) {
    const columns = columnsOf(fields);
    const places = columns.map(({ means }) => this.columns.findIndex((column) => column.means === means));
    this.rows = this.rows.map((row) => aRow(places.map((at) => row.cells[at] ?? "")));
    this.#fields = fields;
    this.columns = columns;
    this.#render();
    this.on.change();
  }

  /** Show the rows of a draft. @param {Column[]} columns @param {Row[]} rows */
  restore(columns, rows) {
    this.columns = columns;
    this.load(rows);
  }

  /** Show a table that the API has read; its own columns come first.
   * @param {any[]} columns @param {{cells: string[]}[]} rows as a dry run returns them */
  loadTable(columns, rows) {
    this.columns = columnsOfFile(columns, this.#fields);
    this.#addUnused();
    this.load(rows.map(({ cells }) => aRow(cells)));
  }

  /** Add the fields that no column is mapped to, so that they can be typed. */
  #addUnused() {
    const used = new Set(this.columns.map((column) => column.means));
    this.columns = [...this.columns, ...columnsOf(this.#fields).filter(({ means }) => !used.has(means))];
  }

  /** Map a column of the file to another field. A column that was mapped to it before is no longer used.
   * @param {number} at @param {Column | undefined} choice */
  #map(at, choice) {
    const column = this.columns[at];
    const { name } = column;
    const twin = this.columns.findIndex((each) => each !== column && choice !== undefined && each.means === choice.means);
    if (twin >= 0) this.#unuse(twin);
    const place = this.columns.indexOf(column);
    this.columns[place] = { name, isFromFile: true, means: choice?.means ?? "", kind: choice?.kind ?? "", example: choice?.example, isColour: choice?.isColour };
    this.#addUnused();
    for (const row of this.rows) forgetCheck(row);
    this.#render();
    this.head.querySelectorAll("select")[place]?.focus();
    announce(choice ? `${name} fills ${labelOf(choice)}` : `${name} is not used`);
    this.on.map();
  }

  /** @param {number} at */
  #unuse(at) {
    const { name, isFromFile } = this.columns[at];
    if (isFromFile) {
      this.columns[at] = { name, isFromFile, means: "", kind: "" };
      return;
    }
    this.columns.splice(at, 1);
    for (const row of this.rows) row.cells.splice(at, 1);
  }

  /** @param {Row[]} rows */
  load(rows) {
    this.rows = rows.length ? rows : [aRow()];
    this.#page = 0;
    this.#render();
    this.on.change();
  }

  /** Show the problems that a check has found. */
  showProblems() {
    const first = this.rows.findIndex((row) => row.problems.length > 0);
    if (first >= 0) this.#page = Math.floor(first / PAGE_SIZE);
    this.#render();
    /** @type {HTMLElement | null} */ (this.body.querySelector("[aria-invalid]"))?.focus();
  }

  /** Show warnings that came later, unless somebody is typing. */
  showWarnings() {
    if (!this.body.contains(document.activeElement)) this.#render();
  }

  #render() {
    const names = this.columns.map((column, at) => h("th", { scope: "col" }, this.#heading(column, at)));
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

  /** A row, with its problems below it. @param {Row} row @param {number} at */
  #lines(row, at) {
    const number = at + 1;
    const cells = this.columns.map((_, place) => h("td", {}, this.#cell(row, at, place)));
    const line = h(
      "tr",
      { class: row.problems.length > 0 && "bad" },
      h("th", { scope: "row" }, String(number)),
      cells,
      h(
        "td",
        { class: "row-actions" },
        h("button", { type: "button", class: "quiet", "aria-label": `Preview row ${number}`, onclick: () => this.on.preview(row, number) }, "Preview"),
        h("button", { type: "button", class: "quiet", "aria-label": `Remove row ${number}`, onclick: () => this.#remove(at) }, "✕"),
      ),
    );
    const texts = [...row.problems.map((problem) => problem.text), ...row.warnings].map((text) => h("p", {}, text));
    if (texts.length === 0) return [line];
    const kind = row.problems.length > 0 ? "row-problems" : "row-warnings";
    return [line, h("tr", { class: kind }, h("td", { colspan: this.columns.length + 2, id: `problem-${at}` }, texts))];
  }

  /** The name of a column, and for a file's column a menu of the fields that it can fill.
   * @param {Column} column @param {number} at */
  #heading(column, at) {
    if (!column.isFromFile) return [labelOf(column), " ", h("span", { class: "kind" }, column.kind)];
    const fields = choicesOf(this.#fields);
    const choices = fields.some(({ means }) => means === column.means) || !column.means ? fields : [column, ...fields];
    const select = h(
      "select",
      { "aria-label": `Field for ${column.name}`, title: column.reason, onchange: () => this.#map(at, choices[select.selectedIndex - 1]) },
      h("option", {}, "Not used"),
      choices.map((choice) => h("option", {}, `${labelOf(choice)} (${choice.kind})`)),
    );
    select.selectedIndex = choices.findIndex(({ means }) => means === column.means) + 1;
    return [h("span", { class: "file-name" }, column.name), select];
  }

  /** @param {Row} row @param {number} at @param {number} place of the column */
  #cell(row, at, place) {
    const input = this.#input(row, at, place);
    const column = this.columns[place];
    if (!column.isColour) return input;
    const colour = h("input", {
      type: "color",
      "aria-label": `Choose ${labelOf(column)}, row ${at + 1}`,
      oninput: (/** @type {Event} */ event) => {
        event.stopPropagation();
        input.value = colour.value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      },
    });
    colour.value = [input.value, column.example].find((text) => COLOUR.test(text ?? "")) ?? "#000000";
    return h("span", { class: "with-colour" }, colour, input);
  }

  /** @param {Row} row @param {number} at @param {number} place of the column */
  #input(row, at, place) {
    const column = this.columns[place];
    const isBad = row.problems.some((problem) => problem.column === column);
    const input = h("input", {
      type: "text",
      "aria-label": `${labelOf(column)}, row ${at + 1}`,
      "aria-invalid": isBad && "true",
      "aria-describedby": row.problems.length + row.warnings.length > 0 && `problem-${at}`,
      placeholder: placeholder(column),
      spellcheck: column.kind === "text" ? null : "false",
      "data-row": at,
      "data-column": place,
    });
    input.value = row.cells[place] ?? "";
    return input;
  }

  #add() {
    this.rows.push(aRow());
    this.#page = Math.floor((this.rows.length - 1) / PAGE_SIZE);
    this.#render();
    this.#focus(this.rows.length - 1, 0);
    this.on.change();
  }

  /** @param {number} at */
  #remove(at) {
    this.rows.splice(at, 1);
    if (this.rows.length === 0) this.rows = [aRow()];
    this.#render();
    this.#focus(Math.min(at, this.rows.length - 1), 0);
    announce(`Row ${at + 1} removed`);
    this.on.change();
  }

  /** @param {number} at @param {number} column */
  #focus(at, column) {
    this.body.querySelector(`input[data-row="${at}"][data-column="${column}"]`)?.focus();
  }

  /** @param {Event} event */
  #typed(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const row = this.rows[Number(input.dataset.row)];
    row.cells[Number(input.dataset.column)] = input.value;
    input.removeAttribute("aria-invalid");
    this.on.change();
  }

  /** Enter goes down, as in a spreadsheet. @param {KeyboardEvent} event */
  #key(event) {
    const input = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "Enter" || input.dataset.row === undefined || event.isComposing) return;
    event.preventDefault();
    const below = Number(input.dataset.row) + 1;
    if (below === this.rows.length) this.#add();
    else if (below % PAGE_SIZE === 0) this.#turn(1);
    this.#focus(below, Number(input.dataset.column));
  }

  /** Several cells at once are passed on; a single one is left to the browser. @param {ClipboardEvent} event */
  #paste(event) {
    const input = /** @type {HTMLElement} */ (event.target);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (input.dataset.row === undefined || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    this.on.paste(text, Number(input.dataset.row), Number(input.dataset.column));
  }

  /** Fill in cells, starting at the given row and column. @param {string[][]} lines @param {number} from @param {number} column */
  write(lines, from, column) {
    lines.forEach((line, at) => {
      const row = (this.rows[from + at] ??= aRow());
      line.slice(0, this.columns.length - column).forEach((cell, step) => {
        row.cells[column + step] = cell;
      });
      forgetCheck(row);
    });
    this.#render();
    this.#focus(from, column);
    this.on.change();
  }
}

/** @param {Column} column */
function placeholder(column) {
  if (column.kind === "text" || column.isColour) return column.example?.replaceAll(/\s+/g, " ");
  if (column.kind === "job") return JOB_EXAMPLES[column.means];
  return ["", "data"].includes(column.kind) ? "" : "https://… or photo.png";
}
