// Values of changes as TOML, the form in which --set takes them.

/**
 * Write a value as TOML: inline, so that it stands in one line.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const pairs = Object.entries(value).filter(([, item]) => item !== null);
    return `{${pairs.map(([key, item]) => `${/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key)} = ${toml(item)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}

/** Key of a change: what stands before the first equals sign. */
export const keyOf = (/** @type {string} */ change) => change.slice(0, change.indexOf("=")).trim();

const MONEY = /^(policies\[\d+\])\.(?:budget|coverage|share)$/;

/**
 * Changes with this key set to a TOML text; with null it is as it was before all changes. A policy has its money in one
 * way, so that a new one takes the place of another.
 *
 * @param {string[]} changes
 * @param {string} key
 * @param {string | null} text
 */
export function changed(changes, key, text) {
  const policy = MONEY.exec(key)?.[1];
  const replaces = (/** @type {string} */ other) =>
    other === key || (policy !== undefined && MONEY.exec(other)?.[1] === policy);
  const others = changes.filter((change) => !replaces(keyOf(change)));
  return text === null ? others : [...others, `${key}=${text}`];
}

/**
 * Changes with an array of tables given whole; single changes of its entries are in it.
 *
 * @param {string[]} changes
 * @param {string} array
 * @param {object[] | null} entries
 */
export function replaced(changes, array, entries) {
  const others = changes.filter((change) => !new RegExp(`^${array}(\\[|$)`).test(keyOf(change)));
  return entries === null ? others : [...others, `${array}=${toml(entries)}`];
}

/** Whether an array of tables is given whole among the changes. @param {string[]} changes @param {string} array */
export const isReplaced = (changes, array) => changes.some((change) => keyOf(change) === array);
