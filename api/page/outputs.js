/** Several outputs per row: in addition to the batch's own, each has a composition, a codec and a suffix for its file names. */

import { fill, h } from "./dom.js";
import { outputFields } from "./output.js";
import { field } from "./widgets.js";

const MOST = 20; // outputs of a batch

/** @typedef {{composition: string, name?: string, settings: Record<string, any>}} Output as the API accepts it */

/** @param {() => void} onChange */
export function furtherOutputs(onChange) {
  /** @type {ReturnType<typeof furtherOutput>[]} */
  let outputs = [];
  /** @type {any[]} */
  let compositions = [];
  const own = nameInput(onChange);
  const ownField = field("File name suffix", own, "For the files of the first output.");
  const list = h("div", { class: "outputs" });
  const more = h("button", { type: "button", onclick: () => add().focus() }, "Add an output");
  const element = h("div", { class: "wide" }, list, more);
  show();

  function show() {
    ownField.hidden = outputs.length === 0;
    more.hidden = outputs.length >= MOST - 1;
    fill(list, outputs.map((output, at) => output.elementAt(at + 2)));
  }

  /** @param {Output} [chosen] */
  function add(chosen) {
    const output = furtherOutput(compositions, onChange, () => {
      outputs = outputs.filter((each) => each !== output);
      show();
      more.focus();
      onChange();
    }, chosen);
    outputs.push(output);
    show();
    onChange();
    return output;
  }

  /** All outputs as a parameter of a request; nothing if there is only one.
   * @param {string} composition of the first one @param {Record<string, any>} settings */
  function query(composition, settings) {
    if (outputs.length === 0) return {};
    const all = [asOutput(composition, own.value, settings), ...outputs.map((output) => output.chosen())];
    return { outputs: JSON.stringify(all) };
  }

  /** @param {string | undefined} text as `query` returned it */
  function restore(text) {
    const [first, ...rest] = /** @type {Output[]} */ (text ? JSON.parse(text) : []);
    own.value = first?.name ?? "";
    for (const each of rest) add(each);
  }

  /** Offer the compositions of another template. @param {any[]} found */
  function offer(found) {
    compositions = found;
    outputs = [];
    show();
  }
  return { element, ownField, query, restore, offer, number: () => outputs.length + 1 };
}

/** @param {any[]} compositions @param {() => void} onChange @param {() => void} onRemove @param {Output} [chosen] */
function furtherOutput(compositions, onChange, onRemove, chosen) {
  const composition = h("select", { onchange: () => chooseComposition() }, compositions.map(({ name }) => h("option", {}, name)));
  const output = outputFields(onChange);
  const name = nameInput(onChange);
  name.value = chosen?.name ?? "";
  if (chosen) composition.value = chosen.composition;
  fitFrames();
  if (chosen) output.restore({ ...chosen.settings, frame: chosen.settings.frames });
  const legend = h("legend", {});
  const remove = h("button", { type: "button", class: "quiet", onclick: onRemove }, "Remove");
  const element = h("fieldset", {}, legend, h("div", { class: "fields" }, field("Composition", composition), output.elements, field("File name suffix", name), remove));

  function fitFrames() {
    output.suit(compositions.find((each) => each.name === composition.value)?.data.frames ?? 1);
  }

  function chooseComposition() {
    fitFrames();
    onChange();
  }

  /** @param {number} number */
  function elementAt(number) {
    legend.textContent = `Output ${number}`;
    remove.setAttribute("aria-label", `Remove output ${number}`);
    return element;
  }
  return { elementAt, chosen: () => asOutput(composition.value, name.value, output.settings()), focus: () => composition.focus() };
}

/** @param {() => void} onChange */
const nameInput = (onChange) => h("input", { type: "text", maxlength: 100, autocomplete: "off", placeholder: "square", oninput: onChange });

/** @param {string} composition @param {string} name @param {Record<string, any>} settings @returns {Output} */
function asOutput(composition, name, { frame, ...settings }) {
  const chosen = frame === undefined ? settings : { ...settings, frames: frame };
  return { composition, settings: chosen, ...(name.trim() && { name: name.trim() }) };
}
