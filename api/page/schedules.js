/** The schedules page. A schedule creates batches from the table at a URL again and again. */

import { repeat } from "./connection.js";
import { announce, fill, h } from "./dom.js";
import { count, exactly, plural } from "./format.js";
import { outputFields } from "./output.js";
import { ageOf, confirm, field, pill, problem, problemPlace, workButton } from "./widgets.js";

const REFRESH_INTERVAL = 3000; // milliseconds between refreshes of the list
const MAX_COMPOSITIONS = 1000; // in one response
/** Common cron expressions in words. @type {Record<string, string>} */
const TIMES = {
  "0 6 * * *": "Every day at 6:00",
  "0 6 * * MON-FRI": "Monday to Friday at 6:00",
  "0 6 * * MON": "Every Monday at 6:00",
  "0 6 1 * *": "On the first of each month at 6:00",
  "@hourly": "Every hour",
};

/** @type {import("./app.js").PageMaker} */
export function schedulesPage(client, _parts, _query, signal) {
  const place = problemPlace(); // for the buttons
  const refreshPlace = problemPlace();
  const list = h("ul", { class: "schedules" });
  const form = scheduleForm(client, refresh, signal);
  /** @type {Map<string, string>} */
  let templates = new Map();

  async function refresh() {
    try {
      const schedules = await client.json("schedules", { signal });
      refreshPlace.clear();
      const text = JSON.stringify(schedules);
      if (list.dataset.shown === text) return; // a button may have the focus
      list.dataset.shown = text;
      const items = schedules.reverse().map((/** @type {any} */ each) => card(each));
      fill(list, items.length ? items : h("li", { class: "empty" }, "No schedules yet."));
    } catch (error) {
      if (!signal.aborted) refreshPlace.show(error);
    }
  }

  /** @param {any} schedule */
  function card(schedule) {
    const { id, name, cron, timeZone, url, paused, running, nextRunAt, skipped, runs } = schedule;
    /** @param {string} text @param {string} path @param {string} [done] for screen readers */
    const action = (text, path, done) =>
      workButton(text, { "aria-label": `${text}: ${name}` }, async () => {
        await client.json(`schedules/${id}/${path}`, { method: "POST" });
        announce(done ?? "");
        await refresh();
      }, place);
    const remove = workButton("Delete", { class: "quiet", "aria-label": `Delete ${name}` }, async () => {
      if (!(await confirm(`Delete ${name}?`, "It will not create any more batches. The batches that it has created are kept.", "Delete"))) return;
      await client.open(`schedules/${id}`, { method: "DELETE" });
      await refresh();
    }, place);
    const state = paused ? pill("queued", "Paused") : pill("finished", "On");
    const next = nextRunAt ? `next ${exactly(nextRunAt)}` : "not due until it is resumed";
    const skips = skipped ? `, skipped ${plural(skipped, "time")} because it was still running` : "";
    return h(
      "li",
      { class: "card" },
      h(
        "div",
        { class: "headline" },
        h("div", { class: "facts" }, h("h2", {}, name), state, running && pill("rendering", "Running")),
        h(
          "div",
          { class: "actions" },
          action("Run now", "trigger", `${name} started`),
          paused ? action("Resume", "resume", `${name} resumed`) : action("Pause", "pause", `${name} paused`),
          remove,
        ),
      ),
      h("p", {}, TIMES[cron] ?? h("code", {}, cron), ` (${timeZone}), ${next}${skips}`),
      h("p", { class: "small wide-words" }, h("span", { class: "muted" }, "Table "), url, h("span", { class: "muted" }, " · Template "), templates.get(schedule.template) ?? schedule.template),
      runs.length ? h("ul", { class: "things small", "aria-label": `Runs of ${name}` }, runs.map(run)) : h("p", { class: "muted small" }, "It has not run yet."),
      h("p", { class: "small" }, h("a", { href: `#/batches?schedule=${id}` }, "All its batches")),
    );
  }

  const element = h("div", { class: "view" }, h("div", { class: "headline" }, h("h1", {}, "Schedules")), form.element, place.element, refreshPlace.element, list);
  start();

  async function start() {
    try {
      const found = await client.json("templates", { signal });
      templates = new Map(found.map((/** @type {any} */ each) => [each.id, each.displayName]));
      form.offer(found.filter((/** @type {any} */ each) => each.status === "uploaded").reverse());
    } catch (error) {
      if (!signal.aborted) place.show(error);
    }
    await repeat(async () => {
      await refresh();
      return REFRESH_INTERVAL;
    }, signal);
  }
  return { title: "Schedules", element };
}

