/** The page for a new batch: a template, its output, and a row for each job. */

import { ApiError } from "./client.js";
import { sentNames } from "./columns.js";
import { announce, fill, h, setText } from "./dom.js";
import { count, duration, plural } from "./format.js";
import { FirstRows, MAX_PREVIEWS } from "./firstrows.js";
import { LocalFiles, chosen, dropped, tableAmong } from "./localfiles.js";
import { fileNames, outputFields } from "./output.js";
import { furtherOutputs } from "./outputs.js";
import { RowPreview } from "./rowpreview.js";
import { RowTable, isEmpty } from "./rowtable.js";
import { addressOf } from "./batchactions.js";
import { Submission, noteProblems, requestOf, sentRows } from "./submission.js";
import { dryRunOfAll, rowsPerPart, tableOfClipboard, tableOfFile } from "./tables.js";
import { acceptDrops, checkedField, field, fileDrop, problem, problemPlace, warningBox, workButton } from "./widgets.js";

const MAX_COMPOSITIONS = 1000; // in one response
const MISSING_SHOWN = 10;

/** @typedef {import("./localfiles.js").LocalFile} LocalFile */

/** The rows and settings of a batch that is not started yet. A draft stays until it is started, the tab is closed or somebody else signs in.
 * @type {WeakMap<import("./client.js").Client, ReturnType<NewBatchView["draft"]>>} */
const drafts = new WeakMap();

/** @type {import("./app.js").PageMaker} */
export function newBatchPage(client, _parts, query, signal) {
  const view = new NewBatchView(client, signal);
  const draft = drafts.get(client);
  drafts.delete(client);
  view.start(query.get("template"), draft);
  signal.addEventListener("abort", () => {
    if (view.isWorthKeeping) drafts.set(client, view.draft());
    else if (!view.isReady && draft) drafts.set(client, draft);
  });
  return { title: "New batch", element: view.element };
}

class NewBatchView {
  /** @type {any[]} */
  compositions = [];
  /** @type {any[]} */
  templates = [];

