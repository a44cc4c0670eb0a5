// The one dictionary of measures: words first, the symbol second, and how a difference is said.
import { decimal, percent, years } from "./draw/numbers.js";

/**
 * Numbers and differences are written with the measure's decimals, or with more where the caller says so.
 *
 * @typedef {object} Measure
 * @property {string} words
 * @property {string} [symbol]
 * @property {"higher" | "lower"} [better]
 * @property {(value: number, decimals?: number) => string} write
 * @property {(difference: number, decimals?: number) => string} [than]  B against A, in words that go on from "B is"
 * @property {number} [decimals]  those of a measure with a difference
 */

const points = (/** @type {number} */ share, decimals = 1) =>
  `${decimal(100 * Math.abs(share), decimals)} points ${share > 0 ? "more" : "fewer"}`;
const yearsOf = (/** @type {number} */ value, /** @type {number} */ decimals) =>
  `${decimal(Math.abs(value), decimals)} years`;

const soonerOf = (/** @type {number} */ d, decimals = 1) =>
  `${yearsOf(d, decimals)} ${d < 0 ? "sooner" : "later"}`;

/** By the name that the server gives it. @type {Record<string, Measure>} */
export const MEASURES = {
  t50_years: {
    words: "Half have adopted after",
    symbol: "t50",
    better: "lower",
    write: years,
    decimals: 1,
    than: soonerOf,
  },
  synchronization: {
    words: "Regions in step",
    symbol: "1 − Φ",
    better: "higher",
    write: decimal,
    decimals: 3,
    than: (d, decimals = 3) => `${decimal(Math.abs(d), decimals)} ${d > 0 ? "more" : "less"} in step`,
  },
  w1_years: {
    words: "Lag between regions",
    symbol: "W1",
    better: "lower",
    write: (v, decimals = 2) => years(v, decimals),
    decimals: 2,
    than: (d, decimals = 2) => `${yearsOf(d, decimals)} ${d < 0 ? "closer together" : "farther apart"}`,
  },
  final_share: { words: "Adopted", better: "higher", write: percent, decimals: 1, than: points },
  member_share: { words: "Members of a platform", write: percent, decimals: 1, than: points },
  phi: { words: "Variance between regions", symbol: "Φ", better: "lower", write: decimal },
  phi_half: {
    words: "Variance between regions at half",
    symbol: "Φ at half",
    better: "lower",
    write: decimal,
  },
  kuramoto: { words: "Regions in phase", symbol: "Kuramoto r", better: "higher", write: decimal },
  restricted_time_years: {
    words: "Time to adoption on average",
    better: "lower",
    write: years,
    than: soonerOf,
  },
  t10_years: {
    words: "A tenth have adopted after",
    symbol: "t10",
    better: "lower",
    write: years,
    than: soonerOf,
  },
  t90_years: {
    words: "Nine tenths have adopted after",
    symbol: "t90",
    better: "lower",
    write: years,
    than: soonerOf,
  },
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

const FINE = 2; // decimals that are added at most; with more, a last digit that is off by one stands out no longer

/**
 * The decimals with which two numbers of a measure differ by what is said of them: whoever subtracts 7.7 from 9.5 finds
 * 1.8, where the numbers themselves may differ by 1.9.
 *
 * @param {{a: number, b: number}} values
 * @param {string} metric
 */
export function agreeing({ a, b }, metric) {
  const { write, than, decimals = 0 } = MEASURES[metric];
  const number = (/** @type {string | undefined} */ text) => Math.abs(Number(text?.match(/[\d.]+/)?.[0]));
  const agrees = (/** @type {number} */ places) => {
    const left = Math.abs(number(write(b, places)) - number(write(a, places)));
    return left.toFixed(places) === number(than?.(b - a, places)).toFixed(places);
  };
  return Number.isFinite(b - a) && decimals < FINE && !agrees(decimals) ? FINE : decimals;
}

/** What a measure is called: "Regions in step (1 − Φ)". @param {string} metric */
export function called(metric) {
  const { words, symbol } = MEASURES[metric] ?? { words: metric.replaceAll("_", " "), symbol: "" };
  return symbol ? `${words} (${symbol})` : words;
}
