/** The settings page: a team's fonts, secrets and API tokens, and the key that its webhooks are signed with. */

import { announce, fill, h } from "./dom.js";
import { exactly } from "./format.js";
import { acceptDrops, ageOf, confirm, field, fileDrop, problemPlace, workButton } from "./widgets.js";

const SCOPES = { "jobs:read": "Read", "jobs:write": "Start, cancel and retry", "templates:write": "Change templates, fonts and secrets", admin: "Everything, including tokens" };
const LIFETIMES = { "": "Never", 30: "In 30 days", 90: "In 90 days", 365: "In a year" };
const DAY = 86_400_000; // milliseconds

/** @typedef {import("./client.js").Client} Client */

/** @type {import("./app.js").PageMaker} */
export function settingsPage(client, _parts, _query, signal) {
  const parts = [fontsCard(client, signal), secretsCard(client, signal), tokensCard(client, signal), webhooksCard(client)];
  const element = h("div", { class: "view settings" }, h("div", { class: "headline" }, h("h1", {}, "Settings")), parts);
  return { title: "Settings", element };
}

/**
 * A card that lists the team's things of one kind.
 * @param {Client} client @param {AbortSignal} signal
 * @param {object} kind
 * @param {string} kind.title
 * @param {string} kind.path of the list; each thing is below it by its id
 * @param {string} kind.none the text for an empty list
 * @param {(thing: any) => string} kind.name
 * @param {(thing: any) => string} [kind.note]
 * @param {string} [kind.verb]
 * @param {string} kind.consequence of deleting one
 */
function listCard(client, signal, { title, path, none, name, note = () => "", verb = "Delete", consequence }) {
  const id = `${path}-title`;
  const place = problemPlace();
  const list = h("ul", { class: "things", "aria-labelledby": id });
  const element = h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), list, place.element);

  /** @param {any} thing */
  function item(thing) {
    const remove = workButton(verb, { class: "quiet", "aria-label": `${verb} ${name(thing)}` }, async () => {
      if (!(await confirm(`${verb} ${name(thing)}?`, consequence, verb))) return;
      await client.open(`${path}/${thing.id}`, { method: "DELETE" });
      await refresh();
    }, place);
    return h("li", {}, h("strong", {}, name(thing)), h("span", { class: "muted" }, note(thing)), h("span", { class: "muted small" }, ageOf(thing.createdAt)), remove);
  }

  async function refresh() {
    try {
      const things = await client.json(path, { signal });
      fill(list, things.length ? things.map(item) : h("li", { class: "muted" }, none));
    } catch (error) {
      if (!signal.aborted) place.show(error);
    }
  }

  /** Add to the list, then refresh it. @param {() => Promise<void>} work */
  async function add(work) {
    place.clear();
    try {
      await work();
    } catch (error) {
      place.show(error);
    }
    await refresh();
  }

  /** @param {HTMLFormElement} form @param {() => Promise<void>} work */
  function addBy(form, work) {
    element.append(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      add(work);
    });
  }
  return { element, list, place, add, addBy, refresh };
}

/** @param {Client} client @param {AbortSignal} signal */
function fontsCard(client, signal) {
  const card = listCard(client, signal, {
    title: "Fonts",
    path: "fonts",
    none: "No fonts yet: templates use their own and the server’s.",
    name: (font) => font.familyName,
    note: (font) => `${font.styleName} · ${font.fileName}`,
    consequence: "Later jobs will be drawn with another font.",
  });
  const drop = fileDrop("Drop TTF or OTF files here, or choose them", ".ttf,.otf", receive, true);
  card.element.append(drop.element);
  acceptDrops(card.element, receive);

  /** @param {File[]} files */
  function receive(files) {
    card.add(async () => {
      for (const file of files) {
        const body = new FormData();
        body.append("font", file);
        await client.json("fonts", { method: "POST", body });
        announce(`${file.name} added`);
      }
    });
  }
  card.refresh();
  return card.element;
}

