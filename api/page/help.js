/** The help page: first steps, keyboard shortcuts, and where to read on. */

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
        h("li", {}, link("#/templates", "Templates"), ": drop a template file. Its card shows what a table can fill in: texts, pictures, videos, sounds and colours. “Download example CSV” saves a table to start from."),
        h("li", {}, link("#/new", "New batch"), ": choose the template and drop your table under “Rows”, as CSV or Excel, together with the files that it names or their folder. Each row becomes a film, and each column fills a field. The menu above a column shows its field, and you can choose another one."),
        h("li", {}, "Name the files with a pattern of columns, such as ", h("code", {}, "{first}-{last}"), ". “Preview the first 12 rows” shows them as pictures. Rows that cannot be rendered are marked with the reason."),
        h("li", {}, "Start the batch. “Download all” saves the finished films as a ZIP file, and “Share” creates a link for people without a token."),
      ),
    ),
    section(
      "When something goes wrong",
      h(
        "ul",
        {},
        h("li", {}, "Rows that cannot be rendered are marked before anything starts. You can start the others without them."),
        h("li", {}, "Click a job to see its error, its warnings and its log. “Retry” renders the failed jobs again."),
        h("li", {}, "An error shows the id of its request, by which whoever runs this server can find it in the log."),
      ),
    ),
    section(
      "Keyboard shortcuts",
      h(
        "dl",
        {},
        keys("Arrows, Home, End, Page Up, Page Down", "move from job to job"),
        keys("Enter", "open a job; in a table, go to the row below"),
        keys("← and → in a job", "go to the previous or next job"),
        keys("Escape", "close a job or a dialog"),
      ),
    ),
    section(
      "More",
      h(
        "ul",
        {},
        h("li", {}, "The ", link("docs", "API reference"), " with every request and response, and the ", link("openapi.json", "OpenAPI document"), " behind it."),
        h("li", {}, "The guides are in the folder ", h("code", {}, "docs"), " of Reelbatch’s source code: the tutorial, this page, the command line, the API, Python, After Effects and HTML. ", h("code", {}, "make docs"), " builds them as a site."),
        h("li", {}, "On the command line: ", h("code", {}, "reelbatch --help"), "."),
      ),
      about,
    ),
  );
  client.json("team", { signal }).then(
    ({ name, version, token }) => fill(about, `Reelbatch ${version} · team ${name} · token ${token.name || token.id}, ${token.expiresAt ? `expires ${exactly(token.expiresAt)}` : "never expires"}`),
    () => {}, // a line at the top of the page says that the server is not responding
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