  /** @param {import("./client.js").Client} client @param {AbortSignal} signal */
  constructor(client, signal) {
    this.client = client;
    this.signal = signal;
    this.submission = new Submission(client);
    this.files = new LocalFiles(client, (words) => setText(this.summary, words));
    this.place = problemPlace();
    this.template = h("select", { name: "template", onchange: () => this.#chooseTemplate() });
    this.warnings = h("div", { class: "all-of-template" });
    this.composition = h("select", { name: "composition", onchange: () => this.#chooseComposition() });
    this.output = outputFields(() => this.#changed());
    this.fits = h("input", { type: "checkbox", name: "autofit", onchange: () => this.#changed() });
    this.fitsField = h("label", { class: "check" }, this.fits, "Shrink texts that do not fit");
    this.name = h("input", { type: "text", maxlength: 200, autocomplete: "off" });
    this.nameField = checkedField("Batch name", this.name, "Optional. You can find the batch by it in the list.");
    this.fileNames = fileNames(() => this.#changed());
    this.table = new RowTable({
      change: () => this.#changed(),
      map: () => this.#mapped(),
      preview: (row, number) => this.preview.show(requestOf(this.#query(), [row], this.table.columns, this.files), number),
      paste: (text, row, column) => this.#paste(text, row, column),
    });
    this.preview = new RowPreview(client, signal);
    this.firstRows = new FirstRows(client, signal);
    this.showFirst = workButton(`Preview the first ${MAX_PREVIEWS} rows`, {}, () => this.#previewFirst(), this.place);
    this.outputs = furtherOutputs(() => this.#changed());
    this.note = h("div", { class: "of-file" });
    this.missing = h("div", { class: "of-file" });
    this.summary = h("p", { class: "summary", role: "status" });
    this.check = workButton("Check rows", {}, async () => void (await this.#check()), this.place);
    this.startButton = workButton("Start", { class: "primary" }, () => this.#start(), this.place);
    this.startRest = workButton("Start without them", { hidden: true }, () => this.#send(this.#request()), this.place);
    this.example = workButton("Download example CSV", { class: "quiet" }, () => this.#downloadExample(), this.place);
    const drop = fileDrop(
      "Drop a CSV or Excel file here, or choose it, together with the pictures, videos and sounds that it names or their folder. Its first row names the layers.",
      ".csv,.tsv,.txt,.xlsx,.xlsm,text/csv,image/*,video/*,audio/*",
      (files) => this.#receive(chosen(files)),
      true,
    );
    const rows = h("section", { class: "card", "aria-labelledby": "rows-title" }, h("h2", { id: "rows-title" }, "Rows"), drop.element, this.example, this.note, this.missing, this.table.element, this.showFirst);
    acceptDrops(rows, (_, transfer) => this.#receive(dropped(transfer)));
    this.form = h(
      "div",
      { class: "new-batch", hidden: true },
      h(
        "div",
        { class: "form" },
        h("section", { class: "card fields", "aria-label": "Template and output" }, field("Template", this.template), field("Composition", this.composition), this.output.elements, this.fitsField, this.outputs.ownField, this.nameField.element, this.fileNames.element, this.outputs.element, this.warnings),
        rows,
        this.firstRows.element,
      ),
      this.preview.element,
    );
    this.bar = h("div", { class: "controls", hidden: true }, this.summary, h("div", { class: "actions" }, this.check, this.startRest, this.startButton));
    this.element = h("div", { class: "view" }, h("div", { class: "headline" }, h("h1", {}, "New batch")), this.form, h("div", { class: "submit-bar" }, this.place.element, this.bar));
  }

  isReady = false;
  isStarted = false;

  get isWorthKeeping() {
    const isTyped = !this.table.rows.every(isEmpty) || this.name.value || this.fileNames.pattern();
    return this.isReady && !this.isStarted && Boolean(isTyped);
  }

  draft() {
    const { columns, rows } = this.table;
    return { query: this.#query(), names: this.#names(), columns, rows, files: this.files.all };
  }

  /** @param {string | null} requested the id of a template @param {ReturnType<NewBatchView["draft"]>} [draft] */
  async start(requested, draft) {
    try {
      const all = await this.client.json("templates", { signal: this.signal });
      const ready = all.filter((/** @type {any} */ template) => template.status === "uploaded").reverse();
      if (ready.length === 0) {
        fill(this.element, h("h1", {}, "New batch"), noTemplates());
        return;
      }
      this.templates = ready;
      fill(this.template, ready.map((/** @type {any} */ each) => h("option", { value: each.id }, each.displayName)));
      const chosen = requested ?? draft?.query.template;
      if (ready.some((/** @type {any} */ each) => each.id === chosen)) this.template.value = chosen;
      await this.#readTemplate();
      if (draft && draft.query.template === this.template.value) await this.#restore(draft);
      this.isReady = true;
      this.form.hidden = this.bar.hidden = false;
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  /** @param {ReturnType<NewBatchView["draft"]>} draft */
  async #restore({ query, names, columns, rows, files }) {
    if (this.composition.value !== query.composition) {
      this.composition.value = query.composition;
      await this.#readFields();
    }
    this.output.restore(query);
    this.outputs.restore(query.outputs);
    this.fits.checked = Boolean(query.autofit);
    this.name.value = names.name ?? "";
    this.fileNames.restore(names.outputName ?? "");
    this.files.add(files);
    this.table.restore(columns, rows);
  }

  async #chooseTemplate() {
    this.place.clear();
    try {
      await this.#readTemplate();
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  async #readTemplate() {
    const id = this.template.value;
    const path = `../v3/templates/${id}/compositions?limit=${MAX_COMPOSITIONS}`;
    const compositions = await this.client.json(path, { signal: this.signal });
    if (this.template.value !== id) return; // another one was chosen meanwhile
    this.compositions = compositions;
    const template = this.templates.find((each) => each.id === id);
    this.fitsField.hidden = template.type === "html"; // an HTML template fits its texts itself
    fill(this.warnings, warningBox(template.warnings));
    this.outputs.offer(compositions);
    fill(this.composition, compositions.map((/** @type {any} */ each) => h("option", { value: each.name }, describe(each))));
    await this.#readFields();
  }

  async #chooseComposition() {
    this.place.clear();
    try {
      await this.#readFields();
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  async #readFields() {
    const chosen = this.compositions.find((each) => each.name === this.composition.value);
    if (!chosen) return;
    const path = this.#fieldsPath();
    const fields = await this.client.json(path, { signal: this.signal });
    if (this.#fieldsPath() !== path) return; // another one was chosen meanwhile
    this.output.suit(chosen.data.frames);
    this.preview.setFrames(chosen.data.frames);
    fill(this.note);
    fill(this.missing);
    this.table.setFields(fields);
  }

  #fieldsPath() {
    return `templates/${this.template.value}/fields?composition=${encodeURIComponent(this.composition.value)}`;
  }

  async #downloadExample() {
    const name = this.template.selectedOptions[0].textContent;
    await this.client.download(`${this.#fieldsPath()}&format=csv`, `${name}.csv`);
  }

  /** The parameters that apply to all rows. */
  #query() {
    const composition = this.composition.value;
    const settings = this.output.settings();
    const fits = this.fits.checked && !this.fitsField.hidden && { autofit: true };
    return { template: this.template.value, composition, ...settings, ...fits, ...this.outputs.query(composition, settings) };
  }

  #names() {
    const names = Object.entries({ name: this.name.value.trim(), outputName: this.fileNames.pattern() });
    return Object.fromEntries(names.filter(([, value]) => value));
  }

  #request() {
    return requestOf({ ...this.#query(), ...this.#names() }, this.table.rows, this.table.columns, this.files);
  }

  #changed() {
    const jobs = sentRows(this.table.rows, this.table.columns).length * this.outputs.number();
    setText(this.startButton, jobs ? `Start ${plural(jobs, "job")}` : "Start");
    setText(this.summary, "");
    this.startRest.hidden = true;
    this.fileNames.offer(sentNames(this.table.columns));
  }

  /** Read a table, files that it names, or both.
   * @param {LocalFile[] | Promise<LocalFile[]>} given a promise while dropped folders are being read */
  async #receive(given) {
    this.place.clear();
    try {
      const files = await given;
      const { table, others } = tableAmong(files);
      this.files.add(others);
      if (table) await this.#readTable(table);
      else if (files.length > 0) await this.#check();
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  /** @param {File} file */
  async #readTable(file) {
    const result = await dryRunOfAll(this.client, { ...tableOfFile(file), files: this.files }, this.#query(), true);
    this.#load(result);
    announce(`${plural(this.table.rows.length, "row")} read from ${file.name}`);
  }

  /** Show a table that the API has read, with its warnings and problems. @param {any} result of a dry run */
  #load(result) {
    this.table.loadTable(result.columns, result.rows ?? []);
    fill(this.note, warningBox(result.warnings, "About the table"));
    if (result.totalJobs === 0) {
      fill(this.note, problem(new Error(result.error)));
      return;
    }
    this.#showCheck(noteProblems(result, this.table.rows, this.table.columns), this.table.rows.length, result.files);
  }

  async #mapped() {
    this.#changed();
    fill(this.note);
    this.place.clear();
    try {
      await this.#check();
    } catch (error) {
      this.place.show(error);
    }
  }

  /** Pasted cells that have a header replace the table; others fill the cells from the given one on.
   * @param {string} text @param {number} row @param {number} column */
  async #paste(text, row, column) {
    this.place.clear();
    try {
      const table = await this.#pastedTable(text);
      if (table) {
        this.#load(table);
      } else {
        const header = this.table.columns.slice(column).map(({ means }, at) => means || `column ${at}`);
        const result = await dryRunOfAll(this.client, tableOfClipboard(text, header), this.#query(), true);
        this.table.write(result.rows.map((/** @type {any} */ each) => each.cells), row, column);
      }
      announce(`${plural(text.trimEnd().split("\n").length, "line")} pasted`);
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  /** The dry run of pasted cells whose first line names columns, or null if it doesn't. @param {string} text */
  async #pastedTable(text) {
    if (!text.trim().includes("\n")) return null;
    const result = await dryRunOfAll(this.client, tableOfClipboard(text), this.#query(), true).catch(() => null);
    return result?.columns.every((/** @type {any} */ each) => each.means) ? result : null;
  }

  /** Returns whether all rows can be rendered. */
  async #check() {
    const request = this.#request();
    if (request.sent.length === 0) {
      setText(this.summary, "Fill in at least one row.");
      return false;
    }
    setText(this.summary, "Checking …");
    for (const place of [this.nameField, this.fileNames]) place.setProblem("");
    const bad = await this.submission.check(request, this.table.columns).catch((error) => {
      setText(this.summary, "");
      if (!this.#showAtField(error)) throw error;
    });
    if (bad === undefined) return false;
    this.#showCheck(bad, request.sent.length, this.submission.missing);
    return bad === 0;
  }

  /** Show an error at the name that it is about. Returns whether there is one. @param {unknown} error */
  #showAtField(error) {
    const detail = error instanceof ApiError ? error.details[0] : null;
    const place = detail?.field === "name" ? this.nameField : detail?.field === "outputName" ? this.fileNames : null;
    place?.setProblem(detail.message);
    return place !== null;
  }

  /** @param {number} bad @param {number} all @param {{path: string}[]} [missing] files */
  #showCheck(bad, all, missing) {
    const good = all - bad;
    const parts = Math.ceil(all / rowsPerPart(this.#query()));
    fill(this.missing, missingNote(missing));
    this.table.showProblems();
    setText(this.summary, `${outcome(bad, good)}${parts > 1 ? ` They become ${count(parts)} batches, which are shown as one.` : ""}`);
    this.startRest.hidden = bad === 0 || good === 0;
    setText(this.startRest, `Start the other ${count(good)}`);
  }

  /** The check uploads the files that the rows name, and marks the rows that cannot be rendered. */
  async #previewFirst() {
    await this.#check();
    const { columns, rows } = this.table;
    const first = sentRows(rows, columns).slice(0, MAX_PREVIEWS);
    if (first.length === 0) return;
    const request = requestOf({ ...this.#query(), ...this.#names() }, first, columns, this.files);
    await this.firstRows.show(request, () => this.table.showWarnings());
  }

  async #start() {
    const request = this.#request();
    if (await this.#check()) await this.#send(request);
  }

  /** @param {import("./submission.js").Request} request */
  async #send(request) {
    const ids = await this.submission.start(request, (done, all) => setText(this.summary, `Sending part ${done + 1} of ${all} …`));
    this.isStarted = true;
    if (!this.signal.aborted) location.hash = addressOf(ids);
  }
}

/** @param {number} bad @param {number} good numbers of rows */
function outcome(bad, good) {
  if (bad) return `${count(bad)} of ${plural(bad + good, "row")} cannot be rendered.`;
  return good === 1 ? "The row can be rendered." : `All ${count(good)} rows can be rendered.`;
}

/** @param {{path: string}[]} [missing] that the table names */
function missingNote(missing = []) {
  if (missing.length === 0) return null;
  const more = missing.length > MISSING_SHOWN ? ` and ${count(missing.length - MISSING_SHOWN)} more` : "";
  const names = missing.slice(0, MISSING_SHOWN).map(({ path }) => path);
  return h("p", { class: "missing-files" }, `Drop these files here too: ${names.join(", ")}${more}`);
}

/** @param {any} composition */
function describe({ name, width, height, duration: seconds, data }) {
  const length = data.frames === 1 ? "a still" : duration(seconds);
  return `${name} (${width} × ${height}, ${length})`;
}

function noTemplates() {
  return h(
    "div",
    { class: "empty card" },
    h("h2", {}, "No templates yet"),
    h("p", {}, "A batch needs a template, such as a Lottie file, or a zip file that contains one with its pictures and fonts."),
    h("a", { class: "button primary", href: "#/templates" }, "Upload a template"),
  );
}
