/** The list of batches, newest first, which refreshes itself. */

import { repeat } from "./connection.js";
import { countsBar, countsText } from "./countsbar.js";
import { announce, fill, h, setText } from "./dom.js";
import { count, plural } from "./format.js";
import { asTables } from "./parts.js";
import { ageOf, field, pill, problemPlace } from "./widgets.js";

const PAGE_SIZE = 25;
const BUSY_INTERVAL = 2000; // milliseconds between refreshes while a batch is running
const IDLE_INTERVAL = 4000;

/** @type {import("./app.js").PageMaker} */
export function batchesPage(client, _parts, query, signal) {
  const cursor = query.get("cursor");
  const name = query.get("name") ?? "";
  const schedule = query.get("schedule") ?? "";
  const search = batchSearch(name, () => {
    if (!latest) return;
    show(latest);
    announce(`${plural(latest.batches.filter(search.matches).length, "batch", "batches")} shown`);
  });
  const place = problemPlace();
  const body = h("tbody", { role: "rowgroup" });
  const table = h(
    "table",
    { class: "batches", role: "table" }, // without roles, the cards on a phone would not count as a table
    h("caption", { class: "unseen" }, "Batches, newest first"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["Batch", "Status", "Progress", "Jobs", "Created"].map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    body,
  );
  const content = h("div", { "aria-busy": "true" }, h("p", { class: "muted" }, "Loading …"));
  const pages = h("nav", { class: "pages", "aria-label": "Pages of the list" });
  /** @type {Map<string, ReturnType<typeof batchRow>>} */
  const rows = new Map();
  /** @type {any} */
  let latest = null;

  /** @param {any} list */
  function show(list) {
    latest = list;
    content.removeAttribute("aria-busy");
    search.element.hidden = !name && !schedule && !cursor && list.batches.length === 0;
    showPages(list.nextCursor);
    const matching = list.batches.filter(search.matches);
    if (matching.length === 0) {
      const empty = list.batches.length ? noneLoaded() : emptyList(name, schedule, Boolean(cursor));
      if (content.textContent !== empty.textContent) fill(content, empty);
      return;
    }
    /** @type {HTMLElement[]} */
    const shown = matching.map((/** @type {any} */ batch) => {
      const row = rows.get(batch.batchId) ?? batchRow(batch);
      rows.set(batch.batchId, row);
      row.update(batch);
      return row.element;
    });
    if (shown.length !== body.children.length || shown.some((row, at) => row !== body.children[at])) {
      body.replaceChildren(...shown);
    }
    if (table.parentNode !== content) fill(content, table);
  }

  /** @param {string | undefined} nextCursor */
  function showPages(nextCursor) {
    if (pages.dataset.next === (nextCursor ?? "")) return;
    pages.dataset.next = nextCursor ?? "";
    fill(
      pages,
      cursor && h("a", { class: "button", href: listAddress({ name, schedule }) }, "Newest"),
      (name || schedule) && h("a", { class: "button", href: listAddress({}) }, "All batches"),
      nextCursor && h("a", { class: "button", href: listAddress({ name, schedule, cursor: nextCursor }) }, "Older"),
    );
  }

  repeat(async () => {
    try {
      const page = new URLSearchParams({ limit: String(PAGE_SIZE), name, schedule, cursor: cursor ?? "" });
      const list = await client.json(`batches?${page}`, { signal });
      list.batches = await asTables(client, list.batches, signal);
      place.clear();
      show(list);
      const isBusy = list.batches.some((/** @type {any} */ batch) => batch.status === "processing");
      return isBusy ? BUSY_INTERVAL : IDLE_INTERVAL;
    } catch (error) {
      if (!signal.aborted) place.show(error);
      return BUSY_INTERVAL;
    }
  }, signal);

  const element = h(
    "div",
    { class: "view" },
    h(
      "div",
      { class: "headline" },
      h("h1", {}, schedule ? "Batches of a schedule" : "Batches"),
      h("a", { class: "button primary", href: "#/new" }, "New batch"),
    ),
    search.element,
    place.element,
    content,
    pages,
  );
  return { title: "Batches", element };
}

/** The address of a page of the list. @param {Record<string, string>} query */
function listAddress(query) {
  const given = Object.entries(query).filter(([, value]) => value);
  return given.length ? `#/batches?${new URLSearchParams(given)}` : "#/batches";
}

/** A field that filters the loaded batches; Enter finds all batches of exactly that name.
 * @param {string} name that was searched for @param {() => void} onChange */
function batchSearch(name, onChange) {
  const input = h("input", { type: "search", maxlength: 200, "data-focus": Boolean(name), oninput: onChange });
  input.value = name;
  const element = h(
    "form",
    { class: "batch-search", role: "search", hidden: !name },
    field("Find batches by name", input, "Press Enter to find all batches with exactly this name."),
  );
  element.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    location.hash = listAddress({ name: input.value.trim() });
  });
  /** @param {any} batch */
  const matches = (batch) => `${batch.name ?? ""} ${batch.batchId}`.toLowerCase().includes(input.value.trim().toLowerCase());
  return { element, matches };
}

/** @param {any} batch */
function batchRow(batch) {
  const id = batch.batchId;
  const status = h("td", { role: "cell" });
  const bar = countsBar(`Progress of batch ${id}`);
  const line = h("span", { class: "muted small" });
  const jobs = h("td", { role: "cell", class: "number" });
  const element = h(
    "tr",
    { role: "row" },
    h("th", { scope: "row", role: "rowheader" }, h("a", { href: `#/batches/${id}` }, batch.name && h("span", { class: "name" }, batch.name, " "), h("span", { class: "id" }, id))),
    status,
    h("td", { role: "cell", class: "progress" }, bar.element, line),
    jobs,
    h("td", { role: "cell", class: "age" }, ageOf(batch.createdAt)),
  );
  /** @param {any} now */
  function update(now) {
    const pill = batchPill(now.stats);
    if (status.textContent !== pill.textContent) fill(status, pill);
    bar.update(now.stats);
    const rejected = now.rejected ? `; ${count(now.rejected)} rejected` : "";
    setText(line, now.stats.total ? countsText(now.stats) + rejected : "every job was rejected");
    setText(jobs, count(now.stats.total));
  }
  return { element, update };
}

/** @param {import("./countsbar.js").Stats} stats of a batch */
export function batchPill({ pending, finished, error, cancelled }) {
  if (pending) return pill("rendering", "Processing");
  if (cancelled && cancelled === error) return pill("cancelled", finished ? "Partly cancelled" : "Cancelled");
  return finished ? pill("finished", "Finished") : pill("failed", "Error");
}

const noneLoaded = () => h("p", { class: "empty" }, "No batch on this page of the list matches. Press Enter to search all batches for exactly this name.");

/** @param {string} name @param {string} schedule @param {boolean} isLater */
function emptyList(name, schedule, isLater) {
  if (schedule && !isLater) return h("p", { class: "empty" }, "The schedule has not created any batches yet.");
  if (name && !isLater) return h("p", { class: "empty" }, `No batch is named “${name}”.`);
  if (isLater) return h("p", { class: "empty" }, "There are no older batches.");
  return h(
    "div",
    { class: "empty card" },
    h("h2", {}, "No batches yet"),
    h("p", {}, "A batch renders up to 1,000 films or pictures from one template."),
    h("a", { class: "button primary", href: "#/new" }, "Create the first one"),
  );
}
