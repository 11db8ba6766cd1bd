/**
 * A grid of up to 1,000 cells, one per job. A changed job only touches its own cell; rows are laid
 * out again only if the width, the filter or the view changes.
 */

import { h } from "./dom.js";
import { hasThumbnail, thumbnail } from "./preview.js";
import { STATES } from "./states.js";

const GAP = 3; // pixels, as in the style sheet
const CELL = { states: 22, large: 34, pictures: 168 }; // widths in pixels
const FEW = 120; // up to this many jobs get large cells

/** @typedef {import("./jobs.js").BatchJob} BatchJob */

/** The text that screen readers read for a cell. @param {BatchJob} job */
export function labelOf(job) {
  const tags = job.result?.tags ?? [];
  const missing = job.missingGlyphs?.length && `no font has ${job.missingGlyphs.join(" ")}`;
  return [`Job ${job.number}`, job.name, STATES[job.state].toLowerCase(), job.errorCode, missing, ...tags]
    .filter(Boolean)
    .join(", ");
}

export class JobGrid {
  /** @type {Map<number, HTMLElement>} by the jobs' indexes */
  #cells = new Map();
  /** @type {number[]} the indexes of what is shown, in order */
  #shown = [];
  #columns = 1;
  #current = -1; // the index of the job that Tab reaches
  #arePictures = false;
  #outputs = 1; // per row

