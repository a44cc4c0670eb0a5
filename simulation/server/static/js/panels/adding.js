// What a new policy, platform, chain or price begins with, and what a policy needs beside it.

/** @typedef {import("./forms.js").Entry} Entry */
/** @typedef {import("./forms.js").Instrument} Instrument */
/** @typedef {Record<string, Entry[]>} Arrays entries by array: platforms, chains, policies */

const NEW_BUDGET = 100; // of a policy that is added, units a year
const NAMES = ["national", "second", "third", "fourth"];

/** Shares of their money that the other policies keep, one tried after the other, to make room for one more. */
export const ROOM = [0.9, 0.75, 0.5, 0.25];

/** A name that no entry has yet. @param {Entry[]} entries @param {string} kind */
function nameFor(entries, kind) {
  const taken = new Set(entries.map(({ name }) => name));
  const names = kind === "platform" ? NAMES : [kind];
  const free = names.find((name) => !taken.has(name));
  if (free) return free;
  let number = 2;
  while (taken.has(`${kind}-${number}`)) number += 1;
  return `${kind}-${number}`;
}

/**
 * A first entry of an array.
 *
 * @param {string} array
 * @param {Entry[]} entries those that there are
 * @param {string[]} industries of the world
 * @returns {Entry}
 */
export function newEntry(array, entries, industries) {
  if (array === "platforms") return { name: nameFor(entries, "platform"), vectors: ["B2B", "B2SC", "SC2SC"] };
  if (array === "chains")
    return { name: nameFor(entries, "chain"), industries: industries.slice(0, 2), strength: 0 };
  const example = { industries: industries.slice(0, 1), elasticity: 0.5, export_dependence: 0.5 };
  const path = [
    [0, 100],
    [5, 150],
    [10, 100],
  ];
  return { name: nameFor(entries, "commodity"), ...example, reference: 100, path };
}

/**
 * The arrays of a scenario with one more policy and all that it needs, and a sentence for each thing added before it.
 *
 * @param {Instrument} instrument
 * @param {Record<string, any>} values of the whole scenario
 * @param {string[]} industries of the world
 * @returns {{steps: string[], arrays: Arrays}}
 */
export function policyWith(instrument, values, industries) {
  /** @type {Arrays} */
  const arrays = { policies: [...(values.policies ?? [])] };
  /** @type {string[]} */
  const steps = [];
  const needs = new Set(instrument.fields.filter(({ required }) => required).map(({ key }) => key));
  const lacking = (/** @type {number} */ wanted) => {
    const platforms = [...(values.platforms ?? [])];
    while (platforms.length < wanted) {
      const entry = newEntry("platforms", platforms, industries);
      platforms.push(entry);
      arrays.platforms = platforms;
      steps.push(`a platform, “${entry.name}”`);
      if (instrument.instrument === "platform_operation") continue;
      arrays.policies.push({ instrument: "platform_operation", platform: entry.name, coverage: 1 });
      steps.push(`the operation of “${entry.name}”, without which it does not exist`);
    }
    return platforms.map(({ name }) => name);
  };
  /** @type {Entry} */
  const entry = { instrument: instrument.instrument };
  if (needs.has("platform")) entry.platform = lacking(1)[0];
  if (needs.has("platforms")) entry.platforms = lacking(2).slice(0, 2);
  if (needs.has("chain")) {
    const chains = [...(values.chains ?? [])];
    if (!chains.length) {
      chains.push(newEntry("chains", chains, industries));
      arrays.chains = chains;
      steps.push(`a processing chain, ${chains[0].industries.join(", ").replaceAll("_", " ")}`);
    }
    entry.chain = chains[0].name;
  }
  if (instrument.all_or_nothing) entry.coverage = 1;
  else entry.budget = NEW_BUDGET;
  arrays.policies.push(entry);
  return { steps, arrays };
}

/**
 * The same arrays with less money for the policies that were there before; those that share what is left, and those
 * that work only if paid in full, keep theirs.
 *
 * @param {Arrays} arrays
 * @param {number} before how many policies were there
 * @param {{kept: number, rigid: Set<string>}} how `kept`: share of their money that they keep
 * @returns {Arrays}
 */
export function withRoom(arrays, before, { kept, rigid }) {
  const lower = (/** @type {Entry} */ entry) => {
    const key = ["budget", "coverage"].find((name) => (entry[name] ?? null) !== null);
    return key && !rigid.has(entry.instrument) ? { ...entry, [key]: entry[key] * kept } : entry;
  };
  return { ...arrays, policies: arrays.policies.map((entry, n) => (n < before ? lower(entry) : entry)) };
}
