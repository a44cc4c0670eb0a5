// The key of the maps: colours, sizes, rings, links.
import { shareColour } from "../draw/colours.js";
import { decimal, percent } from "../draw/numbers.js";
import { segment, textWidth } from "../draw/surface.js";

/** @import { Box, Scene, Surface, Theme } from "./index.js" */
/** @import { Pen } from "../draw/surface.js" */

const LINE = 18;
const NARROW = 480; // px below which colours and signs stand in two lines

/** @param {number} width */
export const keyHeight = (width) => (width < NARROW ? 24 + LINE : 24);

/**
 * Draw the key into its box, entries side by side.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Box} box
 * @param {{links: number, bubbles: boolean, fill: import("./map_fill.js").Fill}} what
 *   how many links a map shows at most, whether one has bubbles, and what fills regions
 */
export function drawKey(surface, scene, box, { links, bubbles, fill }) {
  const { theme } = scene;
  const narrow = box.width < 620;
  let y = box.y + 14;
  const soft = { baseline: /** @type {const} */ ("middle"), fill: theme.soft };
  let x = box.x;
  const say = (/** @type {string} */ text) => {
    surface.text(text, x, y, soft);
    x += textWidth(text) + 6;
  };
  const half = fill.kind === "half";
  const [low, high] = fill.ends.map((end) => (half ? decimal(end, 1) : percent(end, 0)));
  say(half ? `half reached in year ${low}` : narrow ? low : `adopted: ${low}`);
  colourBar(surface, { x, y: y - 5, width: 80, height: 9 }, (t) => shareColour.at(half ? 1 - t : t));
  x += 86;
  say(high);
  /** @type {[draw: typeof bubble, label: string][]} */
  const entries =
    scene.view === "tiles"
      ? [[strip, "members"]]
      : [
          ...(bubbles
            ? /** @type {[typeof bubble, string][]} */ ([
                [bubble, "enterprises"],
                [ring, "members"],
              ])
            : []),
          ...(links
            ? /** @type {[typeof bubble, string][]} */ ([
                [
                  link,
                  (links === 1 ? "the strongest link" : `the ${links} strongest links`) +
                    (narrow ? "" : " by members of one platform"),
                ],
              ])
            : []),
        ];
  if (box.width < NARROW) [x, y] = [box.x - 12, y + LINE];
  for (const [draw, label] of entries) {
    x += 22;
    draw(surface, theme, x, y);
    x += 16;
    say(label);
  }
}

/**
 * A horizontal bar of a colour map.
 *
 * @param {Surface} surface
 * @param {Box} box
 * @param {(t: number) => string} colour
 */
export function colourBar(surface, { x, y, width, height }, colour) {
  const steps = 40;
  for (let i = 0; i < steps; i++) {
    const from = x + (width * i) / steps;
    surface.path((c) => c.rect(from, y, width / steps + 0.5, height), { fill: colour((i + 0.5) / steps) });
  }
}

/** @param {Surface} surface @param {Theme} theme @param {number} x @param {number} y */
function bubble(surface, theme, x, y) {
  for (const [dx, radius] of [
    [-4, 3.5],
    [5, 6],
  ]) {
    surface.path((c) => c.arc(x + dx, y, radius, 0, 2 * Math.PI), { fill: theme.land, stroke: theme.soft });
  }
}

/** @param {Surface} surface @param {Theme} theme @param {number} x @param {number} y */
function ring(surface, theme, x, y) {
  surface.path((c) => c.arc(x, y, 4, 0, 2 * Math.PI), { fill: theme.land, stroke: theme.soft });
  drawRing(surface, theme, { x, y, radius: 6.6, share: 0.6 });
}

/** @param {Surface} surface @param {Theme} theme @param {number} x @param {number} y */
function link(surface, theme, x, y) {
  surface.path(segment(x - 9, y, x + 9, y), { stroke: theme.ink, width: 2, alpha: 0.4 });
}

/** @param {Surface} surface @param {Theme} theme @param {number} x @param {number} y */
function strip(surface, theme, x, y) {
  surface.path((c) => c.rect(x - 8, y - 2, 18, 4), { fill: theme.land, stroke: theme.soft, width: 0.5 });
  surface.path((c) => c.rect(x - 8, y - 2, 11, 4), { fill: theme.ink });
}

/**
 * An arc clockwise from the top: its part of the circle is the share of members.
 *
 * @param {Surface} surface
 * @param {Theme} theme
 * @param {{x: number, y: number, radius: number, share: number}} ring
 */
export function drawRing(surface, theme, { x, y, radius, share }) {
  if (!(share > 0)) return;
  const from = -Math.PI / 2;
  const arc = (/** @type {Pen} */ c) => {
    c.moveTo(x, y - radius);
    c.arc(x, y, radius, from, from + 2 * Math.PI * Math.min(share, 0.9999));
  };
  surface.path(arc, { stroke: theme.halo, width: 4 });
  surface.path(arc, { stroke: theme.ink, width: 2.4 });
}
