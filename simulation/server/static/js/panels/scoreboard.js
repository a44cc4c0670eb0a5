// The numbers on top: each measure for A, for B, and A - B.
import { byId, el } from "../dom.js";
import { decimal, money, percent, signed, years } from "../draw/numbers.js";
import { SIDES } from "../model/address.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Side } from "../model/side.js" */
/** @import { Scene } from "../scene.js" */
/**
 * @typedef {object} Measure
 * @property {string} title
 * @property {string} help
 * @property {(value: number) => string} write
 * @property {(value: number) => string} minus  writes a difference
 * @property {(scene: Scene, id: SideName, side: Side, at: number) => number} value
 */

const points = (/** @type {number} */ share) => `${decimal(100 * share, 1)}\u202fpp`;

/** @type {Measure[]} */
const MEASURES = [
  {
    title: "Adopted",
    write: percent,
    minus: points,
    value: (_scene, _id, side, at) => side.pooled.data[at],
    help: "Adoptions over eligible pairs of enterprise and technology, for the technologies shown, released or not",
  },
  {
    title: "t50 so far",
    write: years,
    minus: years,
    value: (scene, id, side, at) => scene.soFar(id, side, "t50", at),
    help: "Years from release until half of the eligible pairs have adopted, as if the run ended now; – if half is not reached",
  },
  {
    title: "1 − Φ so far",
    write: decimal,
    minus: decimal,
    value: (scene, id, side, at) => 1 - scene.soFar(id, side, "phi", at),
    help: "Synchronization: 1 if all regions adopt at the same time. Φ is the share of the variance of adoption that lies between regions",
  },
  {
    title: "W1 so far",
    write: (v) => years(v, 2),
    minus: (v) => years(v, 2),
    value: (scene, id, side, at) => scene.soFar(id, side, "w1", at),
    help: "Lag: mean area between the adoption curves of two regions, in years",
  },
  {
    title: "Members",
    write: percent,
    minus: points,
    value: (_scene, _id, side, at) => side.memberShare(at),
    help: "Platform members: share of enterprises that are on at least one platform",
  },
  {
    title: "Spent",
    write: money,
    minus: money,
    value: (_scene, _id, side, at) => side.moneyAt(at).spent,
    help: "Units of money spent so far; 1 unit pays for a year of full cluster service for one enterprise",
  },
];

/** Draws the numbers of a scene; elements are made once and their texts changed, so that nothing flickers. */
export class Scoreboard {
  #cells;

  constructor() {
    this.#cells = MEASURES.map(({ title, help }) => {
      const cells = { a: el("span"), b: el("span"), minus: el("span") };
      byId("scoreboard").append(
        el(
          "li",
          { title: help },
          el("p", { className: "name" }, el("span", {}, title), cells.minus),
          el("p", {}, cells.a, cells.b),
        ),
      );
      return cells;
    });
  }

  /** @param {Scene} scene */
  draw(scene) {
    const same =
      scene.sides.length === 2 && scene.comparable && (scene.parted === null || scene.parted > scene.month);
    MEASURES.forEach(({ write, minus, value }, i) => {
      const cells = this.#cells[i];
      const values = { a: NaN, b: NaN };
      for (const id of SIDES) {
        const side = scene.sides.find(([name]) => name === id)?.[1];
        values[id] = side ? value(scene, id, side, scene.at(side)) : NaN;
        cells[id].textContent = side ? `${id.toUpperCase()} ${write(values[id])}` : "";
        cells[id].style.color = scene.looks[id]?.ink ?? "";
      }
      // Money is known from the start, so that "identical so far" says nothing of it.
      const identical = same && !(values.a !== values.b && Number.isFinite(values.a - values.b));
      cells.minus.textContent =
        scene.sides.length < 2
          ? ""
          : identical
            ? "identical so far"
            : `A−B ${signed(values.a - values.b, minus)}`;
    });
  }
}
