// Elements that play: their time is the page's, and the engine decodes what they show. Sounds are
// noted down, or rendered beside the frames. Runs before a page's own scripts.
((settings) => {
  "use strict";
  const {
    DOMException, Event, Float32Array, Image, Map, Math, Number, Object, OffscreenCanvas, Promise,
    Set, String, URL, Uint8Array, btoa, console, fetch, performance, requestAnimationFrame,
  } = window; // as they are before a page overwrites them
  const { roots } = window.__reelbatch;
  const RATE = 48000; // samples a second
  const FILES = `${location.origin}/.reelbatch`;
  const LONGEST_PRELUDE = 10; // seconds that may pass before the first frame
  const LONGEST_SOUND = 3600; // seconds of all contexts, at 384 kB each
  const MOST_CONTEXTS = 32;
  const SHORTEST = 0.01; // seconds of what comes to an end: loops are gone through one by one
  const now = () => performance.now() / 1000; // which is not 0 at the first frame
  const players = new Map(); // by their elements
  const stretches = []; // of time in which something sounds
  let changes = 0; // that are on their way

  const fire = (element, ...names) => names.forEach((name) => element.dispatchEvent(new Event(name)));
  const stopNative = (event) => event.isTrusted && event.stopImmediatePropagation();

  class Player {
    constructor(element) {
      this.element = element;
      for (const name of ["error", "loadstart", "suspend", "abort", "emptied", "stalled"]) {
        element.addEventListener(name, stopNative, true); // of the browser's own player, which is off
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

    // Where its sound is now, or from `moment` on
    cut(moment) {
      if (this.stretch) this.stretch.end = moment;
      this.stretch = null;
    }

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

    // The first of an element's sources that plays
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
        this.error = { code: 4, message: "The file is missing, or has nothing that plays." };
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
      if (!Number.isFinite(seconds)) throw new TypeError("currentTime is a number of seconds");
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

    // Once a frame
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

    // The picture of its time, in the place of the poster: no other one comes from elsewhere
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
  const sourceOf = (element) => sourcesOf(element).join(" "); // all that may play
  const describe = async (source) => {
    try {
      const { origin, pathname } = new URL(source, document.baseURI);
      const answer = origin === location.origin && await fetch(`${FILES}/media${pathname}`);
      return answer?.ok ? { ...await answer.json(), url: `${origin}${pathname}` } : null;
    } catch { // what the engine could not open, it has noted
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

  // What draws a video draws its picture.
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

  // A canvas that is drawn elsewhere: the browser would show it now or one frame later.
  const mirrors = new Map(); // what scripts draw, by the contexts that show it
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
      Object.assign(shown.canvas, { width, height }); // which forgets all that is set
      shown.globalCompositeOperation = "copy";
    }
    if (width && height) shown.drawImage(canvas, 0, 0);
  });

  // Web Audio: a context that renders as far as the page's time has come, again and again. Each one
  // holds the sound of the whole film, and has a thread: those that are too many are silent.
  const contexts = [];
  let room = LONGEST_SOUND;
  const offline = OfflineAudioContext.prototype;
  class PageAudioContext extends OfflineAudioContext {
    constructor() {
      const needed = LONGEST_PRELUDE + settings.frames / settings.frameRate - now();
      const length = contexts.length < MOST_CONTEXTS ? Math.max(0, Math.min(needed, room)) : 0;
      super(2, Math.max(128, Math.ceil(length * RATE)), RATE);
      this.begun = now();
      this.until = 0; // samples that are rendered
      if (length < needed) {
        console.warn(`An AudioContext is silent after ${length.toFixed()} seconds: a page has `
          + `${MOST_CONTEXTS} contexts and an hour of their sound. Use one for all sounds`);
      }
      if (length === 0) return;
      room -= length;
      this.going = offline.suspend.call(this, 0); // until then it cannot be resumed
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
      console.warn("What an element plays is heard as it is: for effects use decodeAudioData");
      return this.createGain();
    }
    // One stretch after the other: a context that is on its way refuses to go on.
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

  // "At once" is the page's time, which may be later than what is rendered.
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

  const BYTES = 8; // of a moment in stereo
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
  let zero = 0; // seconds, when the first frame was

  const engine = {
    mirror,
    isSettled: () => changes === 0,
    update: () => {
      roots.forEach((root) => root.querySelectorAll("video, audio").forEach(player));
      players.forEach((each) => each.update());
      contexts.forEach((each) => each.go(now()));
      mirror();
    },
    // What there was to hear until `end`: files with their places, and how many bytes scripts have
    // made. Its seconds count from the first frame.
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
