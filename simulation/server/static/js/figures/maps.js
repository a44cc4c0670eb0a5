// Two maps: regions filled by the share adopted, each named or numbered, and the strongest links over shared platforms.
import { d3 } from "../d3.js";
import { date, decimal, percent, whole } from "../draw/numbers.js";
import { marker } from "../draw/plot.js";
import { contextOf, fitText, segment, textWidth } from "../draw/surface.js";
import { labels, laidOut } from "./land.js";
import { fillOf, halfOf } from "./map_fill.js";
import { drawKey, drawRing, keyHeight } from "./map_key.js";
import { drawTiles, tileAt } from "./tiles.js";

/** @import { Box, Figure, Scene, Side, SideName, Size, Surface } from "./index.js" */
/** @import { Bubble, Label, Land } from "./land.js" */
/** @import { Fill } from "./map_fill.js" */
/** @import { Pen } from "../draw/surface.js" */

const TITLE = 22;
const GAP = 16;
const STACKED = 620; // px of width below which B stands below A
const LINE = 16;
const THICKEST = 3;
const LEGIBLE = 0.2; // of the strongest link that there can be
const MOST_LINKS = 12;

/** @typedef {Land & {labels: Label[], box: Box}} Panel */
/** @typedef {{panels: Panel[], key: Box, numbers: {text: string, x: number, y: number}[]}} Layout */

/** @type {{key: string | null, layout: Layout | null}} */
let drawn = { key: null, layout: null };

/** Where everything stands, kept until the size or a map is another one. @param {Scene} scene @param {Size} size */
function layout(scene, size) {
  const key = JSON.stringify([
    size,
    scene.view,
    scene.sides.map(([, { world }]) => [world.map, world.regions.map((region) => region.enterprises)]),
  ]);
  if (drawn.key !== key || !drawn.layout) drawn = { key, layout: arranged(scene, size) };
  return drawn.layout ?? arranged(scene, size);
}

/** @param {Scene} scene @param {Size} size @returns {Layout} */
function arranged(scene, { width, height }) {
  const n = Math.max(1, scene.sides.length);
  const across = width < STACKED ? 1 : n;
  const down = n / across;
  const wide = (width - GAP * (across - 1)) / across;
  /** @type {Panel[]} */
  let panels = [];
  /** @type {string[]} */
  let named = [];
  const keyed = keyHeight(width);
  let foot = keyed;
  // Numbers need a key, whose lines take height from the maps, which may then need more numbers.
  for (let round = 0; round < 3; round++) {
    const high = (height - foot) / down;
    panels = scene.sides.map(([, { world }], i) => {
      const box = {
        x: (i % across) * (wide + GAP),
        y: Math.floor(i / across) * high + TITLE,
        width: wide,
        height: high - TITLE - 4,
      };
      const land = laidOut(scene.maps[i], world.regions, box);
      const names = world.regions.map((region) => region.short);
      return { ...land, box, labels: scene.view === "tiles" ? [] : labels(land.bubbles, names, box) };
    });
    named = numbered(scene, panels);
    const needed = keyed + LINE * flowed(named, width).lines;
    if (needed <= foot) break;
    foot = needed;
  }
  return {
    panels,
    key: { x: 0, y: height - keyed, width, height: keyed },
    numbers: flowed(named, width).texts.map(({ text, x, line }) => ({
      text,
      x,
      y: height - foot + 12 + LINE * line,
    })),
  };
}

/** The names of the numbers, once where both maps have the same. @param {Scene} scene @param {Panel[]} panels */
function numbered(scene, panels) {
  const lists = panels.map(({ labels: all }, i) =>
    all
      .filter(({ number }) => number !== null)
      .map(({ number, row }) => `${number} ${scene.sides[i][1].world.regions[row].short}`),
  );
  const [a, b] = lists;
  if (!b || a.join() === b.join()) return a ?? [];
  return lists.flatMap((list, i) => list.map((text) => `${scene.sides[i][0].toUpperCase()}${text}`));
}

/** Texts one after the other, broken into lines. @param {string[]} texts @param {number} width */
function flowed(texts, width) {
  let [x, line] = [0, 0];
  const placed = texts.map((text) => {
    const long = textWidth(text);
    if (x > 0 && x + long > width) [x, line] = [0, line + 1];
    const at = { text, x, line };
    x += long + 16;
    return at;
  });
  return { texts: placed, lines: texts.length ? line + 1 : 0 };
}

/** @type {Figure["draw"]} */
function draw(surface, size, scene) {
  const { panels, key, numbers } = layout(scene, size);
  /** @type {number[]} */
  const shown = [];
  const fill = fillOf(scene);
  scene.sides.forEach(([name, side], i) => {
    const [grid, { box }] = [scene.maps[i].tiles, panels[i]];
    if (scene.view === "tiles") drawTiles(surface, scene, side, { grid, box, fill });
    else shown.push(drawMap(surface, scene, side, { panel: panels[i], name, fill }));
    drawTitle(surface, scene, name, panels[i].box);
  });
  for (const { text, x, y } of numbers) surface.text(text, x, y, { fill: scene.theme.ink });
  const bubbles = panels.some(({ shapes }) => shapes.includes(null));
  drawKey(surface, scene, key, { links: d3.max(shown) ?? 0, bubbles, fill });
}

/** @param {Surface} surface @param {Scene} scene @param {SideName} name @param {Box} box */
function drawTitle(surface, scene, name, { x, y, width }) {
  const look = scene.looks[name];
  marker(surface, look.marker, x + 7, y - 13, 9, { fill: look.colour });
  const text = fitText(scene.labels[name], width - 20, 14, "bold");
  surface.text(text, x + 18, y - 8, { size: 14, weight: "bold", fill: look.ink });
}

