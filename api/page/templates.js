/** The templates page: a list, and a place to drop new ones. */

import { ApiError, upload } from "./client.js";
import { pause } from "./connection.js";
import { announce, fill, h } from "./dom.js";
import { plural } from "./format.js";
import { renderStill } from "./rowpreview.js";
import { acceptDrops, ageOf, confirm, fileDrop, pill, problem, problemPlace, warningBox, workButton } from "./widgets.js";

const POLL_INTERVAL = 700; // milliseconds between requests for a template that is being read
const TYPES = { json: "lottie", lottie: "lottie", zip: "zip", aep: "aep", aet: "aep", mogrt: "mogrt", html: "html" };
const KINDS = ".json, .lottie, .zip, .aep, .mogrt or .html";
const LONGEST_LIST = 256 * 1024; // bytes of a zip file's directory
const NAMES_SHOWN = 12;
const DELETION_ATTEMPTS = 8;

/** @type {import("./app.js").PageMaker} */
export function templatesPage(client, _parts, _query, signal) {
  const place = problemPlace();
  const uploads = h("ul", { class: "uploads", "aria-label": "Uploads" });
  const list = h("ul", { class: "templates" });
  const drop = fileDrop(
    `Drop templates here, or choose files: ${KINDS}`,
    Object.keys(TYPES).map((extension) => `.${extension}`).join(),
    (files) => files.forEach((file) => receive(file)),
    true,
  );

  async function refresh() {
    try {
      const templates = await client.json("templates", { signal });
      templates.reverse(); // the API lists the oldest first
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

  /** @param {File} file @param {(text: string) => void} onStatus @returns {Promise<any>} */
  async function send(file, onStatus) {
    const [name, extension] = split(file.name);
    const type = (await isZipOfPages(file)) ? "html" : TYPES[/** @type {keyof typeof TYPES} */ (extension)];
    if (!type) throw new Error(`A template must be a ${KINDS} file.`);
    const created = await client.json("templates", { method: "POST", json: { type, displayName: name } });
    await upload(created.uploadInfo.url, file);
    for (;;) {
      const template = await client.json(`templates/${created.id}`, { signal });
      if (template.status === "uploaded" || template.status === "error") return template;
      onStatus("reading …");
      await pause(POLL_INTERVAL, signal);
    }
  }

  /** @param {any} template */
  function card(template) {
    const isReady = template.status === "uploaded";
    const picture = h("div", { class: "picture" });
    const remove = workButton("Delete", { class: "quiet", "aria-label": `Delete ${template.displayName}` }, async () => {
      const consequence = "Its file is deleted permanently. Jobs that have ended are kept.";
      if (!(await confirm(`Delete ${template.displayName}?`, consequence, "Delete"))) return;
      await deleteTemplate(template.id);
      await refresh();
    }, place);
    const fields = h("div", { class: "template-fields" });
    if (isReady) {
      onceSeen(picture, () => {
        showFields(template, fields);
        showPicture(template, picture);
      });
    }
    const example = workButton("Download example CSV", { class: "quiet", "aria-label": `Download example CSV for ${template.displayName}` }, () => client.download(`templates/${template.id}/fields?format=csv`, `${template.displayName}.csv`), place);
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
          isReady && h("a", { class: "button", href: `#/new?template=${template.id}`, "aria-label": `New batch from ${template.displayName}` }, "New batch"),
          isReady && example,
          remove,
        ),
      ),
      template.error && h("p", { class: "notice bad" }, template.error),
      isReady && h("div", { class: "template-shows" }, picture, fields),
      warningBox(template.warnings),
      isReady && h("p", { class: "small" }, h("span", { class: "muted" }, "Compositions "), names(template.compositions)),
      isReady && h("p", { class: "small" }, h("span", { class: "muted" }, "Layers "), names(template.layers)),
      isReady && template.fonts.length > 0 && h("p", { class: "small" }, h("span", { class: "muted" }, "Fonts "), names(template.fonts.map(fontText(template)))),
      template.mogrt && h("p", { class: "small" }, h("span", { class: "muted" }, "Controls "), names(template.mogrt.controls.map(controlText))),
      ...choices(template),
      h("p", { class: "muted small" }, template.type, " · ", h("span", { class: "id" }, template.id)),
    );
  }

  /** The job that draws its picture may not have ended yet, or may not be listed as ended.
   * @param {string} id */
  async function deleteTemplate(id) {
    for (let attempts = DELETION_ATTEMPTS; ; attempts -= 1) {
      try {
        return await client.json(`templates/${id}`, { method: "DELETE" });
      } catch (error) {
        if (attempts === 1 || !(error instanceof ApiError && error.code === "TEMPLATE_IN_USE")) throw error;
        await pause(POLL_INTERVAL, signal);
      }
    }
  }

  /** Show the middle frame, which is rendered once per tab.
   * @param {any} template @param {HTMLElement} element */
  async function showPicture(template, element) {
    const key = `reelbatch.picture.${template.id}.${template.updatedAt}`;
    try {
      const address = sessionStorage.getItem(key) ?? (await renderPicture(template));
      sessionStorage.setItem(key, address);
      const image = h("img", { src: address, alt: `${template.displayName}, ${template.compositions[0]}` });
      image.addEventListener("error", () => sessionStorage.removeItem(key)); // the file was deleted meanwhile
      fill(element, image);
    } catch (error) {
      if (!signal.aborted) fill(element, h("p", { class: "muted small" }, `No picture: ${/** @type {Error} */ (error).message}`));
    }
  }

  /** @param {any} template @returns {Promise<string>} */
  async function renderPicture(template) {
    const found = await client.json(`../v3/templates/${template.id}/compositions?limit=1`, { signal });
    const chosen = { id: template.id, composition: found[0].name, lossy: template.lossy === undefined ? undefined : true };
    return renderStill(client, { template: chosen }, Math.floor(found[0].data.frames / 2), signal);
  }

  /** Show what a table can fill in, with the template's own texts.
   * @param {any} template @param {HTMLElement} element */
  async function showFields(template, element) {
    try {
      const found = await client.json(`templates/${template.id}`, { signal });
      if (found.fields) fill(element, fieldsTable(found));
    } catch (error) {
      if (!signal.aborted) fill(element, problem(error));
    }
  }

  /** The settings that are the template owner's decision. @param {any} template */
  function choices(template) {
    const { renderer: chosen, renderers = [], suggestedRenderer } = template;
    const known = renderers.includes(chosen) || chosen === undefined;
    const isProject = template.lossy !== undefined;
    if (!isProject && known && renderers.length < 3) return [];
    /** @param {Record<string, any>} json */
    const change = async (json) => {
      place.clear();
      try {
        await client.json(`templates/${template.id}`, { method: "PATCH", json });
      } catch (error) {
        place.show(error);
      }
      await refresh();
    };
    const lossy = h("input", { type: "checkbox", onchange: () => change({ lossy: lossy.checked }) });
    lossy.checked = template.lossy;
    const names = known ? renderers : [...renderers, chosen];
    const renderer = h("select", { onchange: () => change({ renderer: renderer.value }) }, names.map((/** @type {string} */ each) => h("option", {}, each)));
    renderer.value = chosen;
    const hint = known ? suggestedRenderer && `${suggestedRenderer} draws more of it` : "not on this server";
    return [
      h(
        "div",
        { class: "small choices" },
        isProject && h("label", {}, lossy, " Draw it even though it will not look as designed (lossy)"),
        h("label", {}, "Renderer ", renderer, hint && h("span", { class: "muted" }, ` ${hint}`)),
      ),
    ];
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
  acceptDrops(element, (files) => files.forEach((file) => receive(file)));
  refresh();
  return { title: "Templates", element };
}

