// The key of the maps: colours, sizes, rings, links.
import { shareColour } from "../draw/colours.js";
import { segment } from "../draw/surface.js";

/** @import { Box, Scene, Surface, Theme } from "./index.js" */
/** @import { Pen } from "../draw/surface.js" */

const ALIGNED = /** @type {const} */ (["left", "center", "right"]);

export const KEY_WIDTH = 128;
export const KEY_HEIGHT = 40;

/**
 * Draw the key into its box: entries one below the other where it stands upright, else side by side.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Box & {upright: boolean}} box
 */
export function drawKey(surface, scene, box) {
  const { theme } = scene;
  const bar = { x: box.x, y: box.y + (box.upright ? 26 : 18), width: Math.min(118, box.width), height: 9 };
  surface.text("Adoption share, %", box.x, bar.y - 8, { fill: theme.soft });
  colourBar(surface, bar, (t) => shareColour.at(t));
  [0, 50, 100].forEach((value, i) => {
    const align = ALIGNED[i];
    surface.text(String(value), bar.x + (bar.width * i) / 2, bar.y + bar.height + 12, {
      align,
      fill: theme.soft,
    });
  });
  /** @type {[draw: typeof bubble, label: string][]} */
  const entries =
    scene.view === "tiles"
      ? [[strip, "members"]]
      : [
          [bubble, "enterprises"],
          [ring, "members"],
          [link, "shared members"],
        ];
  entries.forEach(([draw, label], i) => {
    const x = box.upright ? box.x + 10 : box.x + 160 + 118 * i;
    const y = box.upright ? bar.y + 44 + 22 * i : box.y + 20;
    draw(surface, theme, x, y);
    surface.text(label, x + 16, y, { baseline: "middle", fill: theme.soft });
  });
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
