// Differences between paired runs in words and intervals, as tables show them.
import { tableOf } from "../dom.js";
import { decimal, signed } from "../draw/numbers.js";
import { called, MEASURES } from "../measures.js";

/** @import { Difference } from "../model/trials.js" */

const FIRST = [
  ...["t50_years", "restricted_time_years", "synchronization", "w1_years", "final_share", "member_share"],
  ...["planned_pv", "spent_pv"],
];

const digits = (/** @type {number} */ difference) =>
  Math.abs(difference) >= 100 ? 0 : Math.abs(difference) >= 10 ? 1 : 3;

/** Whether the interval of a difference excludes zero. @param {Difference} row */
const isClear = ({ low, high }) => low !== null && high !== null && low * high > 0;

/** B less A with its sign, in the unit of the measure. @param {number} value @param {number} size */
const written = (value, size) => signed(value, (number) => decimal(number, digits(size)));

/** A difference in words; whether it can be told from chance stands beside it. @param {Difference} row */
function inWords(row) {
  if (row.difference === null) return "undefined";
  if (row.difference === 0 && row.low === 0 && row.high === 0) return "the same";
  const words = MEASURES[row.metric]?.than?.(row.difference) ?? written(row.difference, row.difference);
  return isClear(row) ? words : `${words} (within chance)`;
}

/** All measures of a comparison, those of the scoreboard first. @param {Difference[]} rows */
export function differencesTable(rows) {
  const place = (/** @type {Difference} */ row) => FIRST.indexOf(row.metric) >>> 0; // -1 becomes the last
  const sorted = [...rows].sort((one, other) => place(one) - place(other));
  return tableOf(
    ["Measure", "B against A", "95 % interval", "pairs"],
    sorted.map((row) => [
      called(row.metric),
      inWords(row),
      row.low === null || row.high === null || row.difference === null
        ? "–"
        : `${written(row.low, row.difference)} to ${written(row.high, row.difference)}`,
      row.n === row.pairs ? String(row.n) : `${row.n} of ${row.pairs}`,
    ]),
  );
}
