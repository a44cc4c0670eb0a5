// Adoption curves: pooled and thick, regions faint; bands over replications when a batch has run.
import { date, decimal, percent } from "../draw/numbers.js";
import { axes, band, line } from "../draw/plot.js";
import { drawNow, endLabels, nowhere } from "./lines.js";

/** @import { Figure, Scene, Side, SideName, Size, Surface } from "./index.js" */
/** @import { Ground, Scales } from "../draw/plot.js" */

/** @typedef {{places: number[], pooled: Numbers, regional: Numbers[], now: number}} Curves */
/** @typedef {number[] | Float32Array} Numbers */

/**
 * Curves of a side: places in years, shares at them, and the last index that is solid.
 *
 * @param {Scene} scene
 * @param {SideName} name
 * @param {Side} side
 * @returns {Curves | null}
 */
function curvesOf(scene, name, side) {
  if (scene.curvesAxis === "release") {
    const series = scene.release[name];
    if (!series) return null;
    return {
      places: series.years,
      pooled: series.pooled,
      regional: series.regional,
      now: series.years.length - 1,
    };
  }
  const places = Array.from({ length: side.known + 1 }, (_, month) => month * side.dt);
  const pooled = side.pooled.data.subarray(0, side.known + 1);
  const regional = side.world.regions.map((_, r) => places.map((_, month) => side.shares.row(month)[r]));
  return { places, pooled, regional, now: scene.at(side) };
}

/**
 * By name: regional curves change only when months come.
 *
 * @type {Map<SideName, {key: unknown[], curves: Curves | null}>}
 */
const kept = new Map();

/** @param {Scene} scene @param {SideName} name @param {Side} side */
function cached(scene, name, side) {
  const key = [side.shares, side.known, scene.curvesAxis, scene.release[name]];
  const before = kept.get(name);
  if (before?.key.every((value, i) => value === key[i])) {
    if (before.curves && scene.curvesAxis === "calendar") before.curves.now = scene.at(side);
    return before.curves;
  }
  const curves = curvesOf(scene, name, side);
  kept.set(name, { key, curves });
  return curves;
}

/** @param {Ground} surface @param {Size} size @param {Scene} scene */
function scalesOf(surface, size, scene) {
  const all = scene.sides.flatMap(([name, side]) => cached(scene, name, side) ?? []);
  const study = scene.bands ? (scene.study.known?.years.at(-1) ?? 0) : 0;
  const ends =
    scene.curvesAxis === "release"
      ? all.map((curves) => curves.places.at(-1) ?? 0)
      : scene.sides.map(([, side]) => side.months * side.dt);
  return axes(surface, size, {
    x: { domain: [0, Math.max(1, study, ...ends)], unit: "y" },
    y: { domain: [0, 1], format: (v) => decimal(100 * v, 0), values: [0, 0.5, 1] },
    theme: scene.theme,
    right: 20,
    top: 12,
  });
}

/** @type {Figure["draw"]} */
function draw(surface, size, scene) {
  const scales = scalesOf(surface, size, scene);
  const ends = [];
  if (scene.bands) drawBands(surface, scene, scales);
  for (const [name, side] of scene.sides) {
    const curves = cached(scene, name, side);
    if (!curves) continue;
    const { colour, dash } = scene.looks[name];
    const { places, now } = curves;
    const picked = scene.row(side);
    const solid = places.slice(0, now + 1);
    if (!scene.bands) {
      for (const values of curves.regional)
        line(surface, scales, solid, values.slice(0, now + 1), { stroke: colour, width: 0.8, alpha: 0.22 });
    }
    if (picked !== null)
      line(surface, scales, solid, curves.regional[picked].slice(0, now + 1), {
        stroke: colour,
        width: 1.4,
        dash: [2, 2],
      });
    line(surface, scales, places.slice(now), curves.pooled.slice(now), {
      stroke: colour,
      width: 1.6,
      dash,
      alpha: 0.25,
    });
    line(surface, scales, solid, curves.pooled.slice(0, now + 1), { stroke: colour, width: 2.4, dash });
    if (Number.isFinite(curves.pooled[now])) {
      ends.push({ id: name, x: scales.x(places[now]), y: scales.y(curves.pooled[now]), colour });
    }
  }
  drawPins(surface, scene, scales);
  endLabels(surface, scene, scales, ends);
  keysOf(scene).forEach((text, i) => {
    surface.text(text, scales.box.left + 6, scales.box.top + 10 + 15 * i, { fill: scene.theme.soft });
  });
  if (scene.curvesAxis === "calendar") drawNow(surface, scene, scales);
}

