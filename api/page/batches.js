/** The list of batches, newest first, which refreshes itself. */

import { repeat } from "./connection.js";
import { countsBar, words } from "./countsbar.js";
import { fill, h, setText } from "./dom.js";
import { count } from "./format.js";
import { ageOf, pill, problemPlace } from "./widgets.js";

const PAGE_SIZE = 25;
const BUSY_INTERVAL = 2000; // milliseconds between looks while a batch is under way
const IDLE_INTERVAL = 4000;

/** @type {import("./app.js").PageMaker} */
export function batchesPage(client, _parts, query, signal) {
  const cursor = query.get("cursor");
  const place = problemPlace();
  const body = h("tbody", { role: "rowgroup" });
  const table = h(
    "table",
    { class: "batches", role: "table" }, // as a phone's layout of cards would take the roles away
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

  /** @param {any} list */
  function show(list) {
    content.removeAttribute("aria-busy");
    if (list.batches.length === 0) {
      fill(content, emptyList(Boolean(cursor)));
      return;
    }
    /** @type {HTMLElement[]} */
    const shown = list.batches.map((/** @type {any} */ batch) => {
      const row = rows.get(batch.batchId) ?? batchRow(batch);
      rows.set(batch.batchId, row);
      row.update(batch);
      return row.element;
    });
    if (shown.length !== body.children.length || shown.some((row, at) => row !== body.children[at])) {
      body.replaceChildren(...shown);
    }
    if (table.parentNode !== content) fill(content, table);
    showPages(list.nextCursor);
  }

  /** @param {string | undefined} nextCursor */
  function showPages(nextCursor) {
    if (pages.dataset.next === (nextCursor ?? "")) return;
    pages.dataset.next = nextCursor ?? "";
    fill(
      pages,
      cursor && h("a", { class: "button", href: "#/batches" }, "Newest"),
      nextCursor && h("a", { class: "button", href: `#/batches?cursor=${nextCursor}` }, "Older"),
    );
  }

  repeat(async () => {
    try {
      const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const list = await client.json(`batches?limit=${PAGE_SIZE}${after}`, { signal });
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
      h("h1", {}, "Batches"),
      h("a", { class: "button primary", href: "#/new" }, "New batch"),
    ),
    place.element,
    content,
    pages,
  );
  return { title: "Batches", element };
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
    h("th", { scope: "row", role: "rowheader" }, h("a", { class: "id", href: `#/batches/${id}` }, id)),
    status,
    h("td", { role: "cell", class: "progress" }, bar.element, line),
    jobs,
    h("td", { role: "cell", class: "age" }, ageOf(batch.createdAt)),
  );
  /** @param {any} now */
  function update(now) {
    if (status.dataset.status !== now.status) {
      status.dataset.status = now.status;
      fill(status, batchPill(now.status));
    }
    bar.update(now.stats);
    setText(line, now.stats.total ? words(now.stats) : "every job was rejected");
    setText(jobs, count(now.stats.total));
  }
  return { element, update };
}

/** @param {string} status of a batch */
export function batchPill(status) {
  if (status === "processing") return pill("rendering", "Processing");
  return status === "finished" ? pill("finished", "Finished") : pill("failed", "Error");
}

/** @param {boolean} isLater */
function emptyList(isLater) {
  if (isLater) return h("p", { class: "empty" }, "There are no older batches.");
  return h(
    "div",
    { class: "empty card" },
    h("h2", {}, "No batches yet"),
    h("p", {}, "A batch renders up to 1,000 films or pictures from one template."),
    h("a", { class: "button primary", href: "#/new" }, "Make the first one"),
  );
}
