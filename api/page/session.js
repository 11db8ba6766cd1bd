/** The token: for this tab alone, or for this device if the person wishes it. */

const KEY = "reelbatch.token";

/** @returns {string | null} */
export function storedToken() {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

/** @param {string} token @param {boolean} onThisDevice */
export function storeToken(token, onThisDevice) {
  forgetToken();
  (onThisDevice ? localStorage : sessionStorage).setItem(KEY, token);
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}
