/** Small widgets that several pages share. */

import { ApiError } from "./client.js";
import { fill, h, setText } from "./dom.js";
import { age, exactly } from "./format.js";

/** @param {string} state @param {string} text */
export const pill = (state, text) => h("span", { class: `pill ${state}` }, text);

/** How long ago a moment was; hovering shows the exact time. @param {string} moment */
export const ageOf = (moment) =>
  h("time", { datetime: moment, title: exactly(moment) }, age(moment));

/** Keep the shown ages up to date. @param {ParentNode} within */
export function refreshAges(within) {
  for (const time of within.querySelectorAll("time")) {
    const text = age(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}

let fields = 0;

/** An error message, with the code and the request id by which an operator finds it in the server's log.
 * @param {unknown} error */
export function problem(error) {
  const text = error instanceof Error ? error.message : String(error);
  const apiError = error instanceof ApiError ? error : null;
  const trail = [apiError?.code, apiError?.requestId && `request ${apiError.requestId}`].filter(Boolean);
  return h(
    "div",
    { class: "notice bad", role: "alert" },
    h("p", {}, text),
    trail.length > 0 && h("p", { class: "trail" }, trail.join(" · ")),
  );
}

/** A list of what will not look as designed. @param {any[] | undefined} warnings as the API returns them
 * @param {string} [name] of the list for screen readers */
export function warningBox(warnings, name = "Warnings") {
  if (!warnings?.length) return null;
  return h("ul", { class: "notice warnings", "aria-label": name }, warnings.map((each) => h("li", {}, warningText(each))));
}

/** @param {any} warning */
export function warningText({ message, layer, composition }) {
  const place = [layer, composition].filter(Boolean).join(" of ");
  return place ? `${message} (${place})` : message;
}

/** A place for error messages, which the next attempt clears. */
export function problemPlace() {
  const element = h("div", { class: "problems-place" });
  return {
    element,
    clear: () => fill(element),
    /** @param {unknown} error */
    show: (error) => fill(element, problem(error)),
  };
}

/** A button whose work can fail and must not be started again while it is running.
 * @param {string} text @param {Record<string, any>} attributes
 * @param {() => Promise<void>} work @param {ReturnType<typeof problemPlace>} place */
export function workButton(text, attributes, work, place) {
  const button = h("button", { type: "button", ...attributes }, text);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true"); // with `disabled` it would lose the focus
    place.clear();
    try {
      await work();
    } catch (error) {
      place.show(error);
      place.element.scrollIntoView({ block: "nearest" });
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  return button;
}

/** Ask before something that cannot be undone. The browser restores the focus.
 * @param {string} question @param {string} consequence @param {string} yes
 * @returns {Promise<boolean>} */
export function confirm(question, consequence, yes) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "question", "aria-labelledby": "question", "aria-describedby": "consequence" },
      h("h2", { id: "question" }, question),
      h("p", { id: "consequence" }, consequence),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onclick: () => dialog.close("no"), autofocus: true }, "Go back"),
        h("button", { type: "button", class: "danger", onclick: () => dialog.close("yes") }, yes),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** An input with its label. @param {string} label @param {HTMLElement} input @param {string} [hint] */
export function field(label, input, hint) {
  input.id = `field-${++fields}`;
  const hintId = `${input.id}-hint`;
  if (hint) input.setAttribute("aria-describedby", hintId);
  return h(
    "div",
    { class: "field" },
    h("label", { for: input.id }, label),
    input,
    hint && h("span", { class: "hint", id: hintId }, hint),
  );
}

/** A field that shows what is wrong with it instead of its hint, until its text changes.
 * @param {string} label @param {HTMLInputElement} input @param {string} hint */
export function checkedField(label, input, hint) {
  const element = field(label, input, hint);
  const place = element.querySelector(".hint");
  /** @param {string} problem empty: none */
  function setProblem(problem) {
    setText(place, problem || hint);
    place.classList.toggle("bad", Boolean(problem));
    input.setAttribute("aria-invalid", String(Boolean(problem)));
    if (problem) input.focus();
  }
  input.addEventListener("input", () => setProblem(""));
  return { element, setProblem };
}

/** A button that opens a file dialog and invites people to drop files.
 * @param {string} text @param {string} accept @param {(files: File[]) => void} onFiles
 * @param {boolean} [multiple] */
export function fileDrop(text, accept, onFiles, multiple = false) {
  const input = h("input", { type: "file", accept, multiple, class: "unseen" });
  input.addEventListener("change", () => {
    onFiles([...input.files]);
    input.value = "";
  });
  const element = h("label", { class: "drop" }, input, h("span", {}, text));
  return { element, input };
}

/** Accept files that are dropped on an element.
 * @param {HTMLElement} element @param {(files: File[], dropped: DataTransfer) => void} onFiles */
export function acceptDrops(element, onFiles) {
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("dropping");
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(/** @type {Node} */ (event.relatedTarget))) {
      element.classList.remove("dropping");
    }
  });
  element.addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    element.classList.remove("dropping");
    if (files.length === 0 || !event.dataTransfer) return;
    event.preventDefault();
    onFiles(files, event.dataTransfer);
  });
}
