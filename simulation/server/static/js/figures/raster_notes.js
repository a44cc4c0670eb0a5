// What stands in words on the adoption raster: when its regions come to half, who is first and last, where sides differ.
import { d3 } from "../d3.js";
import { decimal, years } from "../draw/numbers.js";
import { textWidth } from "../draw/surface.js";

/** @import { Box, Scene, Surface } from "./index.js" */
/** @import { Drawn, Panel } from "./raster.js" */

/**
 * When half have adopted in all regions together, and how far the regions lie apart. The years count from the start of the
 * run here, unlike those of t50, which count from the release of each technology.
 *
 * @param {Scene} scene
 * @param {Panel} panel
 * @returns {[words: string, short: string]}
 */
export function halfTimes(scene, panel) {
  const since = scene.axis === "release" ? "after release" : "of the run";
  const reached = panel.t50.filter(Number.isFinite);
  const all = Number.isFinite(panel.pooled)
    ? `half reached in year ${decimal(panel.pooled, 1)} ${since}`
    : "";
  const few =
    reached.length < panel.rows ? `${reached.length} of ${panel.rows} regions have come to half` : "";
  const lag = reached.length > 1 ? decimal(Math.max(...reached) - Math.min(...reached), 1) : "";
  const joined = (/** @type {string[]} */ parts) => parts.filter(Boolean).join("; ");
  return [
    joined([all, few, lag && `first to last region ${lag} years`]),
    joined([
      Number.isFinite(panel.pooled) ? `half in year ${decimal(panel.pooled, 1)}` : "",
      few && `half in ${reached.length} of ${panel.rows}`,
      lag && `first to last ${lag} y`,
    ]),
  ];
}

/**
 * Name the regions that come to half first and last, at their dots.
 *
 * @param {Surface} surface
 * @param {{panel: Panel, box: Box, rowHeight: number, x: (years: number) => number}} what
 */
export function nameEnds(surface, { panel, box, rowHeight, x }) {
  const lines = d3.range(panel.lines.length).filter((line) => Number.isFinite(panel.t50[panel.lines[line]]));
  if (lines.length < 3 || box.width < 140) return;
  const time = (/** @type {number} */ line) => panel.t50[panel.lines[line]];
  const [first, last] = [d3.least(lines, time), d3.greatest(lines, time)];
  const { regions } = panel.side.world;
  // While some have not come to half, nobody is known to be the last.
  const all = panel.lines.every((r) => r < 0 || Number.isFinite(panel.t50[r]));
  for (const [line, word] of /** @type {[number, string][]} */ ([
    [first, "first"],
    ...(all ? [[last, "last"]] : []),
  ])) {
    const { short } = regions[panel.lines[line]];
    const at = x(time(line));
    const room = Math.max(at - box.x, box.x + box.width - at) - 12;
    const text = [`${word}: ${short}, ${years(time(line))}`, `${word}: ${short}`, word].find(
      (words) => textWidth(words) < room,
    );
    if (!text) continue;
    const left = at + 8 + textWidth(text) > box.x + box.width;
    surface.text(text, left ? at - 8 : at + 8, box.y + (line + 0.5) * rowHeight, {
      align: left ? "right" : "left",
      baseline: "middle",
      fill: "#1a1a1a",
      halo: "#ffffff",
    });
  }
}

/**
 * Where each row differs most, in percentage points: in grey the two ends of the map look alike.
 *
 * @param {Surface} surface
 * @param {Omit<Drawn, "picked">} what
 */
export function writeExtremes(surface, { panel, box, rowHeight }) {
  if (rowHeight < 13) return; // they would touch
  const cell = box.width / panel.total;
  panel.lines.forEach((r, line) => {
    const at = d3.maxIndex(d3.range(panel.now + 1), (c) => Math.abs(panel.value(r, c)));
    const points = Math.round(100 * panel.value(r, at));
    if (!points) return;
    const x = Math.min(Math.max(box.x + cell * at, box.x + 16), box.x + box.width - 16);
    const text = points > 0 ? `+${points}` : `−${-points}`;
    surface.text(text, x, box.y + (line + 0.5) * rowHeight, {
      align: "center",
      baseline: "middle",
      fill: "#1a1a1a",
      halo: "#ffffff",
    });
  });
}