/** @param {Client} client @param {AbortSignal} signal */
function secretsCard(client, signal) {
  const card = listCard(client, signal, {
    title: "Secrets",
    path: "secrets",
    none: "No secrets yet: jobs refer to a secret as ${secrets.NAME}.",
    name: (secret) => secret.name,
    consequence: "Jobs that still need it will fail.",
  });
  const name = h("input", { type: "text", required: true, pattern: "[A-Za-z0-9_\\-]{1,128}", autocomplete: "off", spellcheck: "false" });
  const value = h("input", { type: "password", required: true, autocomplete: "new-password" });
  const form = h("form", { class: "fields" }, field("Name", name, "Letters, digits, _ and -"), field("Value", value, "It is stored encrypted and never shown again."), h("button", {}, "Add secret"));
  card.addBy(form, async () => {
    await client.json("secrets", { method: "PUT", json: { name: name.value, value: value.value } });
    announce(`${name.value} added`);
    form.reset();
  });
  card.refresh();
  return card.element;
}

/** @param {Client} client @param {AbortSignal} signal */
function tokensCard(client, signal) {
  let own = "";
  const card = listCard(client, signal, {
    title: "API tokens",
    path: "tokens",
    none: "No tokens yet.",
    name: (token) => token.name || token.id,
    note: ({ id, scopes, expiresAt }) => [id === own && "in use here", scopes.join(", "), expiresAt && `expires ${exactly(expiresAt)}`].filter(Boolean).join(" · "),
    verb: "Revoke",
    consequence: "Requests that use it will be rejected within ten seconds. This cannot be undone.",
  });
  const name = h("input", { type: "text", required: true, maxlength: 200, autocomplete: "off" });
  const end = h("select", {}, Object.entries(LIFETIMES).map(([days, text]) => h("option", { value: days }, text)));
  const scopes = Object.entries(SCOPES).map(([scope, text]) => ({ scope, text, input: h("input", { type: "checkbox", checked: scope !== "admin" }) }));
  const secret = h("input", { type: "text", readonly: true });
  const shown = h("div", { class: "notice", hidden: true }, field("New token", secret, "Copy it now. It will not be shown again."));
  const form = h(
    "form",
    { class: "fields", hidden: true },
    field("Name", name, "What it is for."),
    field("Expires", end),
    h("fieldset", { class: "choices" }, h("legend", {}, "Permissions"), scopes.map(({ text, input }) => h("label", { class: "check" }, input, text))),
    h("button", {}, "Create token"),
  );
  card.element.append(shown);
  card.addBy(form, async () => {
    const expiresAt = end.value ? new Date(Date.now() + Number(end.value) * DAY).toISOString() : undefined;
    const json = { name: name.value, expiresAt, scopes: scopes.filter(({ input }) => input.checked).map(({ scope }) => scope) };
    secret.value = (await client.json("tokens", { method: "POST", json })).token;
    shown.hidden = false;
    secret.select();
    form.reset();
  });

  async function start() {
    try {
      const { token } = await client.json("team", { signal });
      own = token.id;
      form.hidden = !token.scopes.includes("admin");
      if (form.hidden) fill(card.list, h("li", { class: "muted" }, "The token in use here does not have the scope admin, which is needed to list and create tokens. ", h("code", {}, "reelbatch tokens create"), " creates one that has it."));
      else await card.refresh();
    } catch (error) {
      if (!signal.aborted) card.place.show(error);
    }
  }
  start();
  return card.element;
}

/** @param {Client} client */
function webhooksCard(client) {
  const place = problemPlace();
  const key = h("input", { type: "text", readonly: true });
  const shown = h("div", { hidden: true }, field("Signing key", key, "Receivers use it to verify signatures as specified by Standard Webhooks."));
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
    h("p", { class: "muted" }, "Each batch and each job shows the deliveries of its webhook."),
    show,
    shown,
    place.element,
  );
}
