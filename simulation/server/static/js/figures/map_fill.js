// What fills a region of a map: the share adopted, or at the end of the run, where all have half, when half had.
import { shareColour } from "../draw/colours.js";
import { decimal, percent } from "../draw/numbers.js";

/** @import { Scene, Side } from "./index.js" */

/**
 * @typedef {object} Fill
 * @property {"share" | "half"} kind
 * @property {[number, number]} ends  of the colours: shares, or years from the first to the last
 * @property {(side: Side, row: number) => string | null} colour  null where a region has no value
 * @property {(side: Side, row: number) => string} tell
 */

/**
 * At the end of a long run nearly all have adopted, so that shares would give all regions one colour.
 *
 * @param {Scene} scene
 * @returns {Fill}
 */
export function fillOf(scene) {
  const years = scene.sides.flatMap(([, side]) =>
    [...side.shares.row(side.known)].flatMap((share, r) => (Number.isFinite(share) ? halfOf(side, r) : [])),
  );
  const ended = scene.sides.every(([, side]) => scene.at(side) === side.months);
  if (!ended || !years.length || years.some(Number.isNaN))
    return {
      kind: "share",
      ends: [0, 1],
      colour: (side, row) => {
        const share = side.shares.row(scene.at(side))[row];
        return Number.isFinite(share) ? shareColour.at(share) : null;
      },
      tell: (side, row) => percent(side.shares.row(scene.at(side))[row], 0),
    };
  const [first, last] = [Math.min(...years), Math.max(...years)];
  return {
    kind: "half",
    ends: [first, last],
    // The earlier, the brighter: as at any moment on the way.
    colour: (side, row) => {
      const year = halfOf(side, row);
      return Number.isFinite(year) ? shareColour.at(last > first ? (last - year) / (last - first) : 1) : null;
    },
    tell: (side, row) => `${decimal(halfOf(side, row), 1)} y`,
  };
}

/** Year of the run in which a region came to one half; NaN before. @param {Side} side @param {number} row */
export const halfOf = (side, row) => side.reached[row] * side.dt;
