/** What to do here, and where more is told. */

import { fill, h } from "./dom.js";
import { exactly } from "./format.js";

/** @type {import("./app.js").PageMaker} */
export function helpPage(client, _parts, _query, signal) {
  const about = h("p", { class: "muted" }, "Reelbatch");
  const element = h(
    "div",
    { class: "view help" },
    h("h1", {}, "Help"),
    section(
      "From a table to named films",
      h(
        "ol",
        {},
        h("li", {}, link("#/templates", "Templates"), ": drop a template. Its card shows what a table can fill: texts, pictures, videos, sounds and colours. “Download example CSV” is a table to begin with."),
        h("li", {}, link("#/new", "New batch"), ": choose the template, and drop your table below “Rows”, as CSV or Excel, with the files or the folder that it names. A row is a film, a column is a field. What each column was taken for stands above it, and can be changed."),
        h("li", {}, "Give the files their names by a pattern of columns, such as ", h("code", {}, "{first}-{last}"), ". “Preview the first 12 rows” shows them as pictures, and bad rows are named with the reason."),
        h("li", {}, "Start. “Download all” gives the films that are there as a ZIP, and “Share” a link for people without a token."),
      ),
    ),
    section(
      "When something is wrong",
      h(
        "ul",
        {},
        h("li", {}, "A row that cannot be rendered is marked before anything starts; the others can be started without it."),
        h("li", {}, "A click on a job opens its error, its warnings and its log. “Retry” renders what has failed once more."),
        h("li", {}, "An error names its request. Whoever runs this server finds it in the log by that."),
      ),
    ),
    section(
      "Keys",
      h(
        "dl",
        {},
        keys("Arrows, Home, End, Page Up, Page Down", "from job to job"),
        keys("Enter", "opens a job; in a table goes to the row below"),
        keys("← and → in a job", "the job before or after"),
        keys("Escape", "closes a job or a question"),
      ),
    ),
    section(
      "More",
      h(
        "ul",
        {},
        h("li", {}, link("docs", "The API’s reference"), ", with each request and response, and ", link("openapi.json", "its OpenAPI document"), "."),
        h("li", {}, "The guides are in the folder ", h("code", {}, "docs"), " of Reelbatch’s checkout: the tutorial, the page, the command line, the API, Python, After Effects, HTML. ", h("code", {}, "make docs"), " makes a site of them."),
        h("li", {}, "On the command line: ", h("code", {}, "reelbatch --help"), "."),
      ),
      about,
    ),
  );
  client.json("team", { signal }).then(
    ({ name, version, token }) => fill(about, `Reelbatch ${version} · team ${name} · token ${token.name || token.id}, ${token.expiresAt ? `until ${exactly(token.expiresAt)}` : "without an end"}`),
    () => {}, // the page says elsewhere that the server is away
  );
  return { title: "Help", element };
}

/** @param {string} title @param {...any} children */
function section(title, ...children) {
  const id = `${title.toLowerCase().replaceAll(" ", "-")}-title`;
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

/** @param {string} address @param {string} text */
const link = (address, text) => h("a", { href: address, target: address.startsWith("#") ? null : "_blank" }, text);

/** @param {string} names @param {string} effect */
const keys = (names, effect) => [h("dt", {}, names), h("dd", {}, effect)];
