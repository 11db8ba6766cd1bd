/** The page for signing in with a token. */

import { Client } from "./client.js";
import { h } from "./dom.js";
import { storeToken } from "./session.js";
import { field, problemPlace } from "./widgets.js";

/** @param {string} reason why the person must sign in again; empty: nothing to explain @param {(token: string) => void} onSignedIn */
export function signInPage(reason, onSignedIn) {
  const place = problemPlace();
  const input = h("input", {
    type: "password",
    name: "token",
    autocomplete: "current-password",
    spellcheck: "false",
    required: true,
    "data-focus": true,
  });
  const remember = h("input", { type: "checkbox", name: "remember" });
  const button = h("button", { class: "primary" }, "Sign in");

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const token = input.value.trim();
    if (!token) return;
    place.clear();
    button.setAttribute("aria-disabled", "true");
    try {
      await new Client(token, () => {}).json("team");
      storeToken(token, remember.checked);
      onSignedIn(token);
    } catch (error) {
      place.show(error);
      input.select();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  const element = h(
    "form",
    { class: "sign-in card", onsubmit: submit },
    h("h1", {}, "Sign in"),
    h("input", { name: "username", autocomplete: "username", value: "Reelbatch", hidden: true }), // for password managers
    reason && h("p", { class: "notice", role: "alert" }, reason),
    field("Token", input, "It starts with rb_. To create one, run `reelbatch tokens create`."),
    h("label", { class: "check" }, remember, "Remember on this device"),
    place.element,
    button,
  );
  return { title: "Sign in", element };
}