/**
 * Draw a map; returns how many links it shows.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Side} side
 * @param {{panel: Panel, name: SideName, fill: Fill}} where
 */
function drawMap(surface, scene, side, { panel, name, fill }) {
  const { theme } = scene;
  const month = scene.at(side);
  const members = side.memberShares(month);
  surface.layer(`around-${name}`, [theme.name, side.world.map, panel.box], panel.box, (layer) => {
    if (panel.around) layer.shape(panel.around, { fill: theme.around });
  });
  panel.shapes.forEach((shape, row) => {
    if (shape)
      surface.shape(shape, { fill: fill.colour(side, row) ?? theme.land, stroke: theme.border, width: 0.6 });
  });
  const row = scene.row(side);
  const picked = row === null ? null : panel.shapes[row];
  if (picked) surface.shape(picked, { stroke: theme.ink, width: 2.4 });
  const strongest = side.strongestLink;
  const links = d3
    .sort(side.links(month), ([, , strength]) => -strength)
    .slice(0, MOST_LINKS)
    .filter(([, , strength]) => strength >= LEGIBLE * strongest);
  for (const [r, q, strength] of links.reverse()) {
    const [from, to] = [panel.bubbles[r], panel.bubbles[q]];
    const path = segment(from.x, from.y, to.x, to.y);
    const width = (THICKEST * strength) / strongest;
    surface.path(path, { stroke: theme.halo, width: width + 1.6, alpha: 0.6 });
    surface.path(path, { stroke: theme.ink, width, alpha: 0.75 });
  }
  for (const bubble of panel.bubbles) {
    if (!panel.shapes[bubble.row])
      drawBubble(surface, scene, bubble, fill.colour(side, bubble.row), members[bubble.row]);
    else
      surface.path((c) => c.arc(bubble.x, bubble.y, bubble.radius, 0, 2 * Math.PI), {
        fill: theme.ink,
        stroke: theme.halo,
        width: 1,
      });
  }
  for (const label of panel.labels) drawLabel(surface, scene, label, side.world.regions[label.row].short);
  return links.length;
}

/** @param {Surface} surface @param {Scene} scene @param {Label} label @param {string} name */
function drawLabel(surface, { theme }, { x, y, number, seat }, name) {
  if (number === null) {
    surface.text(name, x, y, { baseline: "middle", fill: theme.ink, halo: theme.halo });
    return;
  }
  if (Math.hypot(x - seat[0], y - seat[1]) > 4)
    surface.path(segment(x, y, ...seat), { stroke: theme.ink, width: 0.8 });
  surface.path((c) => c.arc(x, y, 8, 0, 2 * Math.PI), { fill: theme.paper, stroke: theme.ink, width: 0.8 });
  surface.text(String(number), x, y, { align: "center", baseline: "middle", fill: theme.ink });
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Bubble} bubble
 * @param {string | null} colour
 * @param {number} members
 */
function drawBubble(surface, scene, { x, y, radius, seat }, colour, members) {
  const { theme } = scene;
  if (Math.hypot(x - seat[0], y - seat[1]) > radius) {
    surface.path(segment(x, y, ...seat), { stroke: theme.soft, width: 1 });
    surface.path((c) => c.arc(seat[0], seat[1], 1.6, 0, 2 * Math.PI), { fill: theme.soft });
  }
  const circle = (/** @type {Pen} */ c) => c.arc(x, y, radius, 0, 2 * Math.PI);
  surface.path(circle, {
    fill: colour ?? theme.paper,
    stroke: theme.name === "light" ? "#ffffff" : theme.ink,
    width: 1.2,
  });
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
  const i = panels.findIndex(
    ({ box }) => px >= box.x && px <= box.x + box.width && py >= box.y && py <= box.y + box.height,
  );
  if (i < 0) return null;
  const [name, side] = scene.sides[i];
  if (scene.view === "tiles") {
    const row = tileAt(side, scene.maps[i].tiles, panels[i].box, px, py);
    return row === null ? null : { name, side, row };
  }
  const near = (/** @type {{x: number, y: number}} */ place, /** @type {number} */ far) =>
    Math.hypot(px - place.x, py - place.y) <= far;
  const badge = panels[i].labels.find((label) => label.number !== null && near(label, 9));
  const bubble = badge ?? panels[i].bubbles.find((one) => near(one, one.radius + 5));
  const row = bubble?.row ?? panels[i].shapes.findIndex((shape) => shape && isIn(shape.path2d, px, py));
  return row < 0 ? null : { name, side, row };
}

/** @type {CanvasRenderingContext2D | null} */
let probe = null; // asked whether a point lies in an outline

/** @param {Path2D} path @param {number} x @param {number} y */
function isIn(path, x, y) {
  probe ??= contextOf(document.createElement("canvas"));
  return probe.isPointInPath(path, x, y);
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
      ...(halfOf(side, row) <= month * side.dt
        ? [["half reached", `in year ${decimal(halfOf(side, row), 1)}`]]
        : []),
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
      halfOf(side, r) <= month * side.dt ? halfOf(side, r) : NaN,
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
      "half_reached_years",
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

export const maps = {
  name: "maps",
  title: "Where it is adopted",
  caption: "regions filled by the share adopted at the time shown; at the end, by when half had adopted",
  draw,
  hover,
  pick,
  table,
  describe,
};
