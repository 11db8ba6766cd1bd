/** A batch's rate and its remaining time, estimated from its last minute. */

import { count, duration } from "./format.js";

const WINDOW = 60_000; // milliseconds

export class Pace {
  /** @type {{at: number, done: number}[]} */
  #seen = [];

  /** @param {number} done jobs @param {number} [at] milliseconds since 1970 */
  note(done, at = Date.now()) {
    this.#seen.push({ at, done });
    while (this.#seen.length > 2 && this.#seen[1].at <= at - WINDOW) this.#seen.shift();
  }

  /** The rate and the remaining time; empty while they are unknown. @param {number} pending jobs */
  text(pending) {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!last || pending === 0 || last.done <= first.done || last.at <= first.at) return "";
    const perSecond = (1000 * (last.done - first.done)) / (last.at - first.at);
    return `${rate(perSecond)}, about ${duration(Math.max(1, Math.round(pending / perSecond)))} left`;
  }
}

/** @param {number} perSecond */
function rate(perSecond) {
  const perMinute = 60 * perSecond;
  if (perSecond >= 1) return `${count(Math.round(10 * perSecond) / 10)} a second`;
  return perMinute >= 1 ? `${count(Math.round(perMinute))} a minute` : `${count(Math.max(1, Math.round(60 * perMinute)))} an hour`;
}