/** The outcome of one run. @param {any} run */
function run({ startedAt, batchIds = [], jobs, rejectedJobs, error }) {
  const rejected = rejectedJobs ? `, ${count(rejectedJobs)} rejected` : "";
  const links = batchIds.map((/** @type {string} */ id, /** @type {number} */ at) => h("a", { href: `#/batches/${id}` }, batchIds.length > 1 ? `part ${at + 1}` : "its batch", " "));
  return h("li", {}, ageOf(startedAt), h("span", {}, error ?? `${plural(jobs, "job")}${rejected}`), links);
}

/** @param {import("./client.js").Client} client @param {() => Promise<void>} onMade @param {AbortSignal} signal */
function scheduleForm(client, onMade, signal) {
  const place = problemPlace();
  /** @type {any[]} */
  let compositions = [];
  const name = h("input", { type: "text", required: true, maxlength: 200, autocomplete: "off" });
  const url = h("input", { type: "url", required: true, placeholder: "https://…/offers.csv", autocomplete: "off" });
  const template = h("select", { required: true, onchange: () => chooseTemplate() });
  const composition = h("select", { onchange: () => chooseComposition() });
  const output = outputFields(() => {});
  const times = h("select", { onchange: () => chooseTimes() }, Object.entries(TIMES).map(([cron, text]) => h("option", { value: cron }, text)), h("option", { value: "" }, "Custom cron expression"));
  const cron = h("input", { type: "text", maxlength: 200, spellcheck: "false", autocomplete: "off", placeholder: "30 6 * * MON-FRI" });
  const cronField = field("Cron expression", cron, "Minute, hour, day of the month, month, day of the week.");
  const zones = Intl.supportedValuesOf("timeZone");
  const zone = h("select", {}, ["UTC", ...zones.filter((each) => each !== "UTC")].map((each) => h("option", {}, each)));
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone.value) zone.value = "UTC";
  const pattern = h("input", { type: "text", maxlength: 1000, spellcheck: "false", autocomplete: "off", placeholder: "{title}" });
  const button = h("button", { class: "primary" }, "Create schedule");
  const fields = h(
    "form",
    { class: "fields" },
    field("Name", name, "The name of the schedule and of its batches."),
    field("Address of the table", url, "CSV or Excel. It is fetched again for every run."),
    field("Template", template),
    field("Composition", composition),
    output.elements,
    field("File names", pattern, "Optional. Write words, and columns in braces, which are replaced by the cells of each row."),
    field("When", times),
    cronField,
    field("Time zone", zone),
    button,
  );
  const empty = h("p", {}, h("a", { href: "#/templates" }, "Upload a template"), " first.");
  const element = h("details", { class: "card" }, h("summary", {}, "New schedule"), empty, fields, place.element);
  chooseTimes();

  function chooseTimes() {
    cronField.hidden = times.value !== "";
    cron.required = times.value === "";
  }

  async function chooseTemplate() {
    const path = `../v3/templates/${template.value}/compositions?limit=${MAX_COMPOSITIONS}`;
    const chosen = template.value;
    place.clear();
    try {
      const found = await client.json(path, { signal });
      if (template.value !== chosen) return; // another one was chosen meanwhile
      compositions = found;
      fill(composition, compositions.map((each) => h("option", {}, each.name)));
      chooseComposition();
    } catch (error) {
      if (!signal.aborted) place.show(error);
    }
  }

  function chooseComposition() {
    const chosen = compositions.find((each) => each.name === composition.value);
    if (chosen) output.suit(chosen.data.frames);
  }

  /** @param {any[]} templates that are ready */
  function offer(templates) {
    fields.hidden = templates.length === 0;
    empty.hidden = templates.length > 0;
    fill(template, templates.map(({ id, displayName }) => h("option", { value: id }, displayName)));
    if (templates.length > 0) chooseTemplate();
  }

  fields.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    place.clear();
    button.setAttribute("aria-disabled", "true");
    try {
      const json = {
        name: name.value,
        url: url.value,
        template: template.value,
        composition: composition.value,
        ...output.settings(),
        outputName: pattern.value.trim() || undefined,
        cron: times.value || cron.value,
        timeZone: zone.value,
      };
      await client.json("schedules", { method: "POST", json });
      announce(`${name.value} created`);
      element.open = false;
      name.value = url.value = pattern.value = "";
      await onMade();
    } catch (error) {
      fill(place.element, problem(error));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  return { element, offer };
}
