// The grid of tiles: all regions equally large, laid out like the country.
import { d3 } from "../d3.js";
import { fitText } from "../draw/surface.js";

/** @import { Box, Scene, Side, Surface } from "./index.js" */

/** @typedef {{lines: number, columns: number}} Grid */

const GAP = 3;

/** @param {{line: number, column: number}} place @param {Grid} grid @param {Box} box */
function tileBox({ line, column }, { lines, columns }, box) {
  const width = Math.min(box.width / columns, (2.6 * box.height) / lines);
  const height = Math.min(box.height / lines, 0.75 * width);
  const left = box.x + (box.width - columns * width) / 2;
  return { x: left + column * width, y: box.y + line * height, width: width - GAP, height: height - GAP };
}

/**
 * Draw the tiles of a side into a box.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Side} side
 * @param {{grid: Grid, box: Box, fill: import("./map_fill.js").Fill}} what
 */
export function drawTiles(surface, scene, side, { grid, box, fill: filled }) {
  const members = side.memberShares(scene.at(side));
  side.world.regions.forEach((region, r) => {
    const { x, y, width, height } = tileBox(region, grid, box);
    const colour = filled.colour(side, r);
    const fill = colour ?? scene.theme.paper;
    const ink = colour === null ? scene.theme.ink : d3.lab(fill).l < 50 ? "#ffffff" : "#111111";
    const picked = scene.row(side) === r;
    surface.path((c) => c.rect(x, y, width, height), {
      fill,
      stroke: picked ? scene.theme.ink : scene.theme.border,
      width: picked ? 2.5 : 0.6,
    });
    surface.text(fitText(region.short, width - 8), x + 4, y + 14, { fill: ink });
    if (height > 30)
      surface.text(filled.tell(side, r), x + width - 4, y + height - 8, {
        fill: ink,
        align: "right",
        weight: "bold",
      });
    if (members[r] > 0) surface.path((c) => c.rect(x, y + height - 4, width * members[r], 4), { fill: ink });
  });
}

/**
 * Row of the region whose tile lies under the pointer, or null.
 *
 * @param {Side} side
 * @param {Grid} grid
 * @param {Box} box
 * @param {number} px
 * @param {number} py
 */
export function tileAt(side, grid, box, px, py) {
  const row = side.world.regions.findIndex((region) => {
    const { x, y, width, height } = tileBox(region, grid, box);
    return px >= x && px <= x + width && py >= y && py <= y + height;
  });
  return row < 0 ? null : row;
}
