// Two maps: a bubble a region, its fill the adoption share, a ring for its members, links for shared platforms.
import { shareColour } from "../draw/colours.js";
import { date, decimal, percent, whole } from "../draw/numbers.js";
import { marker } from "../draw/plot.js";
import { fitText, segment } from "../draw/surface.js";
import { aspect, labels, laidOut } from "./land.js";
import { drawKey, drawRing, KEY_HEIGHT, KEY_WIDTH } from "./map_key.js";
import { drawTiles, tileAt } from "./tiles.js";

/** @import { Box, Figure, Scene, Side, SideName, Size, Surface } from "./index.js" */
/** @import { Bubble, Land } from "./land.js" */
/** @import { Pen } from "../draw/surface.js" */

const TITLE = 20;
const GAP = 16;
const WIDE = 1.6; // width over height
const FINEST = 0.4;
const THICKEST = 3;

/**
 * Boxes of the panels and of the key, which stands beside the first map where there is room, else below all.
 *
 * @param {Scene} scene
 * @param {Size} size
 */
function layout(scene, { width, height }) {
  const n = Math.max(1, scene.sides.length);
  const map = scene.maps[0];
  const beside = n * aspect(map) * (height - TITLE) + KEY_WIDTH + 2 * GAP < width;
  // A map that is wide has nothing in its upper corners, and the title finds room there.
  const wide = Math.min(...scene.maps.map(aspect)) > WIDE;
  const title = beside && wide && scene.view === "map" ? 2 : TITLE;
  const foot = beside ? 0 : KEY_HEIGHT;
  const aside = beside ? KEY_WIDTH + 2 * GAP : 0;
  const gap = Math.max(aside, GAP);
  const panel = (width - (n === 1 ? aside : gap)) / n;
  const box = { y: title, width: panel, height: height - title - foot };
  return {
    panels: scene.sides.map((_, i) => ({ x: i * (panel + gap), ...box })),
    key: beside
      ? { x: panel + GAP, y: TITLE, width: KEY_WIDTH, height: height - TITLE, upright: true }
      : { x: 0, y: height - foot, width, height: foot, upright: false },
  };
}

/** @type {{key: string | null, lands: Land[]}} */
let drawn = { key: null, lands: [] };

/** Layouts of the maps, kept until the box or the map is another one. @param {Scene} scene @param {Box[]} panels */
function lands(scene, panels) {
  const key = JSON.stringify([panels, scene.sides.map(([, side]) => side.world.map)]);
  if (drawn.key !== key) {
    drawn = {
      key,
      lands: scene.sides.map(([, side], i) => laidOut(scene.maps[i], side.world.regions, panels[i])),
    };
  }
  return drawn.lands;
}

/** @type {Figure["draw"]} */
function draw(surface, size, scene) {
  const { panels, key } = layout(scene, size);
  scene.sides.forEach(([name, side], i) => {
    if (scene.view === "tiles") drawTiles(surface, scene, side, scene.maps[i].tiles, panels[i]);
    else drawMap(surface, scene, side, { land: lands(scene, panels)[i], box: panels[i], name });
    drawTitle(surface, scene, name, panels[i]);
  });
  drawKey(surface, scene, key);
}

/** @param {Surface} surface @param {Scene} scene @param {SideName} name @param {Box} box */
function drawTitle(surface, scene, name, { x, width }) {
  const look = scene.looks[name];
  marker(surface, look.marker, x + 7, 9, 9, { fill: look.colour });
  const text = fitText(scene.labels[name], width - 20, 14, "bold");
  surface.text(text, x + 18, 14, { size: 14, weight: "bold", fill: look.ink });
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Side} side
 * @param {{land: Land, box: Box, name: SideName}} where
 */
function drawMap(surface, scene, side, { land, box, name }) {
  const { theme } = scene;
  const month = scene.at(side);
  surface.layer(`land-${name}`, [theme.name, side.world.map, box], box, (layer) => {
    if (land.around) layer.shape(land.around, { fill: theme.around });
    for (const shape of land.shapes)
      if (shape) layer.shape(shape, { fill: theme.land, stroke: theme.border, width: 0.6 });
  });
  const row = scene.row(side);
  const picked = row === null ? null : land.shapes[row];
  if (picked) surface.shape(picked, { stroke: theme.ink, width: 1.6 });
  const strongest = side.strongestLink;
  for (const [r, q, strength] of side.links(month)) {
    const width = (THICKEST * strength) / strongest;
    if (width < FINEST) continue;
    const [from, to] = [land.bubbles[r], land.bubbles[q]];
    surface.path(segment(from.x, from.y, to.x, to.y), {
      stroke: theme.ink,
      width,
      alpha: 0.22,
    });
  }
  const shares = side.shares.row(month);
  const members = side.memberShares(month);
  for (const bubble of land.bubbles)
    drawBubble(surface, scene, bubble, shares[bubble.row], members[bubble.row]);
  const names = side.world.regions.map((region) => region.short);
  for (const label of labels(land.bubbles, names, box)) {
    surface.text(names[label.row], label.x, label.y, {
      baseline: "middle",
      fill: theme.ink,
      halo: theme.halo,
    });
  }
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Bubble} bubble
 * @param {number} share
 * @param {number} members
 */
