// How numbers are written: a true minus, thin grouping, units; "–" where there is none.

const NONE = "–";
const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

const written = (/** @type {string} */ text) => text.replace("-", "−");

export const percent = (/** @type {number} */ share, decimals = 1) =>
  Number.isFinite(share) ? written(`${(100 * share).toFixed(decimals)}\u202f%`) : NONE;

export const years = (/** @type {number} */ value, decimals = 1) =>
  Number.isFinite(value) ? written(`${value.toFixed(decimals)}\u202fy`) : NONE;

export const decimal = (/** @type {number} */ value, decimals = 3) =>
  Number.isFinite(value) ? written(value.toFixed(decimals)) : NONE;

export const money = (/** @type {number} */ value) =>
  Number.isFinite(value) ? written(grouped.format(value)) : NONE;

export const whole = money;

/** Year and month of the calendar that starts with the run. @param {number} month @param {number} stepsPerYear */
export function date(month, stepsPerYear) {
  const unit = stepsPerYear === 12 ? "month" : "step";
  return `year ${Math.floor(month / stepsPerYear)} ${unit} ${month % stepsPerYear}`;
}

/**
 * A difference with its sign; no sign if it rounds to zero.
 *
 * @param {number} value
 * @param {(value: number) => string} write
 */
export function signed(value, write) {
  if (!Number.isFinite(value)) return NONE;
  const text = write(value);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : /[1-9]/.test(text) ? text : text.replace("−", "");
}

/** A text from an identifier: "oil_gas" is "oil gas". */
export const worded = (/** @type {string} */ identifier) => identifier.replaceAll("_", " ");
