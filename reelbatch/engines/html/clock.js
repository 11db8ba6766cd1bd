// Runs before a page's own scripts, as `clock(settings)`: from then on time passes only when a
// frame is due. docs/html.md tells authors what it gives them.
((settings) => {
  "use strict";
  const START = Date.UTC(2025, 0, 1); // what Date tells at frame 0
  const MOST_TIMERS = 100000; // that run for one frame
  let now = 0; // milliseconds

  // Dates and clocks
  const RealDate = Date;
  const tell = () => START + now;
  window.Date = new Proxy(RealDate, {
    construct: (target, given, as) =>
      Reflect.construct(target, given.length ? given : [tell()], as === window.Date ? target : as),
    apply: () => new RealDate(tell()).toString(),
    get: (target, name) => (name === "now" ? tell : Reflect.get(target, name)),
  });
  RealDate.prototype.constructor = window.Date;
  Performance.prototype.now = () => now;
  Object.defineProperty(AnimationTimeline.prototype, "currentTime", { get: () => now });

  // Chance that is the same each time: mulberry32
  let seed = 0x5eed;
  Math.random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  // Timers
  let last = 0;
  const timers = new Map();
  const add = (run, delay, given, every) => {
    const wait = Math.max(1, Number(delay) || 0);
    const call = typeof run === "function" ? () => run(...given) : () => (0, eval)(String(run));
    timers.set(++last, { at: now + wait, every: every ? wait : 0, call });
    return last;
  };
  window.setTimeout = (run, delay, ...given) => add(run, delay, given, false);
  window.setInterval = (run, delay, ...given) => add(run, delay, given, true);
  window.requestIdleCallback = (run) =>
    add(run, 1, [{ didTimeout: false, timeRemaining: () => 50 }], false);
  window.clearTimeout = window.clearInterval = window.cancelIdleCallback = (id) => {
    timers.delete(id);
  };

  let frameCallbacks = new Map();
  window.requestAnimationFrame = (run) => {
    frameCallbacks.set(++last, run);
    return last;
  };
  window.cancelAnimationFrame = (id) => {
    frameCallbacks.delete(id);
  };

  const protect = (run) => {
    try {
      run();
    } catch (error) {
      reportError(error);
    }
  };
  const next = (end) => {
    let found = null;
    for (const [id, timer] of timers) {
      if (timer.at <= end && (!found || timer.at < found[1].at)) found = [id, timer];
    }
    return found;
  };
  const runTimers = async (end) => {
    for (let count = 0, due; (due = next(end)); count++) {
      if (count === MOST_TIMERS) throw new Error("timers start timers without end");
      const [id, timer] = due;
      now = Math.max(now, timer.at);
      if (timer.every) timer.at += timer.every;
      else timers.delete(id);
      protect(timer.call);
      await null;
    }
  };

  // Animations of CSS, of scripts and of SVG: the browser's own time stands still, and each is put
  // where it is at this frame, counted from the frame in which it began.
  const begun = new WeakMap();
  const putAnimations = () => {
    for (const animation of document.getAnimations()) {
      if (!begun.has(animation)) {
        const isOurs =
          animation.playState === "running" && animation.timeline === document.timeline;
        begun.set(animation, isOurs ? now : null);
        if (isOurs) animation.pause();
      }
      const start = begun.get(animation);
      if (start !== null) animation.currentTime = (now - start) * animation.playbackRate;
    }
    for (const drawing of document.querySelectorAll("svg")) {
      if (drawing.ownerSVGElement) continue;
      drawing.pauseAnimations();
      drawing.setCurrentTime(now / 1000);
    }
  };

  // What pages may use
  const waited = [];
  const reelbatch = {
    data: settings.data,
    width: settings.width,
    height: settings.height,
    frameRate: settings.frameRate,
    frames: settings.frames,
    get time() {
      return now / 1000;
    },
    get frame() {
      return Math.round((now / 1000) * settings.frameRate);
    },
    wait: (promise) => {
      waited.push(promise);
      return promise;
    },
  };
  Object.defineProperty(window, "reelbatch", { value: Object.freeze(reelbatch) });

  const color = (value) => {
    const [red, green, blue, alpha = 1] = value.map((part, at) => (at < 3 ? part * 255 : part));
    return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
  };
  const fill = () => {
    for (const element of document.querySelectorAll("[data-layer]")) {
      const layer = element.dataset.layer;
      if (layer in settings.pictures) element.src = settings.pictures[layer];
      else if (layer in settings.texts) element.textContent = settings.texts[layer];
      for (const [name, value] of Object.entries(settings.properties[layer] ?? {})) {
        const isColor = Array.isArray(value) && (value.length === 3 || value.length === 4);
        element.style.setProperty(name, isColor ? color(value) : String(value));
      }
    }
  };
  document.addEventListener("DOMContentLoaded", fill, { once: true });

  const settled = async () => {
    for (let count = 0; count < waited.length; count++) await waited[count];
    waited.length = 0;
    await document.fonts.ready;
    const pictures = [...document.images].filter((picture) => picture.src);
    await Promise.allSettled(pictures.map((picture) => picture.decode()));
  };

  // Called from outside once a frame, in order.
  const step = async (time) => {
    if (time === 0) await settled();
    await runTimers(time);
    now = time;
    putAnimations();
    const callbacks = frameCallbacks;
    frameCallbacks = new Map();
    for (const run of callbacks.values()) protect(() => run(now));
    await settled();
    putAnimations();
  };
  Object.defineProperty(window, "__reelbatchStep", { value: step });
})
