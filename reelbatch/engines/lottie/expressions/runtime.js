// Everything that After Effects and lottie-web offer to an expression, on top of a Lottie document's JSON.
//
// `start` gets the compositions, and `evaluate` returns the values of properties with expressions at one
// frame of the root. Nothing here reaches outside the script engine: there are no files and no clock, and
// random numbers are a hash of the document. Names and oddities follow lottie-web 5.13.
(function () {
"use strict";

const P = Symbol("property");
const DEGREE = Math.PI / 180;
const IDENTITY = [1, 0, 0, 1, 0, 0]; // a, b, c, d, x, y

let fps = 30, seed = 0, root = null, epoch = 0;
let comps = new Map(); // by the asset's id; the root's is ""
let state = 0; // of the random numbers
let failures = [];

// Arithmetic. Bodymovin writes After Effects' operators, which work on arrays, as functions.

const isNumber = (a) => typeof a === "number" || a instanceof Number;
const isPlain = (a) => isNumber(a) || typeof a === "boolean" || typeof a === "string" || a instanceof String;
const whole = (a) => (typeof a === "string" ? parseInt(a, 10) : a);

function both(a, b, step) { // sums and differences: a number only affects the first dimension
  const x = Array.isArray(a) ? a : [a], y = Array.isArray(b) ? b : [b];
  return Array.from({ length: Math.max(x.length, y.length) }, (_, i) =>
    isNumber(x[i]) && isNumber(y[i]) ? step(+x[i], +y[i]) : y[i] === undefined ? x[i] : x[i] || y[i]);
}
function scaled(a, b, step) {
  if (isPlain(a) && isPlain(b)) return step(a, b);
  if (Array.isArray(a) && isPlain(b)) return Array.from(a, (n) => step(n, b));
  if (isPlain(a) && Array.isArray(b)) return Array.from(b, (n) => step(a, n));
  return 0;
}
const sum = (a, b) => (isPlain(a) && isPlain(b)) || typeof a === "string" || typeof b === "string"
  ? a + b : both(a, b, (x, y) => x + y);
const sub = (a, b) => isPlain(a) && isPlain(b) ? whole(a) - whole(b) : both(a, b, (x, y) => x - y);
const mul = (a, b) => scaled(a, b, (x, y) => x * y);
const div = (a, b) => scaled(a, b, (x, y) => x / y);
const mod = (a, b) => whole(a) % whole(b);
const negative = (a) => (Array.isArray(a) ? Array.from(a, (n) => -n) : -a);
const clamp = (value, one, other) => Array.isArray(value) ? Array.from(value, (n) => clamp(n, one, other))
  : Math.min(Math.max(value, Math.min(one, other)), Math.max(one, other));
const dot = (a, b) => Array.from(a).reduce((total, n, i) => total + n * b[i], 0);
const cross = (a, b) => [0, 1, 2].map((i) => (a[(i + 1) % 3] || 0) * (b[(i + 2) % 3] || 0)
  - (a[(i + 2) % 3] || 0) * (b[(i + 1) % 3] || 0));
function length(a, b) {
  if (isNumber(a)) return Math.abs(a - (b || 0));
  return Math.sqrt(Array.from(a).reduce((total, n, i) => total + (n - ((b && b[i]) || 0)) ** 2, 0));
}
const normalize = (a) => div(a, length(a));
const between = (a, b, share) => Array.isArray(a)
  ? Array.from(a, (n, i) => n + (b[i] - n) * share) : +a + (b - a) * share;

function eased(curve) {
  return function (t, low, high, from, to) {
    if (from === undefined || to === undefined) [from, to, low, high] = [low, high, 0, 1];
    if (high < low) [low, high, from, to] = curve ? [high, low, to, from] : [high, low, from, to];
    if (t <= low) return from;
    if (t >= high) return to;
    const share = (t - low) / (high - low);
    return between(from, to, curve ? curveAt(share, ...curve) : share);
  };
}
function curveAt(share, x1, y1, x2, y2) { // a cubic curve from 0,0 to 1,1
  if (x1 === y1 && x2 === y2) return share;
  const at = (t, a, b) => 3 * (1 - t) * (1 - t) * t * a + 3 * (1 - t) * t * t * b + t * t * t;
  let low = 0, high = 1, t = share;
  for (let i = 0; i < 30; i += 1) {
    t = (low + high) / 2;
    if (at(t, x1, x2) < share) low = t; else high = t;
  }
  return at(t, y1, y2);
}

// Random numbers: a hash of the document, the property and the frame.

function hash(...parts) {
  let h = 2166136261;
  for (const part of parts) {
    for (const c of String(part)) h = Math.imul(h ^ c.codePointAt(0), 16777619);
    h = Math.imul(h ^ (h >>> 15), 2246822519) ^ 97;
  }
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
}
function uniform() { // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const gaussian = () => { // about 90 % lie between 0 and 1, as in After Effects
  const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return 0.5 + normal * 0.304;
};
function randomBetween(source) {
  return function (low, high) {
    if (high === undefined) [low, high] = low === undefined ? [0, 1] : [Array.isArray(low) ? Array.from(low, () => 0) : 0, low];
    if (!Array.isArray(high)) return +low + source() * (high - low);
    return Array.from(high, (n, i) => { const l = Array.isArray(low) ? low[i] : low; return l + source() * (n - l); });
  };
}
function waves(t, ...parts) { // smooth noise from -1 to 1 along t
  const at = Math.floor(t), share = t - at, s = share * share * (3 - 2 * share);
  const knot = (i) => hash(...parts, i) / 2147483648 - 1;
  return knot(at) * (1 - s) + knot(at + 1) * s;
}
function noise(place) {
  const [x, y, z] = Array.isArray(place) ? place.map(Number) : [+place, 0, 0];
  const plane = (v) => Math.floor(v || 0), share = (v) => { const s = (v || 0) - plane(v); return s * s * (3 - 2 * s); };
  const row = (j, k) => waves(x, "noise", plane(y) + j, plane(z) + k);
  const sheet = (k) => between(row(0, k), row(1, k), share(y));
  return between(sheet(0), sheet(1), share(z));
}

// Functions for colours and others.

function rgbToHsl([r, g, b, a]) {
  const high = Math.max(r, g, b), low = Math.min(r, g, b), d = high - low, l = (high + low) / 2;
  if (!d) return [0, 0, l, a];
  const h = high === r ? (g - b) / d + (g < b ? 6 : 0) : high === g ? (b - r) / d + 2 : (r - g) / d + 4;
  return [h / 6, l > 0.5 ? d / (2 - high - low) : d / (high + low), l, a];
}
function hslToRgb([h, s, l, a]) {
  const q = l < 0.5 ? l * (1 + s) : l + s - l * s, p = 2 * l - q;
  const channel = (t) => {
    t -= Math.floor(t);
    return t < 1 / 6 ? p + (q - p) * 6 * t : t < 1 / 2 ? q : t < 2 / 3 ? p + (q - p) * (2 / 3 - t) * 6 : p;
  };
  return [...(s ? [channel(h + 1 / 3), channel(h), channel(h - 1 / 3)] : [l, l, l]), a];
}
function hexToRgb(hex) {
  const digits = String(hex).replace(/^#/, "");
  const full = digits.length < 6 ? digits.replace(/./g, "$&$&") : digits;
  return [0, 2, 4].map((i) => parseInt(full.slice(i, i + 2), 16) / 255).concat(1);
}
function lookAt(from, to) {
  const [x, y, z] = [0, 1, 2].map((i) => (to[i] || 0) - (from[i] || 0));
  return [-Math.atan2(y, z) / DEGREE, Math.atan2(x, Math.sqrt(y * y + z * z)) / DEGREE, 0];
}
function createPath(points, inward, outward, closed) {
  const handles = (list) => points.map((_, i) => (list && list[i] ? Array.from(list[i]) : [0, 0]));
  return new PathValue({ v: points.map((p) => Array.from(p)), i: handles(inward), o: handles(outward), c: !!closed });
}

const FUNCTIONS = {
  sum, add: sum, sub, mul, div, mod, $bm_sum: sum, $bm_sub: sub, $bm_mul: mul, $bm_div: div, $bm_mod: mod,
  $bm_neg: negative, $bm_isInstanceOfArray: Array.isArray, clamp, dot, cross, length, normalize,
  linear: eased(null), ease: eased([0.33, 0, 0.667, 1]), easeIn: eased([0.333, 0, 0.833, 0.833]),
  easeOut: eased([0.167, 0.167, 0.667, 1]), noise, random: randomBetween(uniform), gaussRandom: randomBetween(gaussian),
  radiansToDegrees: (a) => a / DEGREE, radians_to_degrees: (a) => a / DEGREE,
  degreesToRadians: (a) => a * DEGREE, degrees_to_radians: (a) => a * DEGREE,
  rgbToHsl, hslToRgb, hexToRgb, lookAt, createPath, framesToTime: (n, rate) => n / (rate || fps),
  $bm_rt: undefined,
};

// Properties: their values in the document at a frame, before expressions.

const isKeyed = (p) => Array.isArray(p.k) && p.k.length > 0 && p.k[0] !== null && typeof p.k[0] === "object" && "t" in p.k[0];
const startOf = (keys, i) => keys[i].s !== undefined ? keys[i].s : i ? keys[i - 1].e : undefined;
const axis = (handle, key, i) => {
  const value = handle && handle[key];
  return Array.isArray(value) ? (value[i] === undefined ? value[0] : value[i]) : value;
};
function share(key, place, i) {
  if (!key.o || !key.i) return place;
  return curveAt(place, axis(key.o, "x", i), axis(key.o, "y", i), axis(key.i, "x", i), axis(key.i, "y", i));
}
function rawAt(p, frame) {
  if (!isKeyed(p)) return p.k;
  const keys = p.k, last = keys.length - 1;
  let i = 0;
  while (i < last && keys[i + 1].t <= frame) i += 1;
  const key = keys[i], from = startOf(keys, i);
  if (i === last || frame <= key.t || key.h === 1) return from;
  const to = keys[i + 1].s !== undefined ? keys[i + 1].s : key.e, place = (frame - key.t) / (keys[i + 1].t - key.t);
  if (from[0] && from[0].v) return [pathBetween(from[0], to[0], share(key, place, 0))];
  if (key.to && key.ti && [...key.to, ...key.ti].some((n) => n)) return alongCurve(key, from, to, share(key, place, 0));
  if (!Array.isArray(from)) return between(from, to, share(key, place, 0));
  return from.map((n, d) => n + (to[d] - n) * share(key, place, d));
}
function alongCurve(key, from, to, part) { // by the length of the motion path
  const steps = 150, points = [], lengths = [0];
  for (let n = 0; n <= steps; n += 1) {
    const t = n / steps, u = 1 - t;
    points.push(from.map((a, d) => u * u * u * a + 3 * u * u * t * (a + (key.to[d] || 0))
      + 3 * u * t * t * (to[d] + (key.ti[d] || 0)) + t * t * t * to[d]));
    if (n) lengths.push(lengths[n - 1] + length(points[n], points[n - 1]));
  }
  const place = part * lengths[steps];
  let n = 1;
  while (n < steps && lengths[n] < place) n += 1;
  return between(points[n - 1], points[n], (place - lengths[n - 1]) / (lengths[n] - lengths[n - 1] || 1));
}
function pathBetween(a, b, part) {
  const mix = (key) => a[key].map((point, n) => between(point, b[key][n] || point, part));
  return { v: mix("v"), i: mix("i"), o: mix("o"), c: a.c };
}

class Property {
  constructor(json, layer, name, parent) {
    Object.assign(this, { json, layer, name, parent, comp: layer.comp, lock: false, seen: -1, cached: null });
    this.keys = isKeyed(json) ? json.k : [];
  }
  shaped(raw) { // returns a number, an array, a path or words
    if (raw && raw.v) return raw;
    if (Array.isArray(raw) && raw.length && raw[0] && raw[0].v) return raw[0];
    return Array.isArray(raw) && raw.length === 1 ? raw[0] : raw;
  }
  rawAt(frame) { return this.shaped(rawAt(this.json, frame)); }
  raw() { return this.rawAt(this.comp.frame); }
  current() { // the value with its expression applied
    if (this.seen === epoch) return this.cached;
    const raw = this.raw();
    if (typeof this.json.x !== "string" || this.lock) return raw;
    this.lock = true;
    let value = raw;
    try {
      value = fitted(run(this, raw), raw);
    } catch (error) {
      if (error instanceof Error && error.name === "InternalError") throw error; // out of memory
      if (this.json.$id !== undefined) failures.push([this.json.$id, String(error instanceof Error ? error.message : error).slice(0, 200)]);
    } finally {
      this.lock = false;
    }
    this.cached = value;
    this.seen = epoch;
    return value;
  }
  shown(value) { // a value as expressions see it
    if (value && value.v) return new PathValue(value, this);
    if (Array.isArray(value)) return Object.assign(new Vector(), value, { [P]: this });
    if (typeof value === "string") return new Words(value, this);
    return new Scalar(value, this);
  }
  get interface() { return this.shown(this.current()); }
  opened(value) { return value && value.v ? new PathValue(value, this) : Array.isArray(value) ? value.slice() : value; }
  plain(frame) { return this.opened(this.rawAt(frame)); }
  get numKeys() { return this.keys.length; }
  key(which) {
    const key = this.keys[which - 1];
    if (!key) throw new Error("The property has no keyframe " + which);
    const value = this.shaped(startOf(this.keys, which - 1));
    const shown = Array.isArray(value) ? value.slice() : value && value.v ? new PathValue(value) : new Number(value);
    if (shown instanceof Number) shown[0] = value;
    return Object.assign(shown, { index: which, time: key.t / fps, value });
  }
  nearestKey(time) {
    if (!this.keys.length) return { index: 0, time: 0 };
    const frame = time * fps;
    let best = 0;
    this.keys.forEach((key, n) => { if (Math.abs(key.t - frame) < Math.abs(this.keys[best].t - frame) - 1e-9) best = n; });
    return { index: best + 1, time: this.keys[best].t / fps };
  }
  valueAtTime(time) { return this.plain(time * fps); }
  velocityAtTime(time) {
    const now = this.rawAt(time * fps), before = this.rawAt((time - 0.001) * fps);
    return Array.isArray(now) ? now.map((n, i) => (n - before[i]) * 1000) : (now - before) * 1000;
  }
  speedAtTime(time) { return length(this.velocityAtTime(time)); }
  get velocity() { return this.velocityAtTime(this.comp.frame / fps); }
  get speed() { return this.speedAtTime(this.comp.frame / fps); }
  loopOut(type, amount, byTime) {
    const keys = this.keys, frame = this.comp.frame, last = keys.length ? keys[keys.length - 1].t : Infinity;
    if (frame <= last) return this.plain(frame);
    const count = Math.min(amount || keys.length - 1, keys.length - 1);
    const first = byTime ? (amount ? last - fps * amount : this.layer.json.ip) : keys[keys.length - 1 - count].t;
    const cycle = Math.max(0, last - first), over = (frame - first) % cycle, rounds = Math.floor((frame - first) / cycle);
    return this.looped(type, { first, last, cycle, rounds, over, edge: last, before: last - 0.001, frame });
  }
  loopIn(type, amount, byTime) {
    const keys = this.keys, frame = this.comp.frame, first = keys.length ? keys[0].t : -Infinity;
    if (frame >= first) return this.plain(frame);
    const count = Math.min(amount || keys.length - 1, keys.length - 1);
    const last = byTime ? (amount ? first + fps * amount : this.layer.json.op) : keys[count].t;
    const cycle = Math.max(0, last - first), rounds = Math.floor((frame - first) / cycle);
    return this.looped(type, { first, last, cycle, rounds, over: frame - first - rounds * cycle, edge: first, before: first + 0.001, frame });
  }
  looped(type, { first, last, cycle, rounds, over, edge, before, frame }) {
    const kind = String(type || "cycle").toLowerCase();
    if (kind === "continue") {
      const there = this.plain(edge), near = this.plain(before);
      return sum(there, mul(sub(there, near), (frame - edge) / (edge - before)));
    }
    if (!(cycle > 0)) return this.plain(frame);
    if (kind === "pingpong" && rounds % 2) return this.plain(last - over);
    const value = this.plain(first + over);
    return kind === "offset" ? sum(value, mul(sub(this.plain(last), this.plain(first)), rounds)) : value;
  }
  loopOutDuration(type, duration) { return this.loopOut(type, duration, true); }
  loopInDuration(type, duration) { return this.loopIn(type, duration, true); }
  loop_out(type, amount) { return this.loopOut(type, amount); }
  loop_in(type, amount) { return this.loopIn(type, amount); }
  wiggle(rate, amount, octaves = 1, factor = 0.5, time = this.comp.frame / fps) {
    const base = this.plain(time * fps), key = [seed, this.comp.id, this.layer.json.ind, this.json.$id || this.name];
    const one = (d) => {
      let total = 0;
      for (let n = 0; n < Math.min(octaves, 8); n += 1) total += factor ** n * waves(time * rate * 2 ** n, ...key, d, n);
      return total * (Array.isArray(amount) ? amount[d] : amount);
    };
    return Array.isArray(base) ? base.map((n, d) => n + one(d)) : base + one(0);
  }
  smooth(width = 0.4, samples = 5, time = this.comp.frame / fps) {
    const count = Math.min(Math.floor(samples), 1000);
    if (count < 2) return this.plain(time * fps);
    let total = mul(this.plain(time * fps), 0);
    for (let n = 0; n < count; n += 1) total = sum(total, this.plain((time - width / 2 + (width * n) / (count - 1)) * fps));
    return div(total, count);
  }
  get propertyIndex() { return this.json.ix; }
  propertyGroup(levels) { return ancestor(this.parent, levels); }
}
const FORWARDED = ["numKeys", "key", "nearestKey", "valueAtTime", "velocityAtTime", "speedAtTime", "velocity", "speed", "loopOut",
  "loopIn", "loopOutDuration", "loopInDuration", "loop_out", "loop_in", "wiggle", "smooth", "propertyIndex", "propertyGroup"];
const member = (property, name) => typeof property[name] === "function" ? property[name].bind(property) : property[name];

class Scalar extends Number { constructor(value, property) { super(value); this[P] = property; this[0] = +this; } }
class Vector extends Array { static get [Symbol.species]() { return Array; } }
class Words extends String {
  constructor(value, property) { super(value); this[P] = property; }
  get style() {
    const { s: fontSize, f: font, fc: fillColor, sc: strokeColor, sw: strokeWidth, tr: tracking, lh: leading } = textAt(this[P]);
    return { fontSize, font, fillColor, strokeColor, strokeWidth, tracking, leading };
  }
}
class PathValue {
  constructor(shape, property) { this.shape = shape; this[P] = property; }
  points() { return this.shape.v.map((p) => p.slice()); }
  inTangents() { return this.shape.i.map((p) => p.slice()); }
  outTangents() { return this.shape.o.map((p) => p.slice()); }
  isClosed() { return !!this.shape.c; }
  pointOnPath(part = 0.5) {
    const line = outline(this.shape, 50);
    if (line.length < 2) return line[0];
    const lengths = [0];
    for (let n = 1; n < line.length; n += 1) lengths.push(lengths[n - 1] + length(line[n], line[n - 1]));
    const place = clamp(part, 0, 1) * lengths[line.length - 1];
    let n = 1;
    while (n < line.length - 1 && lengths[n] < place) n += 1;
    return between(line[n - 1], line[n], (place - lengths[n - 1]) / (lengths[n] - lengths[n - 1] || 1));
  }
  tangentOnPath(part = 0.5) {
    const at = Math.min(+part, 0.999);
    return normalize(sub(this.pointOnPath(at + 0.001), this.pointOnPath(at)));
  }
  normalOnPath(part = 0.5) { const [x, y] = this.tangentOnPath(part); return [-y, x]; }
}
for (const kind of [Scalar, Vector, Words, PathValue]) {
  for (const name of FORWARDED) {
    Object.defineProperty(kind.prototype, name, { get() { return this[P] && member(this[P], name); } });
  }
  Object.defineProperty(kind.prototype, "value", { get() {
    return this instanceof PathValue ? this : this instanceof Vector ? Array.from(this) : this.valueOf();
  } });
}

// The tree of a layer: groups are functions that return what they contain by name.

const spelled = (name) => String(name).normalize("NFC").toLowerCase().replace(/[\s_]/g, "");
const camel = (name) => name[0].toLowerCase() + name.slice(1).replace(/ /g, "");
function ancestor(group, levels = 1) {
  let found = group;
  for (let n = Math.max(1, levels); n > 1 && found; n -= 1) found = found.parentGroup;
  return found;
}
function named(list, which) { // finds by name, match name or index, else by position
  if (typeof which === "number" || which instanceof Number) return list.find((item) => item.ix === +which) || list[which - 1];
  const name = String(which).normalize("NFC");
  return list.find((item) => item.nm === name || item.mn === name);
}
function lazy(target, name, read) {
  let value, isRead = false;
  Object.defineProperty(target, name, { configurable: true, get() { if (!isRead) { value = read(); isRead = true; } return value; } });
}
function grouped(layer, json, names, parent) { // a group of properties
  const properties = {};
  const group = (which) => {
    if (which === undefined) return null;
    const requested = spelled(which);
    for (const [path, name] of Object.entries(names)) {
      const property = properties[path];
      if (!property) continue;
      const spelling = spelled(name);
      if (requested === spelling || which === property.json.ix || (requested.startsWith("adbe") && requested.endsWith(spelling))) return property.interface;
    }
    return null;
  };
  group.parentGroup = parent;
  group.propertyGroup = (levels) => ancestor(parent, levels);
  for (const [path, name] of Object.entries(names)) {
    const found = path.split(".").reduce((at, key) => at && at[key], json);
    if (!found || typeof found !== "object") continue;
    properties[path] = propertyOf(found, layer, name, group);
    Object.defineProperty(group, camel(name), { configurable: true, get: () => properties[path].interface });
  }
  Object.defineProperty(group, "name", { value: json.nm, configurable: true });
  Object.assign(group, { _name: json.nm, mn: json.mn, propertyIndex: json.ix });
  return group;
}
function propertyOf(json, layer, name, parent) {
  let property = layer.properties.get(json);
  if (!property) layer.properties.set(json, property = new Property(json, layer, name, parent));
  else if (parent && !property.parent) property.parent = parent;
  return property;
}

const TRANSFORM = { a: "Anchor Point", p: "Position", s: "Scale", r: "Rotation", o: "Opacity", sk: "Skew", sa: "Skew Axis",
  rx: "X Rotation", ry: "Y Rotation", rz: "Z Rotation", or: "Orientation", "p.x": "X Position", "p.y": "Y Position", "p.z": "Z Position" };
const GRADIENT = { s: "Start Point", e: "End Point", o: "Opacity", h: "Highlight Length", a: "Highlight Angle", "g.k": "Colors" };
const SHAPES = {
  fl: { c: "Color", o: "Opacity" }, st: { c: "Color", o: "Opacity", w: "Stroke Width" }, gf: GRADIENT,
  gs: { ...GRADIENT, w: "Stroke Width" }, tm: { s: "Start", e: "End", o: "Offset" }, el: { s: "Size", p: "Position" },
  rc: { s: "Size", p: "Position", r: "Roundness" }, sh: { ks: "Path" }, rd: { r: "Radius" }, rp: { c: "Copies", o: "Offset" },
  sr: { p: "Position", r: "Rotation", pt: "Points", or: "Outer Radius", os: "Outer Roundness", ir: "Inner Radius", is: "Inner Roundness" },
  pb: { a: "Amount" }, zz: { s: "Size", r: "Ridges Per Segment" }, op: { a: "Amount" }, tr: TRANSFORM,
};

function transformGroup(layer, json, parent) {
  const { p } = json, separated = p && p.s === true, names = { ...TRANSFORM };
  if (separated) delete names.p; else ["p.x", "p.y", "p.z"].forEach((path) => delete names[path]);
  const group = grouped(layer, json, names, parent);
  const numbered = { 1: "anchorPoint", 2: "position", 6: "scale", 10: "rotation", 11: "opacity" };
  if (separated) {
    const place = () => ["x", "y", "z"].filter((key) => p[key]).map((key) => propertyOf(p[key], layer, key, outer).current());
    Object.defineProperty(group, "position", { get: place });
  }
  const alias = (name, key) => { if (!(name in group) && json[key]) Object.defineProperty(group, name, { get: () => propertyOf(json[key], layer, name, outer).interface }); };
  alias("rotation", "rz"); alias("zRotation", "r");
  const outer = (which) => {
    const requested = spelled(which);
    if (numbered[which]) return group[numbered[which]];
    if (requested === "position" || requested === "adbeposition") return group.position;
    if (requested === "rotation" || requested === "adberotatez") return group.rotation;
    return group(which);
  };
  for (const key of Object.keys(json)) if (layer.properties.get(json[key])) layer.properties.get(json[key]).parent = outer;
  Object.setPrototypeOf(outer, group);
  Object.defineProperty(outer, "name", { value: json.nm });
  outer.parentGroup = parent;
  return outer;
}
function contents(layer, list, parent) {
  const shapes = list.filter((shape) => shape && shape.ty !== "tr");
  const group = (which) => { const found = named(shapes, which); return found ? shapeGroup(layer, found, group) : null; };
  group.parentGroup = parent;
  group.propertyGroup = (levels) => ancestor(parent, levels);
  group.numProperties = shapes.length;
  return group;
}
function shapeGroup(layer, json, parent) {
  if (layer.groups.has(json)) return layer.groups.get(json);
  let group;
  if (json.ty === "gr") {
    group = (which) => which === 2 || ["contents", "adbevectorsgroup"].includes(spelled(which)) ? group.content : group.transform;
    group.parentGroup = parent;
    group.propertyGroup = (levels) => ancestor(parent, levels);
    const items = Array.isArray(json.it) ? json.it : [];
    lazy(group, "content", () => contents(layer, items, group));
    lazy(group, "transform", () => transformGroup(layer, items.find((item) => item && item.ty === "tr") || {}, group));
    Object.defineProperty(group, "name", { value: json.nm });
    Object.assign(group, { _name: json.nm, mn: json.mn, propertyIndex: json.ix, numProperties: 3 });
  } else {
    const names = { ...SHAPES[json.ty] };
    (Array.isArray(json.d) ? json.d : []).forEach((part, n) => { names[`d.${n}.v`] = { o: "Offset", d: "Dash", g: "Gap" }[part.n] || "Dash"; });
    group = grouped(layer, json, names, parent);
    if (json.ty === "sh") Object.defineProperty(group, "shape", { get: () => group.path });
    if (Array.isArray(json.d)) {
      const inner = group;
      group = Object.assign((which) => (spelled(which) === "dashes" ? inner : inner(which)), { parentGroup: parent });
      Object.setPrototypeOf(group, inner);
      Object.defineProperty(group, "name", { value: json.nm });
      Object.defineProperty(group, "dash", { value: inner });
    }
  }
  layer.groups.set(json, group);
  return group;
}

const CONTROLS = ["slider", "angle", "color", "point", "checkbox", "menu", "layer"];
function effects(layer, list, parent) {
  const group = (which) => { const found = named(list, which); return found ? effectGroup(layer, found, group) : null; };
  group.parentGroup = parent;
  group.numProperties = list.length;
  return group;
}
function effectGroup(layer, json, parent) {
  if (layer.groups.has(json)) return layer.groups.get(json);
  const parts = (Array.isArray(json.ef) ? json.ef : []).filter((part) => part);
  const propertyIn = (part) => propertyOf(part.v && typeof part.v === "object" ? part.v : (part.v = { k: 0 }), layer, part.nm, group);
  const read = (part) => {
    if (part.ty === 5 && Array.isArray(part.ef)) return effectGroup(layer, part, group);
    const property = propertyIn(part);
    return part.ty === 10 ? layer.comp.interface(+property.current()) : property.interface;
  };
  const group = (which) => {
    const part = named(parts, which);
    if (!part) throw new Error("The effect has no property " + String(which));
    return read(part);
  };
  group.parentGroup = parent;
  group.propertyGroup = (levels) => ancestor(parent, levels);
  group.param = group;
  CONTROLS.forEach((name) => Object.defineProperty(group, name, { get: () => read(parts[0]) }));
  Object.defineProperty(group, "name", { value: json.nm });
  Object.assign(group, { _name: json.nm, enabled: json.en !== 0, active: json.en !== 0, numProperties: parts.length });
  layer.groups.set(json, group);
  for (const part of parts) if (Array.isArray(part.ef)) effectGroup(layer, part, group); else propertyIn(part);
  return group;
}
function masks(layer, list) {
  return (which) => {
    const mask = named(list, which);
    if (!mask) return null;
    return grouped(layer, mask, { pt: "Mask Path", o: "Mask Opacity", f: "Mask Feather", x: "Mask Expansion" }, layer.interface);
  };
}

// Texts, whose words may have an expression.

function textAt(property) {
  const keys = (property.json.k || []).filter((key) => key && key.s);
  let found = keys[0];
  for (const key of keys) if (key.t <= property.comp.frame) found = key;
  return (found && found.s) || {};
}
class TextProperty extends Property {
  rawAt() { const { t } = textAt(this); return typeof t === "string" ? t : ""; }
  valueAtTime() { return this.raw(); }
}
function textGroup(layer, json) {
  const source = layer.text = layer.text || (json.d && new TextProperty(json.d, layer, "Source Text", null));
  const group = (which) => (["sourcetext", "adbetextdocument"].includes(spelled(which)) ? group.sourceText : null);
  Object.defineProperty(group, "sourceText", { get: () => source && source.interface });
  return group;
}

// Layers and compositions.

function affine(p, a, s, r, sk, sa) { // as in lottie-web: anchor, scale, skew, rotation, position
  const turn = (m, angle) => { const c = Math.cos(angle), n = Math.sin(angle); return times(m, [c, n, -n, c, 0, 0]); };
  let m = times(IDENTITY, [1, 0, 0, 1, -a[0], -a[1]]);
  m = times(m, [s[0] / 100, 0, 0, s[1] / 100, 0, 0]);
  if (sk) m = turn(times(turn(m, -sa * DEGREE), [1, 0, Math.tan(-sk * DEGREE), 1, 0, 0]), sa * DEGREE);
  m = turn(m, r * DEGREE);
  return times(m, [1, 0, 0, 1, p[0], p[1]]);
}
const times = (m, n) => [m[0] * n[0] + m[1] * n[2], m[0] * n[1] + m[1] * n[3], m[2] * n[0] + m[3] * n[2], m[2] * n[1] + m[3] * n[3],
  m[4] * n[0] + m[5] * n[2] + n[4], m[4] * n[1] + m[5] * n[3] + n[5]];
const applied = (m, [x, y, z = 0]) => [x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5], z];
function undone(m, [x, y, z = 0]) {
  const area = m[0] * m[3] - m[1] * m[2], dx = x - m[4], dy = y - m[5];
  return [(dx * m[3] - dy * m[2]) / area, (dy * m[0] - dx * m[1]) / area, z];
}

class Layer {
  constructor(json, comp) { Object.assign(this, { json, comp, properties: new Map(), groups: new Map(), text: null }); }
  get parent() { return this.json.parent === undefined || this.json.parent === null ? null : this.comp.byIndex(this.json.parent); }
  matrix(time, depth = 0) {
    const ks = this.json.ks || {}, p = ks.p || {};
    const at = (json, other) => {
      if (!json || typeof json !== "object") return other;
      const property = propertyOf(json, this, "", null);
      return time === undefined ? property.current() : property.rawAt(time * fps);
    };
    const place = p.s === true ? [at(p.x, 0), at(p.y, 0)] : at(p, [0, 0]);
    const own = affine(place, at(ks.a, [0, 0]), at(ks.s, [100, 100]), at(ks.r || ks.rz, 0), at(ks.sk, 0), at(ks.sa, 0));
    return this.parent && depth < 500 ? times(own, this.parent.matrix(time, depth + 1)) : own;
  }
  get size() {
    const { ty, w, h, sw, sh, refId } = this.json, asset = sizes[refId];
    if (ty === 0) return [w, h];
    if (ty === 1) return [sw, sh];
    return asset && ty === 2 ? asset : [this.comp.width, this.comp.height];
  }
  get interface() {
    if (!this.shown) this.shown = this.build();
    return this.shown;
  }
  build() {
    const { json, comp } = this, group = (which) => {
      const requested = spelled(which);
      if (which === 2 || ["contents", "adberootvectorsgroup"].includes(requested)) return group.content;
      if (which === 1 || which === 6 || ["transform", "adbetransformgroup"].includes(requested)) return group.transform;
      if (which === 4 || ["effects", "adbeeffectparade"].includes(requested)) return group.effect;
      if (["text", "adbetextproperties"].includes(requested)) return group.text;
      if (["masks", "adbemaskparade"].includes(requested)) return group.mask;
      return requested === "timeremap" || requested === "adbetimeremapping" ? group.timeRemap : null;
    };
    Object.defineProperty(group, "name", { value: json.nm });
    const [width, height] = this.size;
    Object.assign(group, { _layer: this, _name: json.nm, index: json.ind, inPoint: json.ip / fps, outPoint: json.op / fps,
      startTime: (json.st || 0) / fps, width, height, hasParent: !!this.parent, enabled: json.hd !== true, stretch: (json.sr || 1) * 100,
      threeDLayer: !!json.ddd, hasVideo: ![3, 6].includes(json.ty), hasAudio: json.ty === 6 });
    lazy(group, "transform", () => transformGroup(this, json.ks || {}, group));
    for (const name of ["position", "scale", "rotation", "opacity", "anchorPoint", "xRotation", "yRotation", "zRotation", "orientation"]) {
      Object.defineProperty(group, name, { get: () => group.transform[name] });
    }
    Object.defineProperty(group, "anchor_point", { get: () => group.transform.anchorPoint });
    lazy(group, "content", () => contents(this, Array.isArray(json.shapes) ? json.shapes : [], group));
    lazy(group, "effect", () => effects(this, (Array.isArray(json.ef) ? json.ef : []).filter((one) => one), group));
    lazy(group, "mask", () => masks(this, Array.isArray(json.masksProperties) ? json.masksProperties : []));
    lazy(group, "text", () => json.t && textGroup(this, json.t));
    lazy(group, "parent", () => this.parent && this.parent.interface);
    lazy(group, "source", () => (comps.get(String(json.refId)) ? comps.get(String(json.refId)).interface : { name: json.refId, width, height }));
    Object.defineProperty(group, "timeRemap", { get: () => json.tm && propertyOf(json.tm, this, "Time Remap", group).interface });
    Object.defineProperty(group, "active", { get: () => comp.frame >= json.ip && comp.frame < json.op && json.hd !== true });
    const straight = (m) => [...m.slice(0, 4), 0, 0];
    group.toWorld = group.toComp = (point, time) => applied(this.matrix(time), point);
    group.fromWorld = group.fromComp = (point, time) => undone(this.matrix(time), point);
    group.toWorldVec = group.toCompVec = (point, time) => applied(straight(this.matrix(time)), point);
    group.fromWorldVec = group.fromCompVec = (point, time) => undone(straight(this.matrix(time)), point);
    group.fromCompToSurface = group.fromComp;
    group.sourceRectAtTime = () => this.rectangle();
    return group;
  }
  rectangle() { // texts and shapes are measured without strokes, as lottie-web measures texts
    const { ty, shapes, $texts } = this.json;
    if ([0, 1, 2].includes(ty)) return { top: 0, left: 0, width: this.size[0], height: this.size[1] };
    if (ty === 4) return boxOf([...corners(this, shapes || [], IDENTITY)]);
    const text = ($texts || []).filter((one, n) => n === 0 || one.t <= this.comp.frame).pop();
    if (!text) throw new Error("The size of the layer is unknown");
    text.box = text.box || boxOf([...corners(this, text.shapes, IDENTITY)]);
    return { ...text.box };
  }
}

function* corners(layer, items, matrix) { // points on the outlines of shapes
  const at = (json, other) => (json ? propertyOf(json, layer, "", null).current() : other);
  for (const item of items) {
    if (!item || item.hd) continue;
    if (item.ty === "gr") {
      const tr = item.it.find((one) => one.ty === "tr") || {};
      const own = affine(at(tr.p, [0, 0]), at(tr.a, [0, 0]), at(tr.s, [100, 100]), at(tr.r, 0), at(tr.sk, 0), at(tr.sa, 0));
      yield* corners(layer, item.it, times(own, matrix));
    } else if (item.ty === "sh") {
      for (const point of outline(at(item.ks))) yield applied(matrix, point);
    } else if (["rc", "el", "sr"].includes(item.ty)) {
      const [x, y] = at(item.p, [0, 0]), size = item.ty === "sr" ? [2 * at(item.or, 0), 2 * at(item.or, 0)] : at(item.s, [0, 0]);
      const count = item.ty === "rc" ? 4 : 64, reach = item.ty === "rc" ? Math.SQRT1_2 : 0.5;
      for (let n = 0; n < count; n += 1) {
        const turn = (2 * Math.PI * (n + (count === 4 ? 0.5 : 0))) / count;
        yield applied(matrix, [x + Math.cos(turn) * size[0] * reach, y + Math.sin(turn) * size[1] * reach]);
      }
    }
  }
}
function outline({ v, i, o, c }, steps = 16) { // points along a path
  const line = v.length ? [v[0].slice(0, 2)] : [];
  for (let n = 0; n < v.length - (c ? 0 : 1); n += 1) {
    const m = (n + 1) % v.length;
    for (let s = 1; s <= steps; s += 1) {
      const t = s / steps, u = 1 - t;
      line.push([0, 1].map((d) => u * u * u * v[n][d] + 3 * u * u * t * (v[n][d] + o[n][d])
        + 3 * u * t * t * (v[m][d] + i[m][d]) + t * t * t * v[m][d]));
    }
  }
  return line;
}
function boxOf(points) {
  if (!points.length) return { top: 0, left: 0, width: 0, height: 0 };
  const [left, right, top, bottom] = [0, 1].flatMap((d) => [
    points.reduce((least, p) => Math.min(least, p[d]), Infinity), points.reduce((most, p) => Math.max(most, p[d]), -Infinity)]);
  return { top, left, width: right - left, height: bottom - top };
}

class Comp {
  constructor(id, json, layers) {
    Object.assign(this, { id, json, frame: 0, width: json.w || 0, height: json.h || 0 });
    this.layers = layers.map((layer) => new Layer(layer, this));
    this.parents = new Set(layers.map((layer) => layer.parent));
    const group = this.interface = (which, offset = 0) => {
      if (typeof which === "function" && which._layer) which = which.index + offset;
      const found = typeof which === "number" || which instanceof Number ? this.byIndex(+which) || this.layers[which - 1]
        : this.layers.find((layer) => layer.json.nm === String(which).normalize("NFC"));
      return found ? found.interface : null;
    };
    Object.defineProperty(group, "name", { value: json.nm });
    Object.assign(group, { layer: group, _name: json.nm, pixelAspect: 1, width: this.width, height: this.height, frameDuration: 1 / fps,
      displayStartTime: 0, numLayers: layers.length, duration: (json.op - json.ip) / fps || 0, bgColor: [0, 0, 0, 1], marker: markers(json.markers) });
  }
  byIndex(index) { return this.layers.find((layer) => layer.json.ind === index); }
}
function markers(list) {
  const all = (Array.isArray(list) ? list : []).map((one, n) => ({ index: n + 1, time: one.tm / fps, duration: (one.dr || 0) / fps, comment: one.cm }));
  return {
    numKeys: all.length,
    key: (which) => {
      const found = typeof which === "number" ? all[which - 1] : all.find((one) => one.comment === which);
      if (!found) throw new Error("There is no marker " + String(which));
      return found;
    },
    nearestKey: (time) => all.reduce((best, one) => (best && Math.abs(best.time - time) <= Math.abs(one.time - time) ? best : one), null),
  };
}

// Running an expression. Its scope has the names of its property and its layer, and the functions above.

function settable(scope, name, get) { // an expression may reuse a name for its own variable
  Object.defineProperty(scope, name, { get, set(value) {
    Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
  } });
}
function scopeOf(property) {
  const { layer, comp } = property, scope = Object.create(null);
  const shown = layer.interface;
  Object.assign(scope, FUNCTIONS);
  for (const name of FORWARDED) settable(scope, name, () => member(property, name));
  for (const name of ["transform", "position", "scale", "rotation", "opacity", "anchorPoint", "anchor_point", "effect", "content", "mask", "text",
    "parent", "hasParent", "index", "inPoint", "outPoint", "startTime", "width", "height", "timeRemap", "active", "source", "toWorld", "toComp",
    "fromWorld", "fromComp", "toWorldVec", "fromWorldVec", "toCompVec", "fromCompVec", "fromCompToSurface", "sourceRectAtTime"]) settable(scope, name, () => shown[name]);
  settable(scope, "$bm_transform", () => shown.transform);
  settable(scope, "name", () => layer.json.nm);
  settable(scope, "thisLayer", () => shown);
  settable(scope, "thisComp", () => comp.interface);
  settable(scope, "thisProperty", () => property.shown(property.raw()));
  scope.comp = (name) => { for (const one of comps.values()) if (one.json.nm === name) return one.interface; return null; };
  scope.substr = (...at) => String(property.raw()).substr(...at);
  scope.substring = (...at) => String(property.raw()).substring(...at);
  scope.seedRandom = (offset = 0, timeless = false) => { state = hash(seed, property.json.$id, offset, timeless ? "" : comp.frame); };
  return scope;
}
function run(property, raw) {
  if (!property.compiled) {
    const code = property.json.x;
    const ends = /\$bm_rt\b/.test(code) ? `return (function(){${code}\n;return $bm_rt}).call(this)` : "return eval($code)";
    property.scope = scopeOf(property);
    property.compiled = new Function("$scope", "$code", `with($scope){${ends}}`);
  }
  const scope = Object.create(property.scope), time = property.comp.frame / fps;
  Object.assign(scope, { time, value: property.opened(raw) });
  scope.timeToFrames = (t = scope.time, rate = fps) => t * rate;
  scope.posterizeTime = (rate) => {
    scope.time = rate ? Math.floor(time * rate) / rate : 0;
    scope.value = property.valueAtTime(scope.time);
  };
  const before = state;
  scope.seedRandom();
  try {
    return property.compiled.call(scope, scope, property.json.x);
  } finally {
    state = before;
    for (const name of Object.keys(globalThis)) delete globalThis[name]; // variables set without `var`
  }
}

function fitted(result, raw) { // converts the result to the property's kind of value, or throws
  if (result === undefined || result === null) throw new Error("The expression has no result");
  if (typeof raw === "string") return String(result);
  if (raw && raw.v) {
    const { v, i, o, c } = result instanceof PathValue ? result.shape : result;
    const lists = [v, i, o].map((list) => Array.from(list, (point) => [finite(point[0]), finite(point[1])]));
    if (lists.some((list) => list.length !== lists[0].length)) throw new Error("The lists of the path differ in length");
    return { v: lists[0], i: lists[1], o: lists[2], c: !!c };
  }
  if (!Array.isArray(raw)) return finite(Array.isArray(result) ? result[0] : result);
  if (!Array.isArray(result)) throw new Error("The result is a number instead of an array");
  return raw.map((n, d) => (result[d] === undefined ? n : finite(result[d])));
}
function finite(value) {
  const number = typeof value === "boolean" || isPlain(value) ? Number(value) : NaN;
  if (!Number.isFinite(number)) throw new Error("The result is not a number");
  return Math.round(number * 1e5) / 1e5;
}

// The functions that the engine calls.

let sizes = {}, expressions = new Map();

function start(head, compositions) {
  ({ fps, seed, sizes } = JSON.parse(head));
  for (const one of JSON.parse(compositions)) comps.set(one.id, new Comp(one.id, one, one.layers));
  root = comps.get("");
  for (const comp of comps.values()) expressions.set(comp, comp.layers.map(withExpressions));
}
function withExpressions(layer) {
  const { json } = layer, found = [], waiting = [json];
  const { d } = json.t || {};
  if (d && d.$id !== undefined) layer.text = new TextProperty(d, layer, "Source Text", null);
  while (waiting.length) {
    const value = waiting.pop();
    if (value.$id !== undefined) found.push(value);
    for (const key in value) if (value[key] && typeof value[key] === "object") waiting.push(value[key]);
  }
  if (!found.length) return [];
  const shown = layer.interface;
  void shown.transform;
  adopt(shown.content);
  for (const effect of json.ef || []) if (effect) effectGroup(layer, effect, shown.effect);
  return found.map((value) => (layer.text && value === d ? layer.text : propertyOf(value, layer, "", shown)));
}
function adopt(group) { // makes each property know its group
  for (let n = 1; n <= group.numProperties; n += 1) {
    const shape = group(n);
    if (shape && shape.content) { void shape.transform; adopt(shape.content); }
  }
}
function local(layer, frame) { // the frame of a precomposition that its layer shows
  const { json } = layer;
  if (json.tm && typeof json.tm === "object") return propertyOf(json.tm, layer, "Time Remap", layer.interface).current() * fps;
  return (frame - (json.st || 0)) / (json.sr || 1);
}
function visit(comp, frame, depth, act) {
  comp.frame = frame;
  epoch += 1;
  if (act) act(comp);
  for (const layer of comp.layers) {
    const inner = layer.json.ty === 0 && comps.get(String(layer.json.refId));
    if (inner && frame >= layer.json.ip && frame < layer.json.op) {
      visit(inner, local(layer, frame), depth + 1, act);
      comp.frame = frame;
    }
  }
}
const done = new Map(); // the frames at which each composition has been evaluated
function evaluate(frame) {
  const found = [];
  failures = [];
  visit(root, frame, 0, null); // puts all compositions at their frames before one reads another
  visit(root, frame, 0, (comp) => {
    const key = Math.round(comp.frame * 1000), seen = done.get(comp) || done.set(comp, new Set()).get(comp);
    if (seen.has(key)) return;
    seen.add(key);
    comp.layers.forEach((layer, n) => {
      if (!comp.parents.has(layer.json.ind) && (comp.frame < layer.json.ip || comp.frame >= layer.json.op)) return;
      for (const property of expressions.get(comp)[n]) {
        const value = property.current();
        if (value !== undefined && value !== null) found.push([property.json.$id, comp.frame, value]);
      }
    });
  });
  return JSON.stringify([found, failures]);
}

Math.random = uniform;
const Clock = Date;
globalThis.Date = new Proxy(Clock, {
  construct(target, given) { if (!given.length) throw new Error("There is no clock"); return new target(...given); },
  apply() { throw new Error("There is no clock"); },
  get: (target, name) => (name === "now" ? undefined : target[name]),
});
Object.defineProperty(globalThis, "Date", { enumerable: false });
delete globalThis.performance;
return { start, evaluate };
})()
