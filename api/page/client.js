/** Requests to the API. The token travels in a header only, never in an address. */

import { reportReachable } from "./connection.js";

const ROOT = new URL("api/v2/", document.baseURI);
const OWN_FILE = /\/((?:outputs|uploads)\/[^/]+\/[0-9A-Z]{26}\/[^?#]+)$/;

/** A failed request: the message and error code of its response, and its request id. */
export class ApiError extends Error {
  /** @param {number} status @param {any} body @param {string} requestId */
  constructor(status, body, requestId) {
    super(body?.error ?? `The server responded with status ${status}.`);
    this.status = status;
    this.code = body?.errorCode ?? "";
    this.details = body?.details ?? [];
    this.body = body;
    this.requestId = requestId;
  }
}

/**
 * @typedef {object} RequestOptions
 * @property {string} [method]
 * @property {any} [json] a JSON body
 * @property {BodyInit} [body] a body of another type, which the headers name
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

export class Client {
  /** @param {string} token @param {() => void} onRefused called when the token is rejected */
  constructor(token, onRefused) {
    this.token = token;
    this.onRefused = onRefused;
  }

  /** @param {string} path below /api/v2 @param {RequestOptions} [options] @returns {Promise<any>} */
  async json(path, options) {
    const response = await this.open(path, options);
    return response.status === 204 ? null : response.json();
  }

  /** @param {string} path @param {RequestOptions} [options] @returns {Promise<string>} */
  async text(path, options) {
    return (await this.open(path, options)).text();
  }

  /** Save a response as a file. @param {string} path @param {string} name */
  async download(path, name) {
    save(await (await this.open(path)).blob(), name);
  }

  /** Send a request and return its response. Throws an ApiError unless it succeeds.
   * @param {string} path @param {RequestOptions} [options] @returns {Promise<Response>} */
  async open(path, { method = "GET", json, body, headers = {}, signal } = {}) {
    /** @type {RequestInit} */
    const request = {
      method,
      body,
      signal,
      cache: "no-store",
      credentials: "omit",
      headers: { ...headers, Authorization: `Bearer ${this.token}` },
    };
    if (json !== undefined) {
      request.body = typeof json === "string" ? json : JSON.stringify(json);
      request.headers = { ...request.headers, "Content-Type": "application/json" };
    }
    const response = await reported(fetch(new URL(path, ROOT), request), signal);
    if (response.ok) return response;
    const error = await failure(response);
    if (response.status === 401) this.onRefused();
    throw error;
  }
}

/** @param {Blob} content @param {string} name */
export function save(content, name) {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Send a file to an upload link, which needs no token.
 * @param {string} address @param {Blob} content */
export async function upload(address, content) {
  const request = { method: "PUT", body: content, credentials: /** @type {const} */ ("omit") };
  const response = await reported(fetch(ownAddress(address) ?? address, request));
  if (!response.ok) throw await failure(response);
}

/** The address of a file on this server, under whichever name the server was reached; null for a file
 * that is stored elsewhere. @param {string} address @returns {string | null} */
export function ownAddress(address) {
  const { pathname, search } = new URL(address, document.baseURI);
  const file = OWN_FILE.exec(pathname);
  return file ? new URL(file[1] + search, document.baseURI).href : null;
}

/** A key for a request that must not take effect twice. @returns {string} */
export function idempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs HTTPS
  return `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Report whether a request reached the server.
 * @param {Promise<Response>} sent @param {AbortSignal} [signal] */
async function reported(sent, signal) {
  try {
    const response = await sent;
    reportReachable(true);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    reportReachable(false);
    throw new Error("The server could not be reached.");
  }
}

/** @param {Response} response */
async function failure(response) {
  const body = await response.json().catch(() => null);
  return new ApiError(response.status, body, response.headers.get("X-Request-Id") ?? "");
}
