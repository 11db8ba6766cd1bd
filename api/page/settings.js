/** What a team has beside templates and batches: fonts, secrets, and what its webhooks are signed with. */

import { announce, fill, h } from "./dom.js";
import { ageOf, confirm, field, fileDrop, problemPlace, takeDrops, workButton } from "./widgets.js";

/** @type {import("./app.js").PageMaker} */
export function settingsPage(client, _parts, _query, signal) {
  const parts = [fontsCard(client, signal), secretsCard(client, signal), webhooksCard(client)];
  const element = h("div", { class: "view settings" }, h("div", { class: "headline" }, h("h1", {}, "Settings")), parts);
  return { title: "Settings", element };
}

/** A card with a list that can be added to.
 * @param {string} title @param {string} none what stands there for an empty list */
function listCard(title, none) {
  const id = `${title.toLowerCase()}-title`;
  const place = problemPlace();
  const list = h("ul", { class: "things", "aria-labelledby": id });
  const element = h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), list, place.element);
  /** @param {HTMLElement[]} items */
  const show = (items) => fill(list, items.length ? items : h("li", { class: "muted" }, none));
  return { element, place, show };
}

/** @param {any} thing with its id and when it was made @param {string} name @param {string} [note]
 * @param {HTMLElement} remove */
const item = (thing, name, note, remove) =>
  h("li", {}, h("strong", {}, name), " ", note && h("span", { class: "muted" }, note, " "), h("span", { class: "muted small" }, ageOf(thing.createdAt)), remove);

/** @param {import("./client.js").Client} client @param {AbortSignal} signal */
function fontsCard(client, signal) {
  const card = listCard("Fonts", "No fonts yet: templates use their own and the server’s.");
  const drop = fileDrop("Drop TTF or OTF files here, or choose them", ".ttf,.otf", (files) => add(files), true);
  card.element.append(drop.element);
  takeDrops(card.element, (files) => add(files));

  /** @param {File[]} files */
  async function add(files) {
    card.place.clear();
    try {
      for (const file of files) {
        const form = new FormData();
        form.append("font", file);
        await client.json("fonts", { method: "POST", body: form });
        announce(`${file.name} added`);
      }
    } catch (error) {
      card.place.show(error);
    }
    await refresh();
  }

  /** @param {any} font */
  function shown(font) {
    const remove = workButton("Delete", { class: "quiet", "aria-label": `Delete ${font.familyName}` }, async () => {
      const sure = await confirm(`Delete ${font.familyName}?`, "Later jobs are drawn with another font.", "Delete");
      if (!sure) return;
      await client.json(`fonts/${font.id}`, { method: "DELETE" });
      await refresh();
    }, card.place);
    return item(font, font.familyName, `${font.styleName} · ${font.fileName}`, remove);
  }

  async function refresh() {
    try {
      card.show((await client.json("fonts", { signal })).map(shown));
    } catch (error) {
      if (!signal.aborted) card.place.show(error);
    }
  }
  refresh();
  return card.element;
}

/** @param {import("./client.js").Client} client @param {AbortSignal} signal */
function secretsCard(client, signal) {
  const card = listCard("Secrets", "No secrets yet: jobs refer to one as ${secrets.NAME}.");
  const name = h("input", { type: "text", required: true, pattern: "[A-Za-z0-9_\\-]{1,128}", autocomplete: "off", spellcheck: "false" });
  const value = h("input", { type: "password", required: true, autocomplete: "new-password" });
  const form = h("form", { class: "fields" }, field("Name", name, "Letters, digits, _ and -"), field("Value", value, "It is stored encrypted, and nobody can read it again."), h("button", {}, "Add the secret"));
  card.element.append(form);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    card.place.clear();
    try {
      await client.json("secrets", { method: "PUT", json: { name: name.value, value: value.value } });
      announce(`${name.value} added`);
      form.reset();
      await refresh();
    } catch (error) {
      card.place.show(error);
    }
  });

  /** @param {any} secret */
  function shown(secret) {
    const remove = workButton("Delete", { class: "quiet", "aria-label": `Delete ${secret.name}` }, async () => {
      if (!(await confirm(`Delete ${secret.name}?`, "Jobs that still need it fail.", "Delete"))) return;
      await client.text(`secrets/${secret.id}`, { method: "DELETE" });
      await refresh();
    }, card.place);
    return item(secret, secret.name, undefined, remove);
  }

  async function refresh() {
    try {
      card.show((await client.json("secrets", { signal })).map(shown));
    } catch (error) {
      if (!signal.aborted) card.place.show(error);
    }
  }
  refresh();
  return card.element;
}

/** @param {import("./client.js").Client} client */
function webhooksCard(client) {
  const place = problemPlace();
  const key = h("input", { type: "text", readonly: true });
  const shown = h("div", { hidden: true }, field("Signing key", key, "Receivers check signatures with it, as Standard Webhooks have them."));
  const show = workButton("Show the signing key", {}, async () => {
    key.value = (await client.json("webhooks/secret")).secret;
    shown.hidden = false;
    show.hidden = true;
    key.focus();
    key.select();
  }, place);
  return h(
    "section",
    { class: "card", "aria-labelledby": "webhooks-title" },
    h("h2", { id: "webhooks-title" }, "Webhooks"),
    h("p", { class: "muted" }, "What came of a webhook stands with its batch and its job."),
    show,
    shown,
    place.element,
  );
}