  /** @param {(index: number) => BatchJob | undefined} jobOf
   * @param {(index: number) => void} onOpen @param {(job: BatchJob | null) => void} onHint
   * @param {AbortSignal} signal */
  constructor(jobOf, onOpen, onHint, signal) {
    this.jobOf = jobOf;
    this.onOpen = onOpen;
    this.onHint = onHint;
    this.element = h("div", { class: "grid", role: "grid", "aria-label": "Jobs", "aria-readonly": "true" });
    this.element.addEventListener("click", (/** @type {Event} */ event) => this.#click(event));
    this.element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    this.element.addEventListener("focusin", (/** @type {Event} */ event) => this.#hint(event));
    this.element.addEventListener("pointerover", (/** @type {Event} */ event) => this.#hint(event));
    this.visible = new IntersectionObserver((seen) => this.#loadThumbnails(seen), { rootMargin: "200px" });
    const resizing = new ResizeObserver(() => this.#fit());
    resizing.observe(this.element);
    signal.addEventListener("abort", () => {
      resizing.disconnect();
      this.visible.disconnect();
    });
  }

  get shown() {
    return this.#shown;
  }

  /** Show these jobs and no others. @param {BatchJob[]} jobs */
  show(jobs) {
    this.#shown = jobs.map((job) => job.index);
    this.#outputs = 1 + Math.max(0, ...jobs.map((job) => job.output ?? 0));
    for (const job of jobs) if (!this.#cells.has(job.index)) this.#cells.set(job.index, newCell(job));
    if (!this.#shown.includes(this.#current)) this.#current = this.#shown[0] ?? -1;
    this.#measure();
    this.#layOut();
  }

  /** Show a job that has changed. @param {BatchJob} job */
  update(job) {
    const cell = this.#cells.get(job.index);
    if (!cell) return;
    paint(cell, job);
    if (!this.#arePictures || cell.firstChild) return;
    this.visible.unobserve(cell); // otherwise it would not report the cell a second time
    this.visible.observe(cell);
  }

  /** Show the outputs in the cells, or not. @param {boolean} arePictures */
  showPictures(arePictures) {
    this.#arePictures = arePictures;
    this.element.classList.toggle("pictures", arePictures);
    this.visible.disconnect();
    for (const cell of this.#cells.values()) {
      if (arePictures) this.visible.observe(cell);
      else cell.replaceChildren();
    }
    this.#measure();
    this.#layOut();
  }

  /** @param {number} index */
  focus(index) {
    const cell = this.#cells.get(index);
    if (!cell) return;
    this.#cells.get(this.#current)?.setAttribute("tabindex", "-1");
    this.#current = index;
    cell.setAttribute("tabindex", "0");
    cell.focus();
  }

  #cellWidth() {
    if (this.#arePictures) return CELL.pictures;
    return this.#cells.size <= FEW ? CELL.large : CELL.states;
  }

  #measure() {
    const cell = this.#cellWidth();
    const width = this.element.clientWidth;
    const fitting = Math.max(this.#arePictures ? 2 : 1, Math.floor((width + GAP) / (cell + GAP)));
    // the outputs of a row stay side by side if they fit
    this.#columns = fitting < this.#outputs ? fitting : fitting - (fitting % this.#outputs);
    const track = this.#arePictures ? "minmax(0, 1fr)" : `${cell}px`;
    this.element.style.gridTemplateColumns = `repeat(${this.#columns}, ${track})`;
    this.element.style.setProperty("--cell", `${cell}px`);
  }

  #fit() {
    const before = this.#columns;
    this.#measure();
    if (this.#columns !== before) this.#layOut();
  }

  #layOut() {
    const focused = this.element.contains(document.activeElement);
    const rows = [];
    for (let start = 0; start < this.#shown.length; start += this.#columns) {
      const indexes = this.#shown.slice(start, start + this.#columns);
      const cells = indexes.map((index) => /** @type {HTMLElement} */ (this.#cells.get(index)));
      rows.push(h("div", { class: "row", role: "row" }, cells));
    }
    this.element.replaceChildren(...rows);
    for (const [index, cell] of this.#cells) cell.tabIndex = index === this.#current ? 0 : -1;
    if (focused) this.focus(this.#current);
  }

  /** @param {Event} event @returns {number | null} the index of the job whose cell the event is about */
  #indexOf(event) {
    const cell = /** @type {Element} */ (event.target).closest(".cell");
    return cell ? Number(/** @type {HTMLElement} */ (cell).dataset.index) : null;
  }

  /** @param {Event} event */
  #click(event) {
    const index = this.#indexOf(event);
    if (index === null) return;
    this.focus(index);
    this.onOpen(index);
  }

  /** @param {Event} event */
  #hint(event) {
    const index = this.#indexOf(event);
    this.onHint(index === null ? null : (this.jobOf(index) ?? null));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const index = this.#indexOf(event);
    if (index === null || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.onOpen(index);
      return;
    }
    const to = this.#target(event, this.#shown.indexOf(index));
    if (to === null) return;
    event.preventDefault();
    this.focus(this.#shown[Math.max(0, Math.min(this.#shown.length - 1, to))]);
  }

  /** The position that a key leads to, as in the ARIA practices for grids.
   * @param {KeyboardEvent} event @param {number} at @returns {number | null} */
  #target(event, at) {
    const columns = this.#columns;
    const inRow = at % columns;
    switch (event.key) {
      case "ArrowLeft":
        return at - 1;
      case "ArrowRight":
        return at + 1;
      case "ArrowUp":
        return at - columns < 0 ? at : at - columns;
      case "ArrowDown":
        return at + columns >= this.#shown.length ? at : at + columns;
      case "PageUp":
        return Math.max(inRow, at - 5 * columns);
      case "PageDown":
        return at + 5 * columns;
      case "Home":
        return event.ctrlKey ? 0 : at - inRow;
      case "End":
        return event.ctrlKey ? this.#shown.length - 1 : at - inRow + columns - 1;
      default:
        return null;
    }
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #loadThumbnails(seen) {
    for (const { target, isIntersecting } of seen) {
      const job = this.jobOf(Number(/** @type {HTMLElement} */ (target).dataset.index));
      if (!isIntersecting || !job || !hasThumbnail(job)) continue;
      this.visible.unobserve(target);
      if (!target.firstChild) target.append(thumbnail(job));
    }
  }
}

/** @param {BatchJob} job */
function newCell(job) {
  const cell = h("div", { class: "cell", role: "gridcell", tabindex: -1, "data-index": job.index });
  paint(cell, job);
  return cell;
}

/** @param {HTMLElement} cell @param {BatchJob} job */
function paint(cell, job) {
  cell.dataset.state = job.state;
  cell.dataset.caption = job.name ? `${job.number} ${job.name}` : String(job.number);
  cell.setAttribute("aria-label", labelOf(job));
}
