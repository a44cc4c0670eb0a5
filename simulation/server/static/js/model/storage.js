// What the browser keeps between two visits, or for a tab. A page in a foreign frame may keep nothing.

/** @typedef {"localStorage" | "sessionStorage"} Kind */

/** What is kept by this name; null where nothing is, or may be. @param {Kind} kind @param {string} key */
export function kept(kind, key) {
  try {
    return globalThis[kind].getItem(key);
  } catch {
    return null;
  }
}

/** Keep a text, or with null nothing, where that is allowed. @param {Kind} kind @param {string} key @param {string | null} text */
export function keep(kind, key, text) {
  try {
    if (text === null) globalThis[kind].removeItem(key);
    else globalThis[kind].setItem(key, text);
  } catch {
    // Not allowed: the page works without.
  }
}
