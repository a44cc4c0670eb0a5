// Where the regions stand on paper: outlines, bubbles that keep apart where there are none, and a name or number each.
import { d3 } from "../d3.js";
import { Shape, textWidth } from "../draw/surface.js";

/** @import { Box, Size } from "./index.js" */
/** @import { CountryMap } from "../model/session.js" */
/** @import { Region } from "../model/side.js" */

const LARGEST = 0.042; // radius of the largest bubble, of the width of the map
const RING = 4.5; // px around a bubble that others keep free
const SEAT = 2; // px, radius of the dot at the seat of a region that is filled
const BADGE = 8.5; // px, radius of a number
const FINEST = 0.7; // px: a corner nearer than this to the one before is not seen, and takes time in each picture

/** @typedef {{row: number, x: number, y: number, radius: number, seat: [x: number, y: number]}} Bubble */
/** @typedef {(east: number, north: number) => [x: number, y: number]} Place */
/** @typedef {ReturnType<typeof laidOut>} Land */

/**
 * Fit a map into a box. `place(x, y)` turns km into px; `shapes` are outlines ready to be drawn, null without one.
 *
 * @param {CountryMap} map
 * @param {Region[]} regions
 * @param {Box} box
 */
export function laidOut(map, regions, { x, y, width, height }) {
  const [west, south, east, north] = map.box;
  const scale = Math.min(width / (east - west), height / (north - south));
  const left = x + (width - scale * (east - west)) / 2;
  const top = y + (height - scale * (north - south)) / 2;
  /** @type {Place} */
  const place = (east_, north_) => [left + (east_ - west) * scale, top + (north - north_) * scale];
  const outline = (/** @type {number[][]} */ rings) => {
    const d = rings.map((ring) => closed(ring, place)).join("");
    return d ? new Shape(d) : null;
  };
  const shapes = map.regions.map(outline);
  return {
    width: scale * (east - west),
    shapes,
    around: outline(map.surroundings),
    bubbles: bubbles(regions, { width: scale * (east - west), scale, west, north, shapes }).map((bubble) => ({
      ...bubble,
      x: within(bubble.x + left, x, width, bubble.radius + RING),
      y: within(bubble.y + top, y, height, bubble.radius + RING),
      seat: /** @type {[number, number]} */ ([bubble.seat[0] + left, bubble.seat[1] + top]),
    })),
  };
}

/**
 * A place that keeps this far from both ends: a seat at the edge of the map has a whole bubble all the same.
 *
 * @type {(place: number, from: number, length: number, far: number) => number}
 */
const within = (place, from, length, far) => Math.max(from + far, Math.min(place, from + length - far));

/** @param {number[]} ring @param {Place} place */
function closed(ring, place) {
  const corners = [];
  let [left, top] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = place(ring[i], ring[i + 1]);
    if (Math.abs(x - left) + Math.abs(y - top) < FINEST) continue;
    corners.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    [left, top] = [x, y];
  }
  return corners.length > 2 ? `M${corners.join("L")}Z` : "";
}

/** @type {{key: string, nodes: Bubble[]}} */
let apart = { key: "", nodes: [] }; // both maps are the same but for their place

/**
 * A bubble a region without an outline, its area by its enterprises: near its seat, pushed aside where it would hide
 * another. A region with an outline is filled, and has a small dot at its seat.
 *
 * @param {Region[]} regions
 * @param {{width: number, scale: number, west: number, north: number, shapes: (Shape | null)[]}} where
 */
