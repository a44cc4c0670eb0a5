// Axes, lines and bands of the small charts.
import { d3 } from "../d3.js";
import { textWidth } from "./surface.js";

const FOOT = 19; // px for the ticks

/**
 * Draw axes and return the scales and the inner box.
 *
 * `x` is {domain, unit}, the unit stands at the last tick; `y` is {domain, format, ticks} or {domain, format, values}.
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
    surface.path((c) => (c.moveTo(left, at), c.lineTo(box.right, at)), { stroke: theme.grid });
    surface.text(y.format(tick), left - 5, at, { align: "right", baseline: "middle", fill: theme.soft });
  }
  const xTicks = xScale.ticks(Math.max(2, Math.min(8, (box.right - left) / 45)));
  for (const tick of xTicks) {
    const at = crisp(xScale(tick));
    surface.path((c) => (c.moveTo(at, box.bottom), c.lineTo(at, box.bottom + 3)), { stroke: theme.soft });
    const text = tick === xTicks.at(-1) ? `${tick} ${x.unit}` : tick;
    surface.text(text, at, box.bottom + 15, { align: "center", fill: theme.soft });
  }
  surface.path((c) => (c.moveTo(left, crisp(box.bottom)), c.lineTo(box.right, crisp(box.bottom))), {
    stroke: theme.soft,
  });
  return { x: xScale, y: yScale, box };
}

/** Draw a line through values at places; gaps where a value is not a number. */
export function line(surface, scales, places, values, look) {
  const trace = d3
    .line()
    .defined((_, i) => Number.isFinite(values[i]))
    .x((_, i) => scales.x(places[i]))
    .y((_, i) => scales.y(values[i]));
  surface.path((context) => trace.context(context)(values), look);
}

/** Fill between two curves; null and NaN leave gaps. */
export function band(surface, scales, places, low, high, look) {
  const trace = d3
    .area()
    .defined((_, i) => Number.isFinite(low[i]) && Number.isFinite(high[i]))
    .x((_, i) => scales.x(places[i]))
    .y0((_, i) => scales.y(low[i]))
    .y1((_, i) => scales.y(high[i]));
  surface.path((context) => trace.context(context)(low), look);
}

/** Draw the marker of a scenario, by the letters that Matplotlib gives them. */
export function marker(surface, kind, x, y, size, look) {
  const type =
    {
      s: d3.symbolSquare,
      "^": d3.symbolTriangle,
      D: d3.symbolDiamond2,
      d: d3.symbolDiamond,
      P: d3.symbolCross,
      X: d3.symbolTimes,
      "*": d3.symbolStar,
    }[kind] ?? (kind === "v" ? d3.symbolTriangle : d3.symbolCircle);
  surface.path((context) => moved(context, x, y, (c) => d3.symbol(type, size * size).context(c)()), look);
}

/** A context that draws everything moved by (dx, dy), since symbols are drawn around the origin. */
function moved(context, dx, dy, draw) {
  draw({
    moveTo: (x, y) => context.moveTo(x + dx, y + dy),
    lineTo: (x, y) => context.lineTo(x + dx, y + dy),
    arc: (x, y, ...rest) => context.arc(x + dx, y + dy, ...rest),
    rect: (x, y, ...rest) => context.rect(x + dx, y + dy, ...rest),
    closePath: () => context.closePath(),
  });
}

/** The middle of the pixel, where lines of 1 px are sharp. */
export function crisp(value) {
  return Math.round(value - 0.5) + 0.5;
}

/** Places near those wanted, at least `gap` apart, in the same order, between low and high. */
export function spread(wanted, gap, low, high) {
  const order = d3.sort(d3.range(wanted.length), (i) => wanted[i]);
  const room = Math.min(gap, (high - low) / Math.max(1, wanted.length - 1));
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
