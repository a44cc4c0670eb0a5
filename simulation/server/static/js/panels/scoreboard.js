// The measures at the time shown: each for A and for B, and B against A in words, the better one marked.
import { byId, el } from "../dom.js";
import { agreeing, MEASURES } from "../measures.js";
import { SIDES } from "../model/address.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Side } from "../model/side.js" */
/** @import { Scene } from "../scene.js" */
/**
 * @typedef {object} Shown
 * @property {string} metric
 * @property {string} help
 * @property {string} [since]  from when years count, where it is not the start of the run
 * @property {(sides: Scene["sides"]) => string} [without]  why there is no difference
 * @property {(scene: Scene, id: SideName, side: Side, at: number) => number} value
 */

/** @type {Shown[]} */
const SHOWN = [
  {
    metric: "t50_years",
    since: ", from release",
    value: (scene, id, side, at) => scene.soFar(id, side, "t50", at),
    help: "Years from the release of a technology until half of those who can adopt it have done so; lower is sooner; – if half is not reached",
  },
  {
    metric: "synchronization",
    value: (scene, id, side, at) => 1 - scene.soFar(id, side, "phi", at),
    help: "1 if all regions adopt at the same time. Φ is the share of the variance of adoption that lies between regions",
  },
  {
    metric: "w1_years",
    value: (scene, id, side, at) => scene.soFar(id, side, "w1", at),
    help: "Mean area between the adoption curves of two regions, in years; lower is closer together",
  },
  {
    metric: "final_share",
    value: (_scene, _id, side, at) => side.pooled.data[at],
    help: "Adoptions over eligible pairs of enterprise and technology, for the technologies shown, released or not; more is farther",
  },
  {
    metric: "member_share",
    value: (_scene, _id, side, at) => (side.world.platforms.length ? side.memberShare(at) : NaN),
    without: (sides) => {
      const bare = sides.filter(([, { world }]) => !world.platforms.length);
      return bare.length === sides.length
        ? "no platforms"
        : bare.map(([id]) => `${id.toUpperCase()} has no platform`).join();
    },
    help: "Share of enterprises that are on at least one platform",
  },
];

/** Draws the measures of a scene; elements are made once and their texts changed, so that nothing flickers. */
export class Scoreboard {
  #cells;

  constructor() {
    this.#cells = SHOWN.map(({ metric, help, since }) => {
      const { words, symbol } = MEASURES[metric];
      const cells = { a: el("span"), b: el("span"), than: el("p", { className: "than" }) };
      byId("scoreboard").append(
        el(
          "li",
          { title: help },
          el(
            "p",
            { className: "name" },
            el("span", {}, words),
            symbol ? el("small", {}, ` ${symbol}${since ?? ""}`) : null,
          ),
          el("p", { className: "values" }, cells.a, cells.b),
          cells.than,
        ),
      );
      return cells;
    });
  }

  /** @param {Scene} scene */
  draw(scene) {
    SHOWN.forEach(({ metric, value, without }, i) => {
      const { write, than, better } = MEASURES[metric];
      const cells = this.#cells[i];
      const values = { a: NaN, b: NaN };
      for (const id of SIDES) {
        const side = scene.sides.find(([name]) => name === id)?.[1];
        values[id] = side ? value(scene, id, side, scene.at(side)) : NaN;
      }
      const decimals = agreeing(values, metric);
      for (const id of SIDES) {
        const there = scene.sides.some(([name]) => name === id);
        cells[id].textContent = there ? `${id.toUpperCase()} ${write(values[id], decimals)}` : "";
        cells[id].style.color = scene.looks[id]?.ink ?? "";
      }
      const ahead = scene.comparable ? aheadOf(values, metric) : null;
      for (const id of SIDES) cells[id].classList.toggle("ahead", ahead === id);
      const difference = values.b - values.a;
      cells.than.textContent =
        scene.sides.length < 2
          ? ""
          : !scene.comparable
            ? "not compared: other worlds"
            : scene.same
              ? "identical so far"
              : !Number.isFinite(difference)
                ? (without?.(scene.sides) ?? "")
                : !/[1-9]/.test(than?.(difference, decimals) ?? "")
                  ? "the same"
                  : better && ahead
                    ? `${ahead.toUpperCase()} ${than?.(ahead === "b" ? difference : -difference, decimals)}`
                    : `B ${than?.(difference, decimals)}`;
    });
  }
}

/**
 * The side that is ahead in a measure; null where none is, or where the difference is not seen in the numbers written.
 *
 * @param {{a: number, b: number}} values
 * @param {string} metric
 */
function aheadOf({ a, b }, metric) {
  const { better, write } = MEASURES[metric];
  if (!better || !Number.isFinite(a - b) || write(a) === write(b)) return null;
  return (better === "lower") === b < a ? "b" : "a";
}
