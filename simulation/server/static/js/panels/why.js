// Why the sides differ: what happens without each part, and which regions gain or lose.
import { el, messageOf, tableOf } from "../dom.js";
import { decimal } from "../draw/numbers.js";
import { MEASURES } from "../measures.js";
import { said } from "./pairs.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Case, Trials } from "../model/trials.js" */
/** @import { Scene } from "../scene.js" */
/** @typedef {{progress?: import("../model/trials.js").Progress, cases?: Case[], text?: string}} Answered */

const REPLICATIONS = 5;
const SHOWN = ["t50_years", "synchronization", "final_share"];
const KINDS = { channel: "Channels of contact", vector: "Who meets whom on a platform", policy: "Policies" };

export class Why {
  /** What is known without its parts, by digest of the side. @type {Map<string, Answered>} */
  #without = new Map();
  #redraw;

  /** @param {Trials} trials @param {() => void} redraw called when there is more to show */
  constructor(trials, redraw) {
    this.trials = trials;
    this.#redraw = redraw;
  }

  /** @param {HTMLElement} box @param {Scene} scene */
  render(box, scene) {
    box.replaceChildren(
      el(
        "p",
        { className: "soft" },
        "The bars say to which channel each adoption is attributed, in proportion to what drove it. This describes the run; it is descriptive, not causal. What happens without a part is below.",
      ),
      ...this.#regions(scene),
      el("h3", {}, "Without one of its parts"),
      el(
        "p",
        { className: "soft" },
        `Each line runs the side again without one part, ${REPLICATIONS} times with the same random draws. The lines do not add up: parts act together.`,
      ),
      ...scene.sides.flatMap(([name, side]) => this.#side(scene, name, side)).filter((part) => part !== null),
    );
  }

  /** @param {Scene} scene @param {SideName} name @param {import("../model/side.js").Side} side */
  #side(scene, name, side) {
    const title = el("h4", {}, scene.labels[name]);
    if (!side.world.live) return [title, el("p", { className: "soft" }, "A replay cannot run again.")];
    const key = `${side.world.digest} ${side.world.seed}`;
    const known = this.#without.get(key);
    if (known?.cases) return [title, ...tablesOf(known.cases)];
    const state = known?.progress
      ? el(
          "p",
          { role: "status" },
          `${known.progress.done} of ${known.progress.total} runs …`,
          el("progress", {
            max: known.progress.total,
            value: known.progress.done,
            "aria-label": "Runs done",
          }),
        )
      : known?.text
        ? el("p", { className: "bad", role: "alert" }, known.text)
        : null;
    const start = el(
      "button",
      {
        type: "button",
        id: `without-${name}`,
        disabled: Boolean(known?.progress),
        onclick: () => this.#start(name, key),
      },
      "Run without each part",
    );
    return [title, el("div", { className: "row" }, start), state];
  }

  /** @param {SideName} side @param {string} key */
  async #start(side, key) {
    const tell = (/** @type {Answered} */ answered) => {
      this.#without.set(key, answered);
      this.#redraw();
    };
    tell({ progress: { done: 0, total: 1 } });
    try {
      const answer = await this.trials.without(side, REPLICATIONS, (progress) => tell({ progress }));
      if (answer.state === "done") tell({ cases: answer.cases });
      else
        tell({ text: answer.state === "failed" ? answer.text : "Stopped, because something was changed." });
    } catch (error) {
      tell({ text: messageOf(error) });
    }
  }

  /** @param {Scene} scene */
  #regions(scene) {
    const pair = this.trials.pair;
    const regions = scene.sides.length === 2 && scene.comparable ? (pair?.regions ?? []) : [];
    const world = scene.sides.at(-1)?.[1].world;
    if (!pair || !regions.length || !world) return [];
    const rows = regions
      .map((row, r) => ({ ...row, name: world.regions[r].short }))
      .filter((row) => row.difference !== null)
      .sort((one, other) => (other.difference ?? 0) - (one.difference ?? 0));
    const told = (/** @type {number} */ sign) =>
      rows.filter(({ low, high }) => low !== null && high !== null && sign * low > 0 && sign * high > 0)
        .length;
    return [
      el("h3", {}, "Which regions gain or lose"),
      el(
        "p",
        {},
        `In B adoption is sooner in ${told(1)} of ${rows.length} regions and later in ${told(-1)}; in the others ${pair.replications} pairs of histories cannot tell.`,
      ),
      tableOf(
        ["Region", "B is", "95 % interval, years"],
        rows.map(({ name, difference, low, high }) => [
          name,
          saidYears(difference ?? 0),
          low === null || high === null ? "–" : `${decimal(low, 2)} to ${decimal(high, 2)}`,
        ]),
      ),
      el(
        "p",
        { className: "soft" },
        "Years by which enterprises of the region adopt sooner on average, within the common window.",
      ),
    ];
  }
}

const saidYears = (/** @type {number} */ years) =>
  Math.abs(years) < 0.005
    ? "the same"
    : `${decimal(Math.abs(years), 2)} years ${years > 0 ? "sooner" : "later"}`;

/** @param {Case[]} cases */
function tablesOf(cases) {
  return Object.entries(KINDS).flatMap(([kind, title]) => {
    const rows = cases.filter((each) => each.kind === kind);
    if (!rows.length) return [];
    return [
      tableOf(
        [title, ...SHOWN.map((metric) => MEASURES[metric].words)],
        rows.map((each) => [
          el(
            "span",
            {},
            `without ${each.name}`,
            each.note ? el("small", { className: "soft" }, ` (${each.note})`) : null,
          ),
          ...(each.problem
            ? [el("span", { className: "soft", title: each.problem }, "cannot run without it"), "", ""]
            : SHOWN.map((metric) => said(each, metric))),
        ]),
      ),
    ];
  });
}
