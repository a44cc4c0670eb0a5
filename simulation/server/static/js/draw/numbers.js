// How numbers are written: a true minus, thin grouping, units; "–" where there is none.

const NONE = "–";
const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

const written = (text) => text.replace("-", "−");

export const percent = (share, decimals = 1) =>
  Number.isFinite(share) ? written(`${(100 * share).toFixed(decimals)}\u202f%`) : NONE;

export const years = (value, decimals = 1) =>
  Number.isFinite(value) ? written(`${value.toFixed(decimals)}\u202fy`) : NONE;

export const decimal = (value, decimals = 3) =>
  Number.isFinite(value) ? written(value.toFixed(decimals)) : NONE;

export const money = (value) => (Number.isFinite(value) ? written(grouped.format(value)) : NONE);

export const whole = money;

/** Year and month of the calendar that starts with the run. */
export function date(month, stepsPerYear) {
  const unit = stepsPerYear === 12 ? "month" : "step";
  return `year ${Math.floor(month / stepsPerYear)} ${unit} ${month % stepsPerYear}`;
}

/** A difference with its sign; no sign where it rounds to nothing. */
export function signed(value, write) {
  if (!Number.isFinite(value)) return NONE;
  const text = write(value);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : /[1-9]/.test(text) ? text : text.replace("−", "");
}

/** A text from an identifier: "oil_gas" is "oil gas". */
export const worded = (identifier) => identifier.replaceAll("_", " ");
