/** The token, stored for this tab only, or for this device if the person asks for that. */

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
