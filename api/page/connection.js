/** Whether the server answers: requests report it, and a line at the top of the page says it. */

let reachable = true;

/** @param {boolean} now */
export function reportReachable(now) {
  reachable = now;
  show();
}

/** Wait, but not past the moment when the device is online again.
 * @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

/** Do something again and again, more slowly while nobody looks.
 * @param {() => Promise<number>} work resolves with the milliseconds until the next time
 * @param {AbortSignal} signal */
export async function repeat(work, signal) {
  while (!signal.aborted) {
    const milliseconds = await work();
    await pause(document.hidden ? 4 * milliseconds : milliseconds, signal);
  }
}

function show() {
  const line = /** @type {HTMLElement} */ (document.getElementById("offline"));
  const text = !navigator.onLine
    ? "This device is offline. What you see may be old."
    : "The server does not answer. Trying again …";
  line.hidden = navigator.onLine && reachable;
  if (!line.hidden && line.textContent !== text) line.textContent = text;
}

addEventListener("online", show);
addEventListener("offline", show);
