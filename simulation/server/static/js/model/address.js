// What the page shows, as the fragment of its address: sharing the address shares the picture.

/** The two sides, in their order. */
export const SIDES = /** @type {const} */ (["a", "b"]);

/** @typedef {(typeof SIDES)[number]} SideName */
/** @typedef {{scenario: string, results?: string, changes: string[]}} Choice a scenario, or one of a results folder */
/** @typedef {{choice: Choice, seed: number}} Pinned a run that stays while A and B show others */

/**
 * What the address holds.
 *
 * @typedef {object} Shown
 * @property {Choice | null} a
 * @property {Choice | null} b
 * @property {number} seed
 * @property {number} month
 * @property {string} show  "all", "direction:NAME" or "technology:NAME"
 * @property {string | null} region  id
 * @property {"calendar" | "release"} axis
 * @property {boolean} difference
 * @property {"map" | "tiles"} view
 * @property {readonly Pinned[]} pins
 */

/** @type {Readonly<Shown>} */

export const DEFAULTS = Object.freeze({
  a: null,
  b: null,
  seed: 1,
  month: Number.MAX_SAFE_INTEGER, // the end of the run, whenever that is
  show: "all",
  region: null,
  axis: "calendar",
  difference: false,
  view: "map",
  pins: Object.freeze([]),
});

/** Write a state as a fragment; defaults are left out. @param {Shown} state */
export function fragmentOf(state) {
  const params = new URLSearchParams();
  for (const side of SIDES) {
    const choice = state[side];
    params.append(side, nameOf(choice));
    for (const change of choice?.changes ?? []) params.append(`${side}.set`, change);
  }
  params.append("seed", String(state.seed));
  params.append("month", String(state.month));
  for (const key of /** @type {const} */ (["show", "region", "axis", "view"])) {
    const value = state[key];
    if (value !== null && value !== DEFAULTS[key]) params.append(key, value);
  }
  if (state.difference) params.append("difference", "1");
  for (const pin of state.pins) params.append("pin", pinText(pin));
  return `#${params}`;
}

/** A pinned run as one value of the fragment. @param {Pinned} pin */
export function pinText({ choice, seed }) {
  const params = new URLSearchParams({ run: nameOf(choice), seed: String(seed) });
  for (const change of choice.changes) params.append("set", change);
  return String(params);
}

/** @param {string} text @returns {Pinned[]} one, or none where it makes no sense */
function pinOf(text) {
  const params = new URLSearchParams(text);
  const [name, seed] = [params.get("run"), Number(params.get("seed"))];
  if (!name || !params.has("seed") || !Number.isSafeInteger(seed) || seed < 0) return [];
  return [{ choice: choiceOf(name, params.getAll("set")), seed }];
}

/**
 * Read a fragment. Missing and invalid parts are left out, so that the caller's own choice stands.
 *
 * @param {string} fragment
 */
export function stateOf(fragment) {
  const params = new URLSearchParams(fragment.replace(/^#/, ""));
  /** @type {Partial<Shown>} */
  const state = {};
  for (const side of SIDES) {
    const name = params.get(side);
    if (name === "none") state[side] = null;
    else if (name) state[side] = choiceOf(name, params.getAll(`${side}.set`));
  }
  for (const key of /** @type {const} */ (["seed", "month"])) {
    const value = Number(params.get(key));
    if (params.has(key) && Number.isSafeInteger(value) && value >= 0) state[key] = value;
  }
  const show = params.get("show");
  if (show === "all" || (show && /^(direction|technology):/.test(show))) state.show = show;
  if (params.has("region")) state.region = params.get("region");
  const [axis, view] = [params.get("axis"), params.get("view")];
  if (axis === "calendar" || axis === "release") state.axis = axis;
  if (view === "map" || view === "tiles") state.view = view;
  if (params.has("pin")) state.pins = params.getAll("pin").flatMap(pinOf);
  if (params.has("difference")) state.difference = params.get("difference") === "1";
  return state;
}

/**
 * A scenario by its name, or a replication of a results folder by "folder/scenario".
 *
 * @param {string} name
 * @param {string[]} changes
 * @returns {Choice}
 */
export function choiceOf(name, changes = []) {
  const [folder, scenario] = name.split("/");
  return scenario === undefined ? { scenario: name, changes } : { results: folder, scenario, changes: [] };
}

/** The inverse of `choiceOf`, without the changes. @param {Choice | null} choice */
export function nameOf(choice) {
  if (choice === null) return "none";
  return choice.results ? `${choice.results}/${choice.scenario}` : choice.scenario;
}
