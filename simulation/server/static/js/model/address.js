// What the page shows, as the fragment of its address: sharing the address shares the picture.

/** @typedef {{scenario?: string, results?: string, changes: string[]}} Choice */

export const DEFAULTS = Object.freeze({
  a: null,
  b: null,
  seed: 1,
  month: 0,
  show: "all", // "all", "direction:NAME" or "technology:NAME"
  region: null, // id
  axis: "calendar", // or "release"
  difference: false,
  view: "map", // or "tiles"
});

/** Write a state as a fragment; what is as by default is left out. */
export function fragmentOf(state) {
  const params = new URLSearchParams();
  for (const side of ["a", "b"]) {
    const choice = state[side];
    params.append(side, nameOf(choice));
    for (const change of choice?.changes ?? []) params.append(`${side}.set`, change);
  }
  params.append("seed", state.seed);
  params.append("month", state.month);
  for (const key of ["show", "region", "axis", "view"]) {
    if (state[key] !== DEFAULTS[key]) params.append(key, state[key]);
  }
  if (state.difference) params.append("difference", "1");
  return `#${params}`;
}

/** Read a fragment. What is missing or makes no sense is left out, so that the caller's own choice stands. */
export function stateOf(fragment) {
  const params = new URLSearchParams(fragment.replace(/^#/, ""));
  const state = {};
  for (const side of ["a", "b"]) {
    const name = params.get(side);
    if (name === "none") state[side] = null;
    else if (name) state[side] = choiceOf(name, params.getAll(`${side}.set`));
  }
  for (const key of ["seed", "month"]) {
    const value = Number(params.get(key));
    if (params.has(key) && Number.isSafeInteger(value) && value >= 0) state[key] = value;
  }
  const show = params.get("show");
  if (show === "all" || /^(direction|technology):/.test(show ?? "")) state.show = show;
  if (params.has("region")) state.region = params.get("region");
  if (["calendar", "release"].includes(params.get("axis"))) state.axis = params.get("axis");
  if (["map", "tiles"].includes(params.get("view"))) state.view = params.get("view");
  if (params.has("difference")) state.difference = params.get("difference") === "1";
  return state;
}

/** A scenario by its name, or a replication of a results folder by "folder/scenario". */
export function choiceOf(name, changes = []) {
  const [folder, scenario] = name.split("/");
  return scenario === undefined ? { scenario: name, changes } : { results: folder, scenario, changes: [] };
}

/** The inverse of `choiceOf`, without the changes. */
export function nameOf(choice) {
  if (choice === null) return "none";
  return choice.results ? `${choice.results}/${choice.scenario}` : choice.scenario;
}
