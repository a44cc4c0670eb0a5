// Where the regions stand on paper: outlines, bubbles that keep apart, and labels where there is room.
import { d3 } from "../d3.js";
import { Shape, textWidth } from "../draw/surface.js";

/** @import { Box, Size } from "./index.js" */
/** @import { CountryMap } from "../model/session.js" */
/** @import { Region } from "../model/side.js" */

const LARGEST = 0.042; // radius of the largest bubble, of the width of the map
const RING = 4.5; // px around a bubble that others keep free

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
  const outline = (/** @type {number[][]} */ rings) =>
    rings.length ? new Shape(rings.map((ring) => closed(ring, place)).join("")) : null;
  return {
    width: scale * (east - west),
    shapes: map.regions.map(outline),
    around: outline(map.surroundings),
    bubbles: bubbles(regions, { width: scale * (east - west), scale, west, north }).map((bubble) => ({
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

/** Width over height of a map. @param {CountryMap} map */
export function aspect({ box: [west, south, east, north] }) {
  return (east - west) / (north - south);
}

/** @param {number[]} ring @param {Place} place */
function closed(ring, place) {
  let path = "";
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = place(ring[i], ring[i + 1]);
    path += `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return `${path}Z`;
}

/** @type {{key: string, nodes: Bubble[]}} */
let apart = { key: "", nodes: [] }; // both maps are the same but for their place

/**
 * A bubble a region, its area by its enterprises: near its seat, pushed aside where it would hide another.
 *
 * @param {Region[]} regions
 * @param {{width: number, scale: number, west: number, north: number}} where
 */
function bubbles(regions, { width, scale, west, north }) {
  const key = JSON.stringify([
    width,
    west,
    north,
    regions.map((region) => [region.x, region.y, region.enterprises]),
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
      radius: Math.max(3.5, largest * Math.sqrt(region.enterprises / most)),
    };
  });
  const pull = (/** @type {0 | 1} */ axis) => (/** @type {Bubble} */ node) => node.seat[axis];
  d3.forceSimulation(nodes)
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

/**
 * Names beside the bubbles, each at the first place where it hides nothing and leaves the box at no side.
 *
 * @param {Bubble[]} nodes
 * @param {string[]} names
 * @param {Box} box
 * @param {number} size
 */
export function labels(nodes, names, box, size = 12) {
  const taken = nodes.map((n) => [
    n.x - n.radius - 3,
    n.y - n.radius - 3,
    n.x + n.radius + 3,
    n.y + n.radius + 3,
  ]);
  const found = [];
  for (const node of d3.sort(nodes, (n) => -n.radius)) {
    const width = textWidth(names[node.row], size);
    const off = node.radius + 6;
    /** @type {[x: number, y: number][]} */
    const tries = [
      [node.x + off, node.y],
      [node.x - off - width, node.y],
      [node.x - width / 2, node.y - off - size / 2],
      [node.x - width / 2, node.y + off + size / 2],
    ];
    for (const [x, y] of tries) {
      const area = [x - 1, y - size / 2 - 1, x + width + 1, y + size / 2 + 1];
      const inside =
        area[0] >= box.x && area[2] <= box.x + box.width && area[1] >= box.y && area[3] <= box.y + box.height;
      if (!inside || taken.some((other) => overlap(area, other))) continue;
      taken.push(area);
      found.push({ row: node.row, x, y });
      break;
    }
  }
  return found;
}

/** @type {(a: number[], b: number[]) => boolean} */
const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