function bubbles(regions, { width, scale, west, north, shapes }) {
  const key = JSON.stringify([
    width,
    west,
    north,
    regions.map((region, row) => [region.x, region.y, region.enterprises, shapes[row] !== null]),
  ]);
  if (apart.key === key) return apart.nodes;
  const most = Math.max(1, ...regions.map((region) => region.enterprises));
  const largest = Math.max(9, LARGEST * width);
  /** @type {Bubble[]} */
  const nodes = regions.map((region, row) => {
    const [x, y] = [(region.x - west) * scale, (north - region.y) * scale];
    return {
      row,
      x,
      y,
      seat: [x, y],
      radius: shapes[row] ? SEAT : Math.max(3.5, largest * Math.sqrt(region.enterprises / most)),
    };
  });
  const free = nodes.filter(({ row }) => !shapes[row]);
  const pull = (/** @type {0 | 1} */ axis) => (/** @type {Bubble} */ node) => node.seat[axis];
  d3.forceSimulation(free)
    .force("x", d3.forceX(pull(0)).strength(0.25))
    .force("y", d3.forceY(pull(1)).strength(0.25))
    .force(
      "apart",
      d3
        .forceCollide((/** @type {Bubble} */ node) => node.radius + RING)
        .strength(1)
        .iterations(4),
    )
    .stop()
    .tick(120);
  apart = { key, nodes };
  return nodes;
}

/** @typedef {{row: number, x: number, y: number, number: number | null, seat: [x: number, y: number]}} Label */

/**
 * A name beside each bubble or seat, at the first place where it hides nothing and leaves the box at no side; where there
 * is none, a number, for which the key has the name.
 *
 * @param {Bubble[]} nodes
 * @param {string[]} names
 * @param {Box} box
 * @param {number} size
 * @returns {Label[]}
 */
export function labels(nodes, names, box, size = 12) {
  const taken = nodes.map((n) => [
    n.x - n.radius - 1,
    n.y - n.radius - 1,
    n.x + n.radius + 1,
    n.y + n.radius + 1,
  ]);
  /** @type {(area: number[], but?: number) => boolean} */
  const isFree = (area, but = -1) =>
    area[0] >= box.x &&
    area[2] <= box.x + box.width &&
    area[1] >= box.y &&
    area[3] <= box.y + box.height &&
    !taken.some((other, i) => i !== but && overlap(area, other));
  /** @type {Label[]} */
  const found = [];
  const left = [];
  // The most crowded first: who stands alone finds a place in any case.
  const crowd = (/** @type {Bubble} */ node) =>
    d3.sum(nodes, (other) => 1 / (20 + Math.hypot(other.x - node.x, other.y - node.y)));
  for (const node of d3.sort(nodes, (n) => crowd(n))) {
    const width = textWidth(names[node.row], size);
    const off = node.radius + 4;
    /** @type {[x: number, y: number][]} */
    const tries = [
      [node.x + off, node.y],
      [node.x - off - width, node.y],
      [node.x - width / 2, node.y - off - size / 2],
      [node.x - width / 2, node.y + off + size / 2],
    ];
    const place = tries.find(([x, y]) => isFree([x - 1, y - size / 2, x + width + 1, y + size / 2]));
    if (!place) {
      left.push(node);
      continue;
    }
    const [x, y] = place;
    taken.push([x - 1, y - size / 2, x + width + 1, y + size / 2]);
    found.push({ row: node.row, x, y, number: null, seat: node.seat });
  }
  d3.sort(left, (node) => node.x).forEach((node, i) => {
    const [x, y] = badgePlace(node, (px, py) =>
      isFree([px - BADGE, py - BADGE, px + BADGE, py + BADGE], nodes.indexOf(node)),
    );
    taken.push([x - BADGE, y - BADGE, x + BADGE, y + BADGE]);
    found.push({ row: node.row, x, y, number: i + 1, seat: node.seat });
  });
  return found;
}

/**
 * The place nearest to a seat where a number hides nothing; the seat itself if there is none.
 *
 * @param {Bubble} node
 * @param {(x: number, y: number) => boolean} isFree
 * @returns {[x: number, y: number]}
 */
function badgePlace({ x, y, radius }, isFree) {
  for (let off = radius < BADGE ? 0 : radius + BADGE; off < 150; off += 6) {
    for (let turn = 0; turn < 12; turn++) {
      const [px, py] = [x + off * Math.cos((turn * Math.PI) / 6), y + off * Math.sin((turn * Math.PI) / 6)];
      if (isFree(px, py)) return [px, py];
    }
  }
  return [x, y];
}

/** @type {(a: number[], b: number[]) => boolean} */
const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
