// Runs before a page's own scripts. docs/html.md describes what it offers to authors.
((settings) => {
  "use strict";
  const {
    Array, CSS, Map, Math, Object, Promise, Set, String, TypeError, WeakMap, reportError,
  } = window;
  const START = Date.UTC(2025, 0, 1); // the page's Date at frame 0

  // Clocks are the browser's own, in a virtual time that the engine controls. They show tenths of a
  // millisecond, since anything finer is noise that differs from run to run.
  const round = (milliseconds) => Math.round(milliseconds * 10) / 10;
  const rounded = (holder, name) => {
    const { get, value, ...rest } = Object.getOwnPropertyDescriptor(holder, name);
    const replaced = value
      ? { value: function now() { return round(value.call(this)); } }
      : { get() { return round(get.call(this)); } };
    Object.defineProperty(holder, name, { ...rest, ...replaced });
  };
  rounded(Performance.prototype, "now");
  rounded(Event.prototype, "timeStamp");
  rounded(PerformanceEntry.prototype, "startTime");
  Object.defineProperty(Performance.prototype, "timeOrigin", { get: () => START });
  const now = performance.now.bind(performance);

  // Random numbers that are the same in every run: mulberry32
  let seed = 0x5eed;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  Math.random = random;
  Crypto.prototype.getRandomValues = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at++) bytes[at] = random() * 256;
    return array;
  };
  Crypto.prototype.randomUUID = () =>
    "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
      (digit ^ ((random() * 16) >> (digit / 4))).toString(16));

  // A frame that is drawn again, because something came too late for it, still counts once.
  const requestNative = window.requestAnimationFrame.bind(window);
  let last = 0;
  let drawn = -1;
  let isRequested = false;
  let waiting = new Map();
  let due = new Map();
  const requestFrame = () => {
    if (!isRequested) requestNative(runCallbacks);
    isRequested = true;
  };
  const runCallbacks = (moment) => {
    const time = round(moment);
    isRequested = false;
    if (time === drawn) return requestFrame();
    drawn = time;
    [due, waiting] = [waiting, new Map()];
    for (const [id, run] of due) {
      if (!due.delete(id)) continue;
      try {
        run(time);
      } catch (error) {
        reportError(error);
      }
    }
    window.__reelbatchMedia.mirror();
  };
  window.requestAnimationFrame = (run) => {
    if (typeof run !== "function") throw new TypeError("requestAnimationFrame needs a function");
    waiting.set(++last, run);
    requestFrame();
    return last;
  };
  window.cancelAnimationFrame = (id) => {
    waiting.delete(id);
    due.delete(id);
  };

  // The team's fonts, which the browser loads when they are used
  for (const { family, url, ...style } of settings.fonts) {
    document.fonts.add(new FontFace(family, `url(${url})`, style));
  }

  // The API for pages
  let zero = 0; // milliseconds, at the first frame
  const waited = new Set();
  const reelbatch = {
    data: settings.data,
    width: settings.width,
    height: settings.height,
    frameRate: settings.frameRate,
    frames: settings.frames,
    get time() {
      return (now() - zero) / 1000;
    },
    get frame() {
      return Math.round(((now() - zero) / 1000) * settings.frameRate);
    },
    wait: (promise) => {
      waited.add(promise);
      const done = () => waited.delete(promise);
      Promise.resolve(promise).then(done, (error) => {
        done();
        reportError(error);
      });
      return promise;
    },
  };
  Object.defineProperty(window, "reelbatch", { value: Object.freeze(reelbatch) });

  const color = (value) => {
    const [red, green, blue, alpha = 1] = value.map((part, at) => (at < 3 ? part * 255 : part));
    return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
  };
  const problems = [];
  const places = { img: "src", source: "srcset", image: "href", video: "src", audio: "src" };
  const fillElement = (element, layer) => {
    const tag = `<${element.localName}>`;
    const note = (code, message) => problems.push({ code, message, layer });
    if (layer in settings.files) {
      const place = places[element.localName];
      if (place) element.setAttribute(place, settings.files[layer]);
      else note("LAYER_NOT_FILLED", `${tag} cannot show a file: use an <img>, <video> or <audio>`);
    } else if (layer in settings.texts) {
      if (element.matches("img, video, audio, source, image")) {
        note("LAYER_NOT_FILLED", `${tag} cannot show text`);
      } else if (element.matches("input, textarea")) element.value = settings.texts[layer];
      else element.textContent = settings.texts[layer];
    }
    for (const [name, value] of Object.entries(settings.properties[layer] ?? {})) {
      const isColor = Array.isArray(value) && (value.length === 3 || value.length === 4);
      const style = isColor ? color(value) : String(value);
      element.style.setProperty(name, style);
      if (!name.startsWith("--") && !CSS.supports(name, style)) {
        note("STYLE_NOT_UNDERSTOOD", `CSS has no ${name.slice(0, 80)}: ${style.slice(0, 80)}`);
      }
    }
  };
  const fill = () => {
    for (const element of document.querySelectorAll("[data-layer]")) {
      fillElement(element, element.dataset.layer);
    }
  };
  document.addEventListener("DOMContentLoaded", fill, { once: true });

  const roots = new Set([document]); // the document and all shadow roots
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (...given) {
    const root = attachShadow.apply(this, given);
    roots.add(root);
    return root;
  };
  document.addEventListener("DOMContentLoaded", () => { // shadow roots in the page's HTML
    document.querySelectorAll("*").forEach((each) => each.shadowRoot && roots.add(each.shadowRoot));
  }, { once: true });

  // Characters beyond Latin that the page shows. Text nodes are read once, and again after they have
  // changed. A MutationObserver here would make the page's own observers run earlier.
  const RARE = /[^\0-\u024f\p{Cs}]/gu;
  const MOST_RARE = 5000;
  const UNSEEN = new Set(["desc", "metadata", "noscript", "script", "style", "title"]);
  const rare = new Set();
  const read = new WeakMap(); // the text of roots and text nodes when they were last read
  const walk = document.createTreeWalker.bind(document);
  const { SHOW_TEXT } = NodeFilter;
  const readText = (text) => {
    if (rare.has(text) || rare.size >= MOST_RARE || text.search(RARE) < 0) return;
    text.normalize().match(RARE)?.forEach((character) => rare.add(character));
  };
  const readRoot = (root) => {
    if (!root.isConnected) return;
    const text = (root === document ? document.documentElement : root)?.textContent ?? "";
    if (text === read.get(root) || text.search(RARE) < 0) return;
    read.set(root, text);
    const nodes = walk(root, SHOW_TEXT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      const { data, parentNode } = node;
      if (data === read.get(node) || UNSEEN.has(parentNode.localName)) continue;
      read.set(node, data);
      readText(data);
    }
  };
  for (const { prototype } of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
    for (const name of ["fillText", "strokeText"]) {
      const original = prototype[name];
      prototype[name] = function (...given) {
        original.apply(this, given);
        if (typeof given[0] === "string") readText(given[0]);
      };
    }
  }

  // The API for the engine
  const engine = {
    problems,
    roots,
    readTexts: () => roots.forEach(readRoot),
    // null: the page has fonts of its own, which may have any character
    rareCharacters: () =>
      document.fonts.size > settings.fonts.length ? null : [...rare].join(""),
    isSettled: () => {
      document.querySelectorAll("img[loading=lazy]").forEach((each) => {
        each.loading = "eager"; // nobody scrolls to them in a film
      });
      return waited.size === 0 &&
        document.fonts.status === "loaded" &&
        [...document.images].every((picture) => picture.complete);
    },
    // Stop waiting for promises; returns whether there were any.
    waitNoMore: () => {
      const isWaiting = waited.size > 0;
      waited.clear();
      return isWaiting;
    },
    begin: () => {
      zero = now();
    },
  };
  Object.defineProperty(window, "__reelbatch", { value: Object.freeze(engine) });
})