/** @param {any} template with its fields */
function fieldsTable(template) {
  const { displayName, fields } = template;
  const heads = ["Field", "Kind", "Text", "Size", "Font", "Composition"].map((name) => h("th", { scope: "col" }, name));
  const rows = fields.map((/** @type {any} */ field) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, field.column),
      h("td", {}, field.control ?? field.kind),
      h("td", {}, field.words ?? ""),
      h("td", {}, field.width && field.height ? `${Math.round(field.width)} × ${Math.round(field.height)}` : ""),
      h("td", {}, field.font ? fontText(template)(field.font) : ""),
      h("td", {}, field.composition),
    ),
  );
  const name = `Fields of ${displayName}`;
  return h("div", { class: "scroller", role: "group", "aria-label": name, tabindex: 0 }, h("table", { class: "small" }, h("caption", { class: "unseen" }, name), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)));
}

/** Do something once an element is on the screen, because a list of templates may be long.
 * @param {HTMLElement} element @param {() => void} then */
function onceSeen(element, then) {
  const observer = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    then();
  });
  observer.observe(element);
}

/** Whether a zip file contains HTML pages, by the names of its files, which are at its end. @param {File} file */
async function isZipOfPages(file) {
  if (!/\.zip$/i.test(file.name)) return false;
  const names = await file.slice(-LONGEST_LIST).text();
  return /index\.html/i.test(names) || (/\.html/i.test(names) && !/\.(json|aep)/i.test(names));
}

/** @param {string} fileName @returns {[string, string]} */
function split(fileName) {
  const dot = fileName.lastIndexOf(".");
  if (dot < 1) return [fileName, ""];
  return [fileName.slice(0, dot), fileName.slice(dot + 1).toLowerCase()];
}

/** @param {any} template @returns {(font: string) => string} */
const fontText = (template) => (font) => (template.missingFonts?.includes(font) ? `${font} (missing)` : font);

/** @param {any} control */
const controlText = ({ name, type }) => `${name} (${type})`;

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
  return pill("queued", status === "awaiting_upload" ? "Awaiting its file" : "Being read");
}
