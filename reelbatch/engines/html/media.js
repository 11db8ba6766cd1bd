// Media elements that follow the page's time. The engine decodes their pictures. Their sounds are
// recorded as a list of clips, and Web Audio is rendered along with the frames. Runs before a page's
// own scripts.
((settings) => {
  "use strict";
  const {
    DOMException, Event, Float32Array, Image, Map, Math, Number, Object, OffscreenCanvas, Promise,
    Set, String, URL, Uint8Array, btoa, console, fetch, performance, requestAnimationFrame,
  } = window; // before a page can overwrite them
  const { roots } = window.__reelbatch;
  const RATE = 48000; // samples per second
  const FILES = `${location.origin}/.reelbatch`;
  const LONGEST_PRELUDE = 10; // seconds that may pass before the first frame
  const LONGEST_SOUND = 3600; // seconds of all contexts together; each second needs 384 kB
  const MOST_CONTEXTS = 32;
  const SHORTEST = 0.01; // seconds; shorter media never end, since every loop is a step of its own
  const now = () => performance.now() / 1000; // not 0 at the first frame
  const players = new Map(); // by element
  const stretches = []; // periods in which a file sounds
  let changes = 0; // that are still pending

  const fire = (element, ...names) => names.forEach((name) => element.dispatchEvent(new Event(name)));
  const stopNative = (event) => event.isTrusted && event.stopImmediatePropagation();

  class Player {
    constructor(element) {
      this.element = element;
      for (const name of ["error", "loadstart", "suspend", "abort", "emptied", "stalled"]) {
        element.addEventListener(name, stopNative, true); // the browser's own player is off
      }
      this.forget("");
    }

    forget(source) {
      this.cut(now());
      Object.assign(this, {
        source, info: null, error: null, position: 0, since: now(), isPlaying: false,
        hasBegun: false, isEnded: false, picture: null, shown: "", showing: null, seeks: null,
        callbacks: new Map(),
      });
    }

    get rate() {
      return this.element.playbackRate;
    }

    get time() {
      const passed = this.isPlaying && this.info ? (now() - this.since) * this.rate : 0;
      return Math.max(0, Math.min(this.position + passed, this.info?.duration ?? Infinity));
    }

    // End the period in which the element sounds.
    cut(moment) {
      if (this.stretch) this.stretch.end = moment;
      this.stretch = null;
    }

    // Begin a period if the element sounds, and its volume or its speed has changed.
    sound(moment) {
      const { element, info } = this;
      const gain = element.muted ? 0 : element.volume;
      if (this.stretch?.gain === gain && this.stretch.rate === this.rate) return;
      this.cut(moment);
      if (!this.isPlaying || !info?.sound || !gain || this.rate <= 0) return;
      const position = this.position + (moment - this.since) * this.rate;
      this.stretch = { path: info.path, start: moment, end: null, position, rate: this.rate, gain };
      stretches.push(this.stretch);
    }

    hold(position, moment) {
      this.cut(moment);
      this.position = position;
      this.since = moment;
    }

    // Load the first of the element's sources that can be played.
    async load(source) {
      this.forget(source);
      const { element } = this;
      changes += 1;
      for (const each of sourcesOf(element)) {
        const info = await describe(each);
        if (this.source !== source) break;
        this.info = info;
        if (info) break;
      }
      changes -= 1;
      if (this.source !== source) return;
      if (!this.info) {
        this.error = { code: 4, message: "The file is missing, or cannot be played." };
        fire(element, "error");
        return;
      }
      this.since = now();
      fire(element, "loadstart", "durationchange", "loadedmetadata", "loadeddata", "canplay",
        "canplaythrough");
      if (this.isPlaying) fire(element, "playing");
      else if (element.autoplay) this.play();
      this.show();
    }

    play() {
      if (this.isPlaying) return;
      this.hold(this.isEnded ? 0 : this.position, now());
      this.isPlaying = this.hasBegun = true;
      this.isEnded = false;
      fire(this.element, "play", ...(this.info ? ["playing"] : []));
      this.sound(now());
    }

    pause() {
      if (!this.isPlaying) return;
      this.hold(this.time, now());
      this.isPlaying = false;
      fire(this.element, "timeupdate", "pause");
    }

    seek(seconds) {
      if (!Number.isFinite(seconds)) throw new TypeError("currentTime must be a number of seconds");
      this.hold(Math.max(0, Math.min(seconds, this.info?.duration ?? seconds)), now());
      this.hasBegun = true;
      this.isEnded = false;
      const seek = this.seeks = {};
      fire(this.element, "seeking", "timeupdate");
      this.sound(now());
      this.show().then(() => {
        if (this.seeks !== seek) return;
        this.seeks = null;
        fire(this.element, "seeked");
      });
    }

    // Called once per frame
    update() {
      const source = sourceOf(this.element);
      if (source !== this.source) {
        if (source) this.load(source);
        else this.forget("");
        return;
      }
      if (!this.info || !this.isPlaying) return;
      const { duration } = this.info;
      while (this.rate > 0 && this.isPlaying) {
        const end = this.since + (duration - this.position) / this.rate;
        if (end > now() + 1e-6 || duration < SHORTEST) break;
        this.hold(this.element.loop ? 0 : duration, end);
        if (!this.element.loop) {
          this.isPlaying = false;
          this.isEnded = true;
          fire(this.element, "timeupdate", "pause", "ended");
        } else this.sound(end);
      }
      this.sound(now());
      if (this.isPlaying) fire(this.element, "timeupdate");
      this.show();
    }

    // Show the picture of the current time as the poster, which the browser draws.
    show() {
      const { element, info } = this;
      const isPoster = !this.hasBegun && element.hasAttribute("poster") && !this.shown;
      if (!info?.width || isPoster) return Promise.resolve();
      const url = `${FILES}/picture/${info.file}?at=${Math.round(this.time * 1e6)}`;
      if (url === this.shown) return this.showing;
      this.shown = url;
      changes += 1;
      const picture = new Image();
      this.showing = new Promise((done) => {
        picture.onload = () => done(this.take(picture));
        picture.onerror = done;
      }).finally(() => {
        changes -= 1;
      });
      picture.src = url;
      return this.showing;
    }

    take(picture) {
      const { callbacks, info } = this;
      this.picture = picture;
      this.element.poster = picture.src;
      this.callbacks = new Map();
      for (const run of callbacks.values()) {
        requestAnimationFrame((time) => run(time, { mediaTime: this.time, width: info.width,
          height: info.height, presentationTime: time, expectedDisplayTime: time,
          presentedFrames: 1 }));
      }
    }
  }

  const player = (element) => {
    if (!players.has(element)) players.set(element, new Player(element));
    return players.get(element);
  };
  const loaded = (element) => {
    const found = player(element);
    const source = sourceOf(element);
    if (source && source !== found.source) found.load(source);
    return found;
  };
  const sourcesOf = (element) => {
    const own = element.getAttribute("src");
    const others = own === null ? [...element.querySelectorAll("source[src]")] : [];
    return own === null ? others.map((each) => each.getAttribute("src")) : [own];
  };
  const sourceOf = (element) => sourcesOf(element).join(" "); // all that may be played
  const describe = async (source) => {
    try {
      const { origin, pathname } = new URL(source, document.baseURI);
      const response = origin === location.origin && await fetch(`${FILES}/media${pathname}`);
      return response?.ok ? { ...await response.json(), url: `${origin}${pathname}` } : null;
    } catch { // the engine reports files that it cannot open
      if (!URL.canParse(source, document.baseURI)) {
        console.warn(`${source.slice(0, 80)} is not the address of a file`);
      }
      return null;
    }
  };

  const ranges = (element) => {
    const end = player(element).info?.duration;
    const check = (at) => {
      if (at !== 0 || !end) throw new DOMException("There is no such range", "IndexSizeError");
    };
    return { length: end ? 1 : 0, start: (at) => (check(at), 0), end: (at) => (check(at), end) };
  };
  const define = (holder, members) =>
    Object.defineProperties(holder, Object.getOwnPropertyDescriptors(members));
  define(HTMLMediaElement.prototype, {
    get currentTime() { return player(this).time; },
    set currentTime(seconds) { loaded(this).seek(Number(seconds)); },
    get duration() { return player(this).info?.duration ?? NaN; },
    get paused() { return !player(this).isPlaying; },
    get ended() { return player(this).isEnded; },
    get seeking() { return player(this).seeks !== null; },
    get readyState() { return player(this).info ? 4 : 0; },
    get networkState() { return player(this).info ? 1 : 0; },
    get error() { return player(this).error; },
    get currentSrc() { return player(this).info?.url ?? ""; },
    get buffered() { return ranges(this); },
    get seekable() { return ranges(this); },
    get played() { return ranges(this); },
    async play() { loaded(this).play(); },
    pause() { player(this).pause(); },
    load() { player(this).forget(""); loaded(this); },
    fastSeek(seconds) { this.currentTime = seconds; },
    canPlayType: (type) => (/^(video|audio)\//.test(type) ? "probably" : ""),
  });
  let lastCallback = 0;
  define(HTMLVideoElement.prototype, {
    get videoWidth() { return player(this).info?.width ?? 0; },
    get videoHeight() { return player(this).info?.height ?? 0; },
    requestVideoFrameCallback(run) { player(this).callbacks.set(++lastCallback, run);
      return lastCallback; },
    cancelVideoFrameCallback(id) { player(this).callbacks.delete(id); },
  });
  window.Audio = function Audio(source) {
    const element = document.createElement("audio");
    if (source !== undefined) element.src = source;
    return element;
  };
  window.Audio.prototype = HTMLAudioElement.prototype;

  // Functions that draw a video draw its current picture instead.
  const nothing = new OffscreenCanvas(1, 1);
  const drawn = (value) =>
    value instanceof HTMLVideoElement ? (player(value).picture ?? nothing) : value;
  const replace = (holder, ...names) => names.forEach((name) => {
    const original = holder?.[name];
    if (original) {
      holder[name] = function (...given) { return original.apply(this, given.map(drawn)); };
    }
  });
  replace(CanvasRenderingContext2D.prototype, "drawImage", "createPattern");
  replace(OffscreenCanvasRenderingContext2D.prototype, "drawImage", "createPattern");
  replace(WebGLRenderingContext.prototype, "texImage2D", "texSubImage2D");
  replace(WebGL2RenderingContext.prototype, "texImage2D", "texSubImage2D", "texImage3D",
    "texSubImage3D");
  replace(window, "createImageBitmap");

  // Canvases that are drawn off screen: the browser would show them in this frame or the next.
  const mirrors = new Map(); // canvases that scripts draw, by the context that shows them
  HTMLCanvasElement.prototype.transferControlToOffscreen = function () {
    const shown = this.getContext("2d");
    if (!shown) throw new DOMException("The canvas has a context", "InvalidStateError");
    const canvas = new OffscreenCanvas(this.width, this.height);
    shown.globalCompositeOperation = "copy";
    mirrors.set(shown, canvas);
    return canvas;
  };
  const mirror = () => mirrors.forEach((canvas, shown) => {
    const { width, height } = canvas;
    if (shown.canvas.width !== width || shown.canvas.height !== height) {
      Object.assign(shown.canvas, { width, height }); // this resets the context
      shown.globalCompositeOperation = "copy";
    }
    if (width && height) shown.drawImage(canvas, 0, 0);
  });

  // Web Audio: a context that is rendered up to the page's time in each frame. Each context holds the
  // sound of the whole film and has a thread, so contexts beyond the limit are silent.
  const contexts = [];
  let room = LONGEST_SOUND;
  const offline = OfflineAudioContext.prototype;
  class PageAudioContext extends OfflineAudioContext {
    constructor() {
      const needed = LONGEST_PRELUDE + settings.frames / settings.frameRate - now();
      const length = contexts.length < MOST_CONTEXTS ? Math.max(0, Math.min(needed, room)) : 0;
      super(2, Math.max(128, Math.ceil(length * RATE)), RATE);
      this.begun = now();
      this.until = 0; // samples rendered so far
      if (length < needed) {
        console.warn(`An AudioContext is silent after ${length.toFixed()} seconds: a page may have `
          + `${MOST_CONTEXTS} contexts with an hour of sound in all. Use one for all sounds`);
      }
      if (length === 0) return;
      room -= length;
      this.going = offline.suspend.call(this, 0); // before that it cannot be resumed
      this.rendered = offline.startRendering.call(this);
      contexts.push(this);
    }
    get currentTime() { return now() - this.begun; }
    get state() { return "running"; }
    get baseLatency() { return 0; }
    get outputLatency() { return 0; }
    async resume() {}
    async suspend() {}
    async close() {}
    getOutputTimestamp() {
      return { contextTime: this.currentTime, performanceTime: performance.now() };
    }
    createMediaElementSource() {
      console.warn("An element's sound is played without effects: use decodeAudioData for them");
      return this.createGain();
    }
    // Render one step after the other: a context that is rendering cannot be resumed.
    go(seconds) {
      changes += 1;
      this.going = this.going.then(() => this.render(seconds)).finally(() => {
        changes -= 1;
      });
      return this.going;
    }
    async render(seconds) {
      const due = Math.floor(((seconds - this.begun) * RATE) / 128) * 128;
      const target = Math.min(due, this.length);
      if (target <= this.until) return;
      this.until = target;
      const there = target < this.length ? offline.suspend.call(this, target / RATE) : this.rendered;
      await offline.resume.call(this);
      await there;
    }
  }
  window.AudioContext = window.webkitAudioContext = PageAudioContext;

  // A sound never starts before the page's time, which may be ahead of what has been rendered.
  const notBefore = (holder, name) => {
    const original = holder[name];
    holder[name] = function (when = 0, ...rest) {
      const { context } = this;
      const is = context instanceof PageAudioContext;
      return original.call(this, is ? Math.max(when, context.currentTime) : when, ...rest);
    };
  };
  notBefore(AudioScheduledSourceNode.prototype, "start");
  notBefore(AudioScheduledSourceNode.prototype, "stop");
  notBefore(AudioBufferSourceNode.prototype, "start");

  const BYTES = 8; // per stereo sample
  const packed = (buffer, from, to) => {
    const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
    const samples = new Float32Array(2 * (to - from));
    for (let at = from; at < to; at++) {
      samples[2 * (at - from)] = left[at];
      samples[2 * (at - from) + 1] = right[at];
    }
    return new Uint8Array(samples.buffer);
  };
  const isHeard = (buffer) => [0, 1].some((each) => buffer.getChannelData(each).some(Boolean));
  let tones = [];
  let zero = 0; // seconds, at the first frame

  const engine = {
    mirror,
    isSettled: () => changes === 0,
    update: () => {
      roots.forEach((root) => root.querySelectorAll("video, audio").forEach(player));
      players.forEach((each) => each.update());
      contexts.forEach((each) => each.go(now()));
      mirror();
    },
    // Complete the sound up to `end`, in seconds since the first frame. `sounds` then returns the
    // periods of files, and the sizes of the sounds that scripts have made.
    finish: (end) => {
      zero = now() - window.reelbatch.time;
      players.forEach((each) => each.cut(zero + end));
      changes += 1;
      Promise.all(contexts.map(async (context) => {
        await context.go(Infinity);
        const [start, buffer] = [context.begun - zero, await context.rendered];
        const length = Math.max(0, Math.min(buffer.length, Math.ceil((end - start) * RATE)));
        return { start, buffer, size: BYTES * length };
      })).then((found) => {
        tones = found.filter(({ buffer }) => isHeard(buffer));
      }).finally(() => {
        changes -= 1;
      });
    },
    sounds: () => ({
      stretches: stretches.map((each) =>
        ({ ...each, start: each.start - zero, end: each.end - zero })),
      tones: tones.map(({ start, size }) => ({ start, size })),
    }),
    bytes: (number, from, to) => {
      const { buffer, size } = tones[number];
      const part = packed(buffer, from / BYTES, Math.min(to, size) / BYTES);
      let text = "";
      for (let at = 0; at < part.length; at += 8192) {
        text += String.fromCharCode(...part.subarray(at, at + 8192));
      }
      return btoa(text);
    },
  };
  Object.defineProperty(window, "__reelbatchMedia", { value: Object.freeze(engine) });
})
