// The one dictionary of measures: words first, the symbol second, and how a difference is said.
import { decimal, percent, years } from "./draw/numbers.js";

/**
 * @typedef {object} Measure
 * @property {string} words
 * @property {string} [symbol]
 * @property {"higher" | "lower"} [better]
 * @property {(value: number) => string} write
 * @property {(difference: number) => string} [than]  B against A, in words that go on from "B is"
 */

const points = (/** @type {number} */ share, more = "more", fewer = "fewer") =>
  `${decimal(100 * Math.abs(share), 1)} points ${share > 0 ? more : fewer}`;
const yearsOf = (/** @type {number} */ value, decimals = 1) => `${decimal(Math.abs(value), decimals)} years`;

/** By the name that the server gives it. @type {Record<string, Measure>} */
export const MEASURES = {
  t50_years: {
    words: "Half have adopted after",
    symbol: "t50",
    better: "lower",
    write: years,
    than: (d) => `${yearsOf(d)} ${d < 0 ? "sooner" : "later"}`,
  },
  synchronization: {
    words: "Regions in step",
    symbol: "1 − Φ",
    better: "higher",
    write: decimal,
    than: (d) => `${decimal(Math.abs(d))} ${d > 0 ? "more" : "less"} in step`,
  },
  w1_years: {
    words: "Lag between regions",
    symbol: "W1",
    better: "lower",
    write: (v) => years(v, 2),
    than: (d) => `${yearsOf(d, 2)} ${d < 0 ? "closer together" : "farther apart"}`,
  },
  final_share: { words: "Adopted", better: "higher", write: percent, than: points },
  member_share: { words: "Members of a platform", write: percent, than: points },
  phi: { words: "Variance between regions", symbol: "Φ", better: "lower", write: decimal },
  phi_half: {
    words: "Variance between regions at half",
    symbol: "Φ at half",
    better: "lower",
    write: decimal,
  },
  kuramoto: { words: "Regions in phase", symbol: "Kuramoto r", better: "higher", write: decimal },
  t10_years: { words: "A tenth have adopted after", symbol: "t10", better: "lower", write: years },
  t90_years: { words: "Nine tenths have adopted after", symbol: "t90", better: "lower", write: years },
  t50_sd_years: {
    words: "Spread of the regions' half-times",
    symbol: "SD of t50",
    better: "lower",
    write: years,
  },
  t50_range_years: {
    words: "First to last region's half-time",
    symbol: "range of t50",
    better: "lower",
    write: years,
  },
  regions_below_half: { words: "Regions below half", better: "lower", write: (v) => decimal(v, 0) },
  planned_pv: { words: "Money planned", symbol: "present value", write: (v) => decimal(v, 0) },
  spent_pv: { words: "Money spent", symbol: "present value", write: (v) => decimal(v, 0) },
};

/** What a measure is called: "Regions in step (1 − Φ)". @param {string} metric */
export function called(metric) {
  const { words, symbol } = MEASURES[metric] ?? { words: metric.replaceAll("_", " "), symbol: "" };
  return symbol ? `${words} (${symbol})` : words;
}
