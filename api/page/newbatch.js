/** A new batch: a template, its output, and a row for each job. */

import { columnsOf, jobOf } from "./columns.js";
import { announce, fill, h, setText } from "./dom.js";
import { count, duration, plural } from "./format.js";
import { outputFields } from "./output.js";
import { RowPreview } from "./rowpreview.js";
import { MOST_ROWS, RowTable } from "./rowtable.js";
import { Submission, requestOf } from "./submission.js";
import { parseTable, readText } from "./table.js";
import { field, fileDrop, problemPlace, takeDrops, warningBox, workButton } from "./widgets.js";

const MOST_LAYERS = 1000; // in one answer

/** @type {import("./app.js").PageMaker} */
export function newBatchPage(client, _parts, query, signal) {
  const view = new NewBatchView(client, signal);
  view.start(query.get("template"));
  return { title: "New batch", element: view.element };
}

class NewBatchView {
  /** @type {any[]} */
  compositions = [];
  /** @type {any[]} */
  layers = [];
  /** @type {any[]} */
  templates = [];

  /** @param {import("./client.js").Client} client @param {AbortSignal} signal */
  constructor(client, signal) {
    this.client = client;
    this.signal = signal;
    this.submission = new Submission(client);
    this.place = problemPlace();
    this.template = h("select", { name: "template", onchange: () => this.#chooseTemplate() });
    this.warnings = h("div", { class: "all-of-template" });
    this.composition = h("select", { name: "composition", onchange: () => this.#chooseComposition() });
    this.output = outputFields(() => this.#changed());
    this.table = new RowTable(
      () => this.#changed(),
      (row, number) => this.preview.show(this.#chosen(), jobOf(row.cells, this.table.columns).job, number),
    );
    this.preview = new RowPreview(client, signal);
    this.note = h("p", { class: "notice", hidden: true });
    this.summary = h("p", { class: "summary", role: "status" });
    this.check = workButton("Check rows", {}, async () => void (await this.#check()), this.place);
    this.startButton = workButton("Start", { class: "primary" }, () => this.#start(), this.place);
    this.startRest = workButton("Start without them", { hidden: true }, () => this.#send(this.#request()), this.place);
    const drop = fileDrop("Drop a CSV file here, or choose one; its first line names the layers", ".csv,.tsv,.txt,text/csv", ([file]) => this.#readFile(file));
    const rows = h("section", { class: "card", "aria-labelledby": "rows-title" }, h("h2", { id: "rows-title" }, "Rows"), drop.element, this.note, this.table.element);
    takeDrops(rows, ([file]) => this.#readFile(file));
    this.form = h(
      "div",
      { class: "new-batch", hidden: true },
      h(
        "div",
        { class: "form" },
        h("section", { class: "card fields", "aria-label": "Template and output" }, field("Template", this.template), field("Composition", this.composition), this.output.elements, this.warnings),
        rows,
      ),
      this.preview.element,
    );
    this.bar = h("div", { class: "submit-bar", hidden: true }, this.summary, h("div", { class: "actions" }, this.check, this.startRest, this.startButton));
    this.element = h("div", { class: "view" }, h("div", { class: "headline" }, h("h1", {}, "New batch")), this.form, this.place.element, this.bar);
  }

  /** @param {string | null} wanted the id of a template */
  async start(wanted) {
    try {
      const all = await this.client.json("templates", { signal: this.signal });
      const ready = all.filter((/** @type {any} */ template) => template.status === "uploaded").reverse();
      if (ready.length === 0) {
        fill(this.element, h("h1", {}, "New batch"), noTemplates());
        return;
      }
      this.templates = ready;
      fill(this.template, ready.map((/** @type {any} */ each) => h("option", { value: each.id }, each.displayName)));
      if (ready.some((/** @type {any} */ each) => each.id === wanted)) this.template.value = wanted;
      await this.#readTemplate();
      this.form.hidden = this.bar.hidden = false;
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
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
    const [compositions, layers] = await Promise.all([
      this.client.json(`../v3/templates/${id}/compositions?limit=${MOST_LAYERS}`, { signal: this.signal }),
      this.#readLayers(id),
    ]);
    if (this.template.value !== id) return; // another was chosen meanwhile
    this.compositions = compositions;
    this.layers = layers;
    fill(this.warnings, warningBox(this.templates.find((each) => each.id === id)?.warnings));
    fill(this.composition, compositions.map((/** @type {any} */ each) => h("option", { value: each.name }, describe(each))));
    this.#chooseComposition();
  }

  /** @param {string} id */
  async #readLayers(id) {
    const all = [];
    for (;;) {
      const path = `../v3/templates/${id}/layers?limit=${MOST_LAYERS}&offset=${all.length}`;
      const some = await this.client.json(path, { signal: this.signal });
      all.push(...some);
      if (some.length < MOST_LAYERS) return all;
    }
  }

  #chooseComposition() {
    const chosen = this.compositions.find((each) => each.name === this.composition.value);
    if (!chosen) return;
    this.output.suit(chosen.data.frames);
    this.preview.setFrames(chosen.data.frames);
    this.table.setColumns(columnsOf(this.layers, Number(chosen.aeid)));
  }

  #chosen() {
    return { id: this.template.value, composition: this.composition.value };
  }

  #request() {
    return requestOf(this.#chosen(), this.output.settings(), this.table.rows, this.table.columns);
  }

  #changed() {
    const jobs = this.#request().sent.length;
    setText(this.startButton, jobs ? `Start ${plural(jobs, "job")}` : "Start");
    setText(this.summary, jobs > MOST_ROWS ? `A batch has at most ${count(MOST_ROWS)} jobs; these are ${count(jobs)}.` : "");
    this.startRest.hidden = true;
  }

  /** @param {File | undefined} file */
  async #readFile(file) {
    if (!file) return;
    this.place.clear();
    try {
      const table = parseTable(await readText(file));
      if (table.length < 2) throw new Error(`${file.name} has no rows: its first line names the layers, and each other line is a job.`);
      const ignored = this.table.loadTable(table);
      this.note.hidden = ignored.length === 0;
      setText(this.note, `Not used, since this composition has no such layer: ${ignored.join(", ")}.`);
      announce(`${plural(table.length - 1, "row")} read from ${file.name}`);
      await this.#check();
    } catch (error) {
      if (!this.signal.aborted) this.place.show(error);
    }
  }

  /** Returns whether all rows are good. */
  async #check() {
    const request = this.#request();
    if (request.sent.length === 0) {
      setText(this.summary, "Fill in at least one row.");
      return false;
    }
    setText(this.summary, "Checking …");
    const bad = await this.submission.check(request, this.table.columns).catch((error) => {
      setText(this.summary, "");
      throw error;
    });
    this.table.showProblems();
    const good = request.sent.length - bad;
    setText(this.summary, bad ? `${plural(bad, "row")} of ${count(request.sent.length)} cannot be rendered.` : good === 1 ? "The row can be rendered." : `All ${count(good)} rows can be rendered.`);
    this.startRest.hidden = bad === 0 || good === 0;
    setText(this.startRest, `Start the other ${count(good)}`);
    return bad === 0;
  }

  async #start() {
    const request = this.#request();
    if (await this.#check()) await this.#send(request);
  }

  /** @param {import("./submission.js").Request} request */
  async #send(request) {
    const id = await this.submission.start(request);
    if (!this.signal.aborted) location.hash = `#/batches/${id}`;
  }
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
    h("h2", {}, "There is no template yet"),
    h("p", {}, "A batch needs a template: a Lottie file, or a zip file of one with its pictures and fonts."),
    h("a", { class: "button primary", href: "#/templates" }, "Upload a template"),
  );
}
