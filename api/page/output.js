/** The fields for a batch's files: their codec, its settings, and their names. */

import { fill, h } from "./dom.js";
import { checkedField, field } from "./widgets.js";

const CODECS = {
  "MP4, H.264": {
    video_h264_vbr_15mbps: "15 Mbit/s",
    video_h264_vbr_40mbps: "40 Mbit/s",
    video_h264_vbr_5mbps: "5 Mbit/s",
    video_h264_vbr_1mbps: "1 Mbit/s",
  },
  "Other films": {
    video_gif: "GIF",
    video_vp9: "WebM, VP9",
    video_av1: "MP4, AV1",
    video_prores_422: "MOV, ProRes 422",
    video_prores_4444: "MOV, ProRes 4444 with alpha",
  },
  Pictures: { image_png: "PNG", image_jpeg: "JPEG", image_webp: "WebP" },
};

/** @param {() => void} onChange */
export function outputFields(onChange) {
  const groups = Object.entries(CODECS).map(([name, codecs]) =>
    h("optgroup", { label: name }, Object.entries(codecs).map(([value, text]) => h("option", { value }, name.startsWith("MP4") ? `MP4, ${text}` : text))),
  );
  const codec = h("select", { name: "codec" }, groups);
  const quality = h(
    "select",
    { name: "quality", onchange: onChange },
    h("option", { value: "full" }, "Full"),
    h("option", { value: "draft" }, "Draft, half the size"),
  );
  const frame = h("input", { type: "number", name: "frame", min: 0, value: 0, inputmode: "numeric", oninput: onChange });
  const frameField = field("Frame", frame);
  const poster = h("input", { type: "checkbox", name: "poster", onchange: onChange });
  const posterField = h("label", { class: "check" }, poster, "Add a poster to each film");
  const isPicture = () => codec.value.startsWith("image_");
  const show = () => {
    frameField.hidden = !isPicture();
    posterField.hidden = isPicture();
  };
  codec.addEventListener("change", () => {
    show();
    onChange();
  });
  show();

  /** The settings as parameters of a request. */
  function settings() {
    const common = { codec: codec.value, quality: quality.value };
    if (isPicture()) return { ...common, frame: Number(frame.value) };
    return poster.checked ? { ...common, poster: true } : common;
  }

  /** Adapt the fields to a composition. @param {number} frames of the composition */
  function suit(frames) {
    frame.max = frames - 1;
    frame.value = Math.min(Number(frame.value), frames - 1);
    if (frames === 1 && !isPicture()) codec.value = "image_png";
    show();
  }

  /** @param {Record<string, any>} chosen as `settings` returned it */
  function restore(chosen) {
    codec.value = chosen.codec;
    quality.value = chosen.quality;
    frame.value = chosen.frame ?? frame.value;
    poster.checked = Boolean(chosen.poster);
    show();
  }

  return { elements: [field("Output", codec), field("Quality", quality), frameField, posterField], settings, suit, restore };
}

/** The pattern for the names of files, with a button for each column that can be inserted.
 * @param {() => void} onChange */
export function fileNames(onChange) {
  const input = h("input", { type: "text", maxlength: 1000, spellcheck: "false", autocomplete: "off", oninput: onChange });
  const { element, setProblem } = checkedField("File names", input, "Optional. Write words, and columns in braces, which are replaced by the cells of each row.");
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Insert a column" });
  element.classList.add("file-names");
  element.append(chips);

  /** @param {string} text */
  function insert(text) {
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    input.dispatchEvent(new Event("input"));
    input.focus();
  }

  /** @param {string[]} columns */
  function offer(columns) {
    const shown = columns.filter((name) => !/[{}]/.test(name)).map((name) => `{${name}}`);
    if (chips.dataset.shown === shown.join()) return; // a button may have the focus
    chips.dataset.shown = shown.join();
    fill(chips, shown.map((text) => h("button", { type: "button", class: "chip", onclick: () => insert(text) }, text)));
  }

  /** @param {string} pattern */
  const restore = (pattern) => {
    input.value = pattern;
  };
  return { element, setProblem, offer, restore, pattern: () => input.value.trim() };
}
