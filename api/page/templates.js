/** The templates: a list, and a place to drop new ones. */

import { upload } from "./client.js";
import { pause } from "./connection.js";
import { announce, fill, h } from "./dom.js";
import { plural } from "./format.js";
import { ageOf, confirm, fileDrop, pill, problem, problemPlace, takeDrops, warningBox, workButton } from "./widgets.js";

const LOOK_INTERVAL = 700; // milliseconds between looks at a template that is read
const TYPES = { json: "lottie", lottie: "lottie", zip: "zip" };
const NAMES_SHOWN = 12;

/** @type {import("./app.js").PageMaker} */
export function templatesPage(client, _parts, _query, signal) {
  const place = problemPlace();
  const uploads = h("ul", { class: "uploads", "aria-label": "Uploads" });
  const list = h("ul", { class: "templates" });
  const drop = fileDrop(
    "Drop templates here, or choose files: .json, .lottie or .zip",
    ".json,.lottie,.zip",
    (files) => files.forEach((file) => receive(file)),
    true,
  );

  async function refresh() {
    try {
      const templates = await client.json("templates", { signal });
      templates.reverse(); // the API has the oldest first
      fill(list, templates.map((/** @type {any} */ template) => card(template)));
      if (templates.length === 0) fill(list, h("li", { class: "empty" }, "No templates yet."));
    } catch (error) {
      if (!signal.aborted) place.show(error);
    }
  }

  /** @param {File} file */
  async function receive(file) {
    const status = h("span", { class: "muted" }, "uploading …");
    const line = h("li", {}, h("strong", {}, file.name), " ", status);
    uploads.append(line);
    try {
      const template = await send(file, (text) => fill(status, text));
      if (template.status === "error") throw new Error(template.error);
      line.remove();
      announce(`${file.name} is ready`);
    } catch (error) {
      if (signal.aborted) return;
      status.remove();
      const away = h("button", { type: "button", class: "quiet", onclick: () => line.remove() }, "Dismiss");
      line.append(problem(error), away);
    }
    await refresh();
  }

  /** @param {File} file @param {(text: string) => void} say @returns {Promise<any>} */
  async function send(file, say) {
    const [name, extension] = split(file.name);
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extension)];
    if (!type) throw new Error("A template is a .json, .lottie or .zip file.");
    const created = await client.json("templates", { method: "POST", json: { type, displayName: name } });
    await upload(created.uploadInfo.url, file);
    for (;;) {
      const template = await client.json(`templates/${created.id}`, { signal });
      if (template.status === "uploaded" || template.status === "error") return template;
      say("is being read …");
      await pause(LOOK_INTERVAL, signal);
    }
  }

  /** @param {any} template */
  function card(template) {
    const isReady = template.status === "uploaded";
    const remove = workButton("Delete", { class: "quiet", "aria-label": `Delete ${template.displayName}` }, async () => {
      const consequence = "Its file is gone for good. Jobs that have ended stay.";
      if (!(await confirm(`Delete ${template.displayName}?`, consequence, "Delete"))) return;
      await client.json(`templates/${template.id}`, { method: "DELETE" });
      await refresh();
    }, place);
    return h(
      "li",
      { class: "card" },
      h(
        "div",
        { class: "headline" },
        h("h2", {}, template.displayName),
        statusPill(template.status),
        h("span", { class: "muted small" }, ageOf(template.createdAt)),
        h(
          "span",
          { class: "actions" },
          isReady && h("a", { class: "button", href: `#/new?template=${template.id}`, "aria-label": `New batch of ${template.displayName}` }, "New batch"),
          remove,
        ),
      ),
      template.error && h("p", { class: "notice bad" }, template.error),
      warningBox(template.warnings),
      isReady && h("p", { class: "small" }, h("span", { class: "muted" }, "Compositions "), names(template.compositions)),
      isReady && h("p", { class: "small" }, h("span", { class: "muted" }, "Layers "), names(template.layers)),
      h("p", { class: "muted small" }, template.type, " · ", h("span", { class: "id" }, template.id)),
    );
  }

  const element = h(
    "div",
    { class: "view" },
    h("div", { class: "headline" }, h("h1", {}, "Templates")),
    drop.element,
    uploads,
    place.element,
    list,
  );
  takeDrops(element, (files) => files.forEach((file) => receive(file)));
  refresh();
  return { title: "Templates", element };
}

/** @param {string} fileName @returns {[string, string]} */
function split(fileName) {
  const dot = fileName.lastIndexOf(".");
  if (dot < 1) return [fileName, ""];
  return [fileName.slice(0, dot), fileName.slice(dot + 1).toLowerCase()];
}

/** @param {string[]} all */
function names(all) {
  const shown = all.slice(0, NAMES_SHOWN).join(", ") || "none";
  const more = all.length - NAMES_SHOWN;
  return more > 0 ? `${shown} and ${plural(more, "more", "more")}` : shown;
}

/** @param {string} status of a template */
function statusPill(status) {
  if (status === "uploaded") return pill("finished", "Ready");
  if (status === "error") return pill("failed", "Error");
  return pill("queued", status === "awaiting_upload" ? "Awaits its file" : "Being read");
}
