// What is shown, as a command of the command line.
import { SIDES } from "./address.js";

/** @import { Choice } from "./address.js" */

/**
 * One command that runs both sides: what both were changed in is set for all, the rest for a scenario by its name. Two
 * versions of one scenario take two commands. An empty text if nothing can be run.
 *
 * @param {{a: Choice | null, b: Choice | null, seed: number}} state
 */
export function commandOf(state) {
  const choices = SIDES.flatMap((side) => state[side] ?? []).filter((choice) => !choice.results);
  const run = (/** @type {string[]} */ names, /** @type {string[]} */ sets) =>
    ["hypercluster run", ...names, `--seed ${state.seed}`, ...sets.map((set) => `--set ${quoted(set)}`)].join(
      " ",
    );
  const [first, second] = choices;
  if (!first) return "";
  if (!second) return run([first.scenario], first.changes);
  if (first.scenario === second.scenario) {
    const commands = choices.map(({ scenario, changes }) => run([scenario], changes));
    return [...new Set(commands)].join("\n");
  }
  const shared = first.changes.filter((change) => second.changes.includes(change));
  const own = choices.flatMap(({ scenario, changes }) =>
    changes.filter((change) => !shared.includes(change)).map((change) => `${scenario}:${change}`),
  );
  return run([first.scenario, second.scenario], [...shared, ...own]);
}

/** For a shell. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
