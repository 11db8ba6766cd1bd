/** Pictures and films of the outputs that browsers can show. */

import { ownAddress } from "./client.js";
import { h } from "./dom.js";

const PICTURES = new Set(["png", "jpg", "jpeg", "webp", "gif"]);
const FILMS = new Set(["mp4", "webm"]);
const SMALL_FILM = 8e6; // bytes; larger ones are not loaded as thumbnails

/** @typedef {import("./jobs.js").BatchJob} BatchJob */

/** @param {string} address */
function extension(address) {
  const { pathname } = new URL(address);
  return pathname.slice(pathname.lastIndexOf(".") + 1).toLowerCase();
}

/** @param {BatchJob} job @returns {string | null} */
function shownAddress(job) {
  if (job.state !== "finished" || !job.outputUrl) return null;
  return ownAddress(job.outputUrl);
}

/** The poster of a film that is finished, or null. @param {BatchJob} job */
function posterAddress(job) {
  return job.state === "finished" && job.posterUrl ? ownAddress(job.posterUrl) : null;
}

/** @param {BatchJob} job */
export function hasThumbnail(job) {
  if (posterAddress(job)) return true;
  const address = shownAddress(job);
  if (!address) return false;
  const isSmall = (job.result?.size ?? 0) <= SMALL_FILM; // unknown while the batch is running
  return PICTURES.has(extension(address)) || (FILMS.has(extension(address)) && isSmall);
}

/** @param {BatchJob} job one that has a thumbnail */
export function thumbnail(job) {
  const address = posterAddress(job) ?? /** @type {string} */ (shownAddress(job));
  if (PICTURES.has(extension(address))) return h("img", { src: address, alt: "", decoding: "async" });
  const shown = film(address, { preload: "metadata", tabindex: -1, "aria-hidden": "true" });
  shown.addEventListener("loadedmetadata", () => {
    shown.currentTime = shown.duration / 2; // films often start with an empty picture
  });
  return shown;
}

/** The output as the panel shows it, or null. @param {BatchJob} job */
export function preview(job) {
  const address = shownAddress(job);
  if (!address) return null;
  const name = `Output of job ${job.number}`;
  if (PICTURES.has(extension(address))) return h("img", { class: "output", src: address, alt: name });
  const poster = posterAddress(job);
  if (FILMS.has(extension(address))) return film(address, { class: "output", controls: true, loop: true, poster, "aria-label": name });
  return poster && h("img", { class: "output", src: poster, alt: `Poster of job ${job.number}` });
}

/** @param {string} address @param {Record<string, any>} attributes */
function film(address, attributes) {
  const element = h("video", { playsinline: true, ...attributes });
  element.muted = true;
  element.src = address;
  return element;
}
