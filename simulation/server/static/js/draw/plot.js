// Axes, lines and bands of the small charts.
import { d3 } from "../d3.js";
import { segment, textWidth } from "./surface.js";

/** @import { Look, Pen, Size, Surface, Trace } from "./surface.js" */
/** @typedef {ReturnType<typeof axes>} Scales */
/** @typedef {Pick<Surface, "path" | "text">} Ground what axes are drawn on */

const FOOT = 19; // px for the ticks

/**
 * Draw axes and return the scales and the inner box.
 *
 * `x` is {domain, unit}, the unit stands at the last tick; `y` is {domain, format, ticks} or {domain, format, values}.
 *
 * @param {Ground} surface
 * @param {Size} size
 * @param {{x: {domain: number[], unit: string}, theme: import("./colours.js").Theme, right?: number, top?: number,
 *   y: {domain: number[], format: (value: number) => string, ticks?: number, values?: number[]}}} what
 */
export function axes(surface, { width, height }, { x, y, theme, right = 14, top = 20 }) {
  const yScale = d3.scaleLinear(y.domain, [height - FOOT, top]);
  if (!y.values) yScale.nice(y.ticks ?? 3);
  const yTicks = y.values ?? yScale.ticks(y.ticks ?? 3);
  const left = Math.max(...yTicks.map((tick) => textWidth(y.format(tick)))) + 8;
  const xScale = d3.scaleLinear(x.domain, [left, width - right]);
  const box = { left, right: width - right, top, bottom: height - FOOT };
  for (const tick of yTicks) {
    const at = crisp(yScale(tick));
    surface.path(segment(left, at, box.right, at), { stroke: theme.grid });
    surface.text(y.format(tick), left - 5, at, { align: "right", baseline: "middle", fill: theme.soft });
  }
  const xTicks = xScale.ticks(Math.max(2, Math.min(8, (box.right - left) / 45)));
  for (const tick of xTicks) {
    const at = crisp(xScale(tick));
    surface.path(segment(at, box.bottom, at, box.bottom + 3), { stroke: theme.soft });
    const text = tick === xTicks.at(-1) ? `${tick} ${x.unit}` : String(tick);
    surface.text(text, at, box.bottom + 15, { align: "center", fill: theme.soft });
  }
  surface.path(segment(left, crisp(box.bottom), box.right, crisp(box.bottom)), {
    stroke: theme.soft,
  });
  return { x: xScale, y: yScale, box };
}

/** The pen as the types of d3 want it, although d3 uses its path commands alone. */
const canvasOf = (/** @type {Pen} */ pen) => /** @type {CanvasRenderingContext2D} */ (pen);

/**
 * Draw a line through values at places; gaps where a value is not a number.
 *
 * @param {Surface} surface
 * @param {Scales} scales
 * @param {number[]} places
 * @param {Iterable<number> & ArrayLike<number>} values
 * @param {Look} look
 */
export function line(surface, scales, places, values, look) {
  const trace = /** @type {import("d3-shape").Line<number>} */ (d3.line())
    .defined((_, i) => Number.isFinite(values[i]))
    .x((_, i) => scales.x(places[i]))
    .y((_, i) => scales.y(values[i]));
  surface.path((pen) => trace.context(canvasOf(pen))(values), look);
}

/**
 * Fill between two curves; NaN leaves gaps.
 *
 * @param {Surface} surface
 * @param {Scales} scales
 * @param {number[]} places
 * @param {number[]} low
 * @param {number[]} high
 * @param {Look} look
 */
export function band(surface, scales, places, low, high, look) {
  const trace = /** @type {import("d3-shape").Area<number>} */ (d3.area())
    .defined((_, i) => Number.isFinite(low[i]) && Number.isFinite(high[i]))
    .x((_, i) => scales.x(places[i]))
    .y0((_, i) => scales.y(low[i]))
    .y1((_, i) => scales.y(high[i]));
  surface.path((pen) => trace.context(canvasOf(pen))(low), look);
}

/** @type {Record<string, import("d3-shape").SymbolType>} */
const MARKERS = {
  s: d3.symbolSquare,
  "^": d3.symbolTriangle,
  v: d3.symbolTriangle,
  D: d3.symbolDiamond2,
  d: d3.symbolDiamond,
  P: d3.symbolCross,
  X: d3.symbolTimes,
  "*": d3.symbolStar,
};

/**
 * Draw the marker of a scenario, by the letters that Matplotlib gives them.
 *
 * @param {Surface} surface
 * @param {string} kind
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {Look} look
 */
export function marker(surface, kind, x, y, size, look) {
  const type = MARKERS[kind] ?? d3.symbolCircle;
  const draw = (/** @type {Pen} */ pen) => d3.symbol(type, size * size).context(canvasOf(pen))();
  surface.path((pen) => moved(pen, x, y, draw), look);
}

/**
 * What draws with a pen that draws everything moved by (dx, dy), since symbols are drawn around the origin.
 *
 * @param {Pen} pen
 * @param {number} dx
 * @param {number} dy
 * @param {Trace} draw
 */
function moved(pen, dx, dy, draw) {
  /** @type {Pick<Pen, "moveTo" | "lineTo" | "arc" | "rect" | "closePath">} */
  const other = {
    moveTo: (x, y) => pen.moveTo(x + dx, y + dy),
    lineTo: (x, y) => pen.lineTo(x + dx, y + dy),
    arc: (x, y, ...rest) => pen.arc(x + dx, y + dy, ...rest),
    rect: (x, y, ...rest) => pen.rect(x + dx, y + dy, ...rest),
    closePath: () => pen.closePath(),
  };
  draw(/** @type {Pen} */ (other)); // symbols have no other curves
}

/** The middle of the pixel, where lines of 1 px are sharp. @param {number} value */
export function crisp(value) {
  return Math.round(value - 0.5) + 0.5;
}

/**
 * Places near those wanted, at least `gap` apart, in the same order, between low and high.
 *
 * @param {number[]} wanted
 * @param {number} gap
 * @param {number} low
 * @param {number} high
 */
export function spread(wanted, gap, low, high) {
  const order = d3.sort(d3.range(wanted.length), (i) => wanted[i]);
  const room = Math.min(gap, (high - low) / Math.max(1, wanted.length - 1));
  /** @type {number[]} */
  const places = [];
  let floor = low;
  for (const i of order) {
    places[i] = Math.max(wanted[i], floor);
    floor = places[i] + room;
  }
  let ceiling = high;
  for (const i of order.reverse()) {
    places[i] = Math.min(places[i], ceiling);
    ceiling = places[i] - room;
  }
  return places;
}
