/** Filters the jobs of a batch by state and by text. The buttons for the states are the legend as well. */

import { announce, h, setText } from "./dom.js";
import { count, plural } from "./format.js";
import { searchText } from "./jobs.js";
import { STATES } from "./states.js";

/** @param {() => void} onChange */
export function jobFilter(onChange) {
  /** @type {string | null} */
  let chosen = null;
  const search = h("input", {
    type: "search",
    placeholder: "Index, name, tag or error",
    "aria-label": "Search jobs by index, name, tag or error",
    oninput: onChange,
  });
  const all = chip(null, "All");
  const chips = Object.entries(STATES).map(([state, name]) => chip(state, name));

  /** @param {string | null} state @param {string} name */
  function chip(state, name) {
    const number = h("span", { class: "number" });
    const mark = state && h("span", { class: "mark", "data-state": state, "aria-hidden": "true" });
    const element = h(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(state === null), onclick: () => choose(state) },
      mark,
      name,
      number,
    );
    return { state, element, number };
  }

  /** @param {string | null} state */
  function choose(state) {
    chosen = chosen === state ? null : state;
    for (const each of [all, ...chips]) {
      each.element.setAttribute("aria-pressed", String(each.state === chosen));
    }
    onChange();
  }

  /** @param {import("./jobs.js").BatchJob} job */
  function matches(job) {
    if (chosen && job.state !== chosen) return false;
    const text = search.value.trim().toLowerCase();
    if (/^\d+$/.test(text) && job.number === Number(text)) return true;
    return !text || searchText(job).includes(text);
  }

  /** Show how many jobs of each state there are. @param {import("./jobs.js").BatchJob[]} jobs */
  function countJobs(jobs) {
    setText(all.number, count(jobs.length));
    for (const { state, element, number } of chips) {
      const members = jobs.filter((job) => job.state === state).length;
      setText(number, count(members));
      element.hidden = members === 0 && chosen !== state;
    }
  }

  const element = h(
    "div",
    { class: "filter" },
    h("div", { class: "chips", role: "group", "aria-label": "Show jobs by state" }, all.element, chips.map((each) => each.element)),
    search,
  );
  return {
    element,
    matches,
    count: countJobs,
    /** @param {string} text */
    search(text) {
      search.value = text;
      if (chosen) choose(null);
      onChange();
    },
    /** Tell screen readers how many jobs are shown. @param {number} number */
    announceShown(number) {
      if (chosen || search.value) announce(`${plural(number, "job")} shown`);
    },
  };
}
