/** Whether the server responds: requests report it, and a line at the top of the page shows it. */

let reachable = true;

/** @param {boolean} now */
export function reportReachable(now) {
  reachable = now;
  show();
}

/** Wait, but only until the device is online again.
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

/** Repeat something, more slowly while the tab is hidden.
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
    ? "This device is offline. What you see may be out of date."
    : "The server is not responding. Trying again …";
  line.hidden = navigator.onLine && reachable;
  if (!line.hidden && line.textContent !== text) line.textContent = text;
}

addEventListener("online", show);
addEventListener("offline", show);
