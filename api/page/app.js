/** The entry point: signs people in and shows the page that the address names. */

import { batchPage } from "./batch.js";
import { batchesPage } from "./batches.js";
import { Client } from "./client.js";
import { fill } from "./dom.js";
import { helpPage } from "./help.js";
import { newBatchPage } from "./newbatch.js";
import { schedulesPage } from "./schedules.js";
import { forgetToken, storedToken } from "./session.js";
import { settingsPage } from "./settings.js";
import { signInPage } from "./signin.js";
import { templatesPage } from "./templates.js";
import { refreshAges } from "./widgets.js";

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {HTMLElement} element
 */
/** Makes a page, which stops all its work when the signal aborts.
 * @typedef {(client: Client, parts: string[], query: URLSearchParams, signal: AbortSignal) => Page}
 *   PageMaker */

/** @type {Record<string, PageMaker>} */
const PAGES = { batches: batchesPage, batch: batchPage, new: newBatchPage, templates: templatesPage, schedules: schedulesPage, settings: settingsPage, help: helpPage };

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const navigation = /** @type {HTMLElement} */ (document.getElementById("navigation"));
const team = /** @type {HTMLElement} */ (document.getElementById("team"));
const signOutButton = /** @type {HTMLElement} */ (document.getElementById("sign-out"));

/** @type {Client | null} */
let client = null;
let running = new AbortController();

function showAddress() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...parts] = (path || "batches").split("/");
  if (!client) {
    showSignIn("");
    return;
  }
  const current = client;
  const make = name === "batches" && parts[0] ? PAGES.batch : PAGES[name];
  if (!make) {
    location.replace("#/batches");
    return;
  }
  show((signal) => make(current, parts, new URLSearchParams(query), signal));
  markNavigation(name);
}

/** @param {(signal: AbortSignal) => Page} make */
function show(make) {
  running.abort();
  running = new AbortController();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  const isFirst = main.dataset.page === undefined;
  const page = make(running.signal);
  document.title = `${page.title} · Reelbatch`;
  main.dataset.page = page.title;
  fill(main, page.element);
  scrollTo(0, 0);
  const target = /** @type {HTMLElement | null} */ (main.querySelector("[data-focus]"));
  if (target) target.focus();
  else if (!isFirst) main.focus(); // the next Tab starts in the new page
}

/** @param {string} reason why the person must sign in again; empty: nothing to explain */
function showSignIn(reason) {
  navigation.hidden = signOutButton.hidden = team.hidden = true;
  show(() => signInPage(reason, signIn));
}

/** @param {string} token */
function signIn(token) {
  client = new Client(token, () => signOut("The token is no longer valid. Sign in again."));
  navigation.hidden = signOutButton.hidden = false;
  showTeam(client);
  showAddress();
}

/** @param {Client} current */
async function showTeam(current) {
  const found = await current.json("team").catch(() => null); // the page itself says what is wrong
  if (!found || client !== current) return;
  team.textContent = team.title = `Team ${found.name}`;
  team.hidden = false;
}

function signOut(reason = "") {
  forgetToken();
  client = null;
  showSignIn(reason);
}

/** @param {string} name */
function markNavigation(name) {
  for (const link of navigation.querySelectorAll("a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.getElementById("skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // its address would be read as the name of a page
  main.focus();
});
signOutButton.addEventListener("click", () => signOut());
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => event.preventDefault()); // a file that is dropped elsewhere would replace the page
}
addEventListener("hashchange", showAddress);
setInterval(() => refreshAges(main), 10_000);

const token = storedToken();
if (token) signIn(token);
else showAddress();