/** What the lines are, in short texts. @param {Scene} scene */
function keysOf(scene) {
  const since = scene.curvesAxis === "release" ? ["after release"] : [];
  if (!scene.bands) return [...since, "faint: each region"];
  return [
    ...since,
    "thick: this history",
    `dotted: median of ${scene.study.known?.replications}`,
    "bands: middle 50, 90 %",
  ];
}

/** Pinned runs as thin lines with their numbers. @param {Surface} surface @param {Scene} scene @param {Scales} scales */
function drawPins(surface, scene, scales) {
  scene.pins.forEach(({ years, released, dt, pooled }, n) => {
    const isReleased = scene.curvesAxis === "release";
    const places = isReleased ? years : Array.from(pooled, (_, month) => month * dt);
    const shares = isReleased ? released : pooled;
    if (!shares.length) return;
    line(surface, scales, places, shares, { stroke: scene.theme.soft, width: 1.2, dash: [6, 2 + n] });
    // Not all at one place: lines that run together would hide their numbers.
    const at = Math.round(((n + 2) / (scene.pins.length + 3)) * (shares.length - 1));
    surface.text(String(n + 1), scales.x(places[at]), scales.y(shares[at]) - 5, {
      align: "center",
      fill: scene.theme.ink,
    });
  });
}

/** @param {Surface} surface @param {Scene} scene @param {Scales} scales */
function drawBands(surface, scene, scales) {
  const { known } = scene.study;
  if (!known) return;
  const { years, sides } = known;
  for (const [name, side] of scene.sides) {
    if (!sides[name]) continue; // a side that is replayed from another folder
    const picked = scene.row(side);
    const quantiles = picked === null ? sides[name].pooled : sides[name].regional[picked];
    const { colour } = scene.looks[name];
    const [low, quarter, median, threeQuarters, high] = quantiles.map((row) => row.map((v) => v ?? NaN));
    band(surface, scales, years, low, high, { fill: colour, alpha: 0.16 });
    band(surface, scales, years, quarter, threeQuarters, { fill: colour, alpha: 0.3 });
    line(surface, scales, years, median, { stroke: colour, width: 1.6, dash: [1.5, 3] });
  }
}

/** @type {Figure["hover"]} */
function hover(scene, size, x, _y) {
  const scales = scalesOf(nowhere, size, scene);
  if (x < scales.box.left || x > scales.box.right) return null;
  const time = scales.x.invert(x);
  const first = scene.sides[0][1];
  const steps = first.world.steps_per_year;
  const index = Math.round(time * steps);
  const lines = [
    [
      "",
      scene.curvesAxis === "release"
        ? `${decimal(index / steps, 1)} years after release`
        : date(index, steps),
    ],
  ];
  for (const [name, side] of scene.sides) {
    const curves = cached(scene, name, side);
    if (!curves || index >= curves.pooled.length) continue;
    lines.push([scene.labels[name], percent(curves.pooled[index])]);
    const picked = scene.row(side);
    if (picked !== null)
      lines.push([`  ${side.world.regions[picked].short}`, percent(curves.regional[picked][index])]);
  }
  return { title: "Adoption share", lines };
}

/** @type {Figure["pick"]} */
function pick(scene, size, x) {
  if (scene.curvesAxis === "release") return null;
  const scales = scalesOf(nowhere, size, scene);
  return { month: Math.round(scales.x.invert(x) / scene.sides[0][1].dt) };
}

/** @type {Figure["table"]} */
function table(scene) {
  /** @type {(string | number)[][]} */
  const rows = [["side", "scenario", "region", "index", "years", "adoption_share"]];
  for (const [name, side] of scene.sides) {
    const curves = cached(scene, name, side);
    if (!curves) continue;
    /** @type {(region: string, values: ArrayLike<number>) => void} */
    const add = (region, values) => {
      for (let i = 0; i <= curves.now; i++)
        rows.push([name.toUpperCase(), side.world.name, region, i, curves.places[i], values[i]]);
    };
    add("all", curves.pooled);
    side.world.regions.forEach((region, r) => {
      add(region.id, curves.regional[r]);
    });
  }
  return rows;
}

/** @type {Figure["describe"]} */
function describe(scene) {
  return scene.sides
    .map(([name, side]) => {
      const curves = cached(scene, name, side);
      return curves
        ? `${scene.labels[name]}: ${percent(curves.pooled[curves.now])} adopted over all regions.`
        : "";
    })
    .join(" ");
}

export const curves = {
  name: "curves",
  title: "How much is adopted, %",
  caption: "thick: all regions together",
  draw,
  hover,
  pick,
  table,
  describe,
};