function drawBubble(surface, scene, { x, y, radius, seat }, share, members) {
  const { theme } = scene;
  if (Math.hypot(x - seat[0], y - seat[1]) > radius) {
    surface.path(segment(x, y, ...seat), { stroke: theme.soft, width: 1 });
    surface.path((c) => c.arc(seat[0], seat[1], 1.6, 0, 2 * Math.PI), { fill: theme.soft });
  }
  const circle = (/** @type {Pen} */ c) => c.arc(x, y, radius, 0, 2 * Math.PI);
  const fill = Number.isFinite(share) ? shareColour.at(share) : theme.paper;
  surface.path(circle, { fill, stroke: theme.name === "light" ? "#ffffff" : theme.ink, width: 1.2 });
  drawRing(surface, theme, { x, y, radius: radius + 2.6, share: members });
}

/**
 * Side and region under the pointer, or null.
 *
 * @param {Scene} scene
 * @param {Size} size
 * @param {number} px
 * @param {number} py
 */
function at(scene, size, px, py) {
  const { panels } = layout(scene, size);
  const i = panels.findIndex((p) => px >= p.x && px <= p.x + p.width && py >= p.y);
  if (i < 0) return null;
  const [name, side] = scene.sides[i];
  if (scene.view === "tiles") {
    const row = tileAt(side, scene.maps[i].tiles, panels[i], px, py);
    return row === null ? null : { name, side, row };
  }
  const near = lands(scene, panels)[i].bubbles.find((b) => Math.hypot(px - b.x, py - b.y) <= b.radius + 5);
  return near ? { name, side, row: near.row } : null;
}

/** @type {Figure["hover"]} */
function hover(scene, size, x, y) {
  const found = at(scene, size, x, y);
  return found && { ...regionNotes(scene, found), row: found.row };
}

/**
 * What there is to say of a region in a month.
 *
 * @param {Scene} scene
 * @param {{name: SideName, side: Side, row: number, month?: number}} what
 * @returns {import("./index.js").Notes}
 */
export function regionNotes(scene, { name, side, row, month = scene.at(side) }) {
  const { world } = side;
  const shares = side.memberShares(month);
  const share = side.shares.row(month)[row];
  return {
    title: world.regions[row].name,
    lines: [
      [scene.labels[name], date(month, world.steps_per_year)],
      ["adoption share", percent(share)],
      ["adoptions", `${whole(side.adoptersIn(month, row))} of ${whole(side.eligibleIn(month, row))}`],
      ["enterprises", whole(side.enterprisesIn(month, row))],
      ...(world.platforms.length ? [["members", percent(shares[row], 0)]] : []),
      ...(world.live ? [["digital readiness", `${decimal(world.regions[row].readiness, 2)} (assumed)`]] : []),
    ],
  };
}

/** @type {Figure["pick"]} */
function pick(scene, size, x, y) {
  const found = at(scene, size, x, y);
  return found && { region: found.side.world.regions[found.row].id };
}

/** @type {Figure["table"]} */
function table(scene) {
  const rows = scene.sides.flatMap(([name, side]) => {
    const month = scene.at(side);
    const members = side.memberShares(month);
    return side.world.order.map((r) => [
      name.toUpperCase(),
      side.world.name,
      month,
      side.world.regions[r].id,
      side.enterprisesIn(month, r),
      side.adoptersIn(month, r),
      side.eligibleIn(month, r),
      side.shares.row(month)[r],
      members[r],
    ]);
  });
  return [
    [
      "side",
      "scenario",
      "month",
      "region",
      "enterprises",
      "adoptions",
      "eligible",
      "adoption_share",
      "member_share",
    ],
    ...rows,
  ];
}

/** @type {Figure["describe"]} */
function describe(scene) {
  return scene.sides
    .map(([name, side]) => {
      const shares = side.shares.row(scene.at(side));
      const order = [...side.world.order]
        .filter((r) => Number.isFinite(shares[r]))
        .sort((p, q) => shares[q] - shares[p]);
      const tell = (/** @type {number} */ r) => `${side.world.regions[r].short} ${percent(shares[r], 0)}`;
      return order.length
        ? `${scene.labels[name]}: highest ${tell(order[0])}, lowest ${tell(order[order.length - 1])}.`
        : "";
    })
    .join(" ");
}

export const maps = { name: "maps", title: "Adoption share by region", draw, hover, pick, table, describe };
