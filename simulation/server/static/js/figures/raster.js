// The adoption raster: one row a region, time to the right, colour the share, a dot where half have adopted.
import { d3 } from "../d3.js";
import { differenceColour, shareColour } from "../draw/colours.js";
import { date, decimal, percent, signed, years } from "../draw/numbers.js";
import { crisp } from "../draw/plot.js";
import { contextOf, fitText, segment, textWidth } from "../draw/surface.js";
import { colourBar } from "./map_key.js";
import { halfTimes, nameEnds, writeExtremes } from "./raster_notes.js";

/** @import { Box, Figure, Scene, Side, SideName, Size, Surface, Theme } from "./index.js" */
/** @import { Look } from "../draw/surface.js" */
/** @import { Region, World } from "../model/side.js" */

const NAMES = { share: 0.42, most: 190 }; // of the width, and px
const TITLE = 36; // the name of the side, and when its regions come to half
const FOOT = 20;
const STACKED = 620; // px of width below which B stands below A
const GAP = 18;
const BAND = 9;
const MOST_COLUMNS = 2000;

/** Regions of all sides, west to east: one side may have some that the other lacks. @param {Scene} scene */
export function regionsOf(scene) {
  const [first, ...others] = scene.sides.map(([, { world }]) => world.order.map((r) => world.regions[r]));
  const all = [...first];
  for (const regions of others) {
    let after = 0;
    for (const region of regions) {
      const found = all.findIndex(({ id }) => id === region.id);
      if (found < 0) all.splice(after, 0, region);
      after = (found < 0 ? after : found) + 1;
    }
  }
  return all;
}

/**
 * Row of each of these regions in a world; -1 where it is not in it.
 *
 * @type {(world: World, regions: Region[]) => number[]}
 */
const rowsIn = (world, regions) =>
  regions.map(({ id }) => world.regions.findIndex((region) => region.id === id));

/**
 * What a panel shows.
 *
 * @typedef {object} Panel
 * @property {SideName | "difference"} name
 * @property {Side} side
 * @property {number} rows  regions of the side
 * @property {number[]} lines  rows from top to bottom, -1 where the side has no such region
 * @property {string} title
 * @property {string | null} colour
 * @property {number} limit  value of the end of the colour map
 * @property {number} step  years a column
 * @property {number} columns
 * @property {number} total  columns up to the horizon
 * @property {number} now  column of the month that the page is at; later ones are shown faintly
 * @property {(r: number, c: number) => number} value  of a row in a column
 * @property {number[]} t50  by row, years
 * @property {number} pooled  t50 of all regions, years
 * @property {boolean} [ended]  whether the panel shows all that will be
 * @property {boolean} [same]  whether the sides do not differ yet
 */
/** @typedef {{panel: Panel, box: Box, rowHeight: number, picked: number}} Drawn */

/** Panels from left to right. @param {Scene} scene @param {Region[]} regions @returns {Panel[]} */
function panelsOf(scene, regions = regionsOf(scene)) {
  const rasters = scene.sides.flatMap(([name, side]) => {
    const raster = scene.axis === "release" ? released(scene, name, side) : calendar(scene, name, side);
    return raster ? [{ ...raster, lines: rowsIn(side.world, regions) }] : [];
  });
  const [a, b] = rasters;
  if (!scene.difference || !a || !b || !scene.comparable) return rasters;
  const columns = Math.min(a.columns, b.columns);
  /** @type {Panel["value"]} */
  const value = (r, c) => a.value(r, c) - b.value(r, c);
  let limit = 0.1;
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < a.rows; r++)
      limit = Math.max(limit, Math.ceil(Math.abs(value(r, c)) * 10 - 1e-6) / 10 || 0);
  }
  const same = scene.parted === null || scene.parted > scene.month;
  return [
    ...rasters,
    {
      ...a,
      name: "difference",
      title: "A − B",
      colour: null,
      value,
      columns,
      limit,
      same,
      t50: [],
      pooled: NaN,
    },
  ];
}

/** @param {Scene} scene @param {SideName} name @param {Side} side @returns {Panel} */
function calendar(scene, name, side) {
  const leap = Math.max(1, Math.ceil((side.months + 1) / MOST_COLUMNS));
  const month = scene.at(side);
  return {
    name,
    side,
    rows: side.world.regions.length,
    lines: [],
    title: scene.labels[name],
    colour: scene.looks[name].ink,
    limit: 1,
    step: leap * side.dt,
    columns: Math.floor(side.known / leap) + 1,
    total: Math.floor(side.months / leap) + 1,
    now: Math.floor(month / leap),
    value: (r, c) => side.shares.row(c * leap)[r],
    t50: side.reached.map((reached) => (reached <= month ? reached * side.dt : NaN)),
    pooled: side.reachedPooled <= month ? side.reachedPooled * side.dt : NaN,
    ended: month === side.months,
  };
}

/** @param {Scene} scene @param {SideName} name @param {Side} side @returns {Panel | null} */
function released(scene, name, side) {
  const series = scene.release[name];
  if (!series || series.regional.length === 0) return null;
  const steps = series.years.length;
  return {
    name,
    side,
    rows: series.regional.length,
    lines: [],
    title: scene.labels[name],
    colour: scene.looks[name].ink,
    limit: 1,
    step: side.dt,
    columns: steps,
    total: steps,
    now: steps - 1,
    value: (r, c) => series.regional[r][c],
    t50: series.regional_t50.map((t) => t ?? NaN),
    pooled: series.metrics.t50_years?.value ?? NaN,
    ended: true,
  };
}

/** @param {Panel[]} panels @param {Region[]} regions @param {Size} size */
function layout(panels, regions, { width, height }) {
  const longest = Math.max(...regions.map((region) => textWidth(region.short)));
  const names = Math.min(NAMES.share * width, NAMES.most, longest + 1) + 10;
  const wide = width > 840;
  const words = wide ? Math.max(...regions.map((region) => textWidth(region.macroregion))) + 12 : 0;
  const key = wide ? 0 : 18;
  const across = width < STACKED ? 1 : panels.length;
  const down = panels.length / across;
  const panel = (width - names - BAND - 6 - words - (across - 1) * GAP) / across;
  const part = (height - key) / down;
  const row = (part - TITLE - FOOT) / regions.length;
  const boxes = panels.map((_, i) => ({
    x: names + (i % across) * (panel + GAP),
    y: Math.floor(i / across) * part + TITLE,
    width: panel,
    height: row * regions.length,
  }));
  return { names, boxes, row, words, band: names + across * (panel + GAP) - GAP + 5, key };
}

/** @type {Figure["draw"]} */
function draw(surface, size, scene) {
  const regions = regionsOf(scene);
  const panels = panelsOf(scene, regions);
  if (!panels.length) {
    surface.text("No common window yet: the last technology has not been released for a month.", 8, 30, {
      fill: scene.theme.soft,
    });
    return;
  }
  const place = layout(panels, regions, size);
  const rowHeight = place.row;
  const picked = regions.findIndex(({ id }) => id === scene.region);
  // Names that would touch are left out, every second or third of them.
  const every = Math.max(1, Math.ceil(11.5 / rowHeight));
  for (const top of new Set(place.boxes.map((box) => box.y))) {
    regions.forEach((region, line) => {
      const y = top + (line + 0.5) * rowHeight;
      if (line % every && line !== picked) return;
      /** @type {import("../draw/surface.js").TextLook} */
      const look = {
        align: "right",
        baseline: "middle",
        fill: scene.theme.ink,
        weight: line === picked ? "bold" : "normal",
      };
      surface.text(fitText(region.short, place.names - 10, 12, look.weight), place.names - 7, y, look);
    });
    drawBand(surface, scene, { place, top }, regions);
  }
  panels.forEach((panel, i) => {
    const stacked = place.boxes.length > 1 && place.boxes[0].x === place.boxes[1].x;
    drawHeading(surface, scene, panel, place.boxes[i], stacked ? 0 : place.boxes[i].x);
    drawPanel(surface, scene, { panel, box: place.boxes[i], rowHeight, picked });
  });
  if (place.key) drawKeys(surface, scene, panels, size.height - 8, place.names);
}

/** @param {Surface} surface @param {Scene} scene @param {Drawn} what */
function drawPanel(surface, scene, { panel, box, rowHeight, picked }) {
  const { theme } = scene;
  const cell = box.width / panel.total;
  surface.path((c) => c.rect(box.x, box.y, box.width, box.height), {
    fill: theme.name === "light" ? "#f3f4f6" : "#1d2126",
  });
  surface.cells(painted(panel, theme), box.x, box.y, cell * panel.columns, box.height);
  if (panel.now + 1 < panel.columns) {
    const from = box.x + cell * (panel.now + 1);
    surface.path((c) => c.rect(from, box.y, cell * (panel.columns - panel.now - 1), box.height), {
      fill: theme.paper,
      alpha: 0.72,
    });
  }
  const x = (/** @type {number} */ t) => box.x + cell * (t / panel.step + 0.5);
  if (Number.isFinite(panel.pooled)) {
    const at = x(panel.pooled);
    surface.path(segment(at, box.y, at, box.y + box.height), {
      stroke: "#ffffff",
      width: 1.4,
      dash: [5, 4],
    });
  }
  panel.lines.forEach((r, line) => {
    const y = box.y + (line + 0.5) * rowHeight;
    if (Number.isFinite(panel.t50[r]))
      dot(surface, x(panel.t50[r]), y, { fill: "#1a1a1a", stroke: "#ffffff" });
    else if (panel.ended && panel.t50.length && panel.side.eligibleIn(scene.at(panel.side), r)) {
      dot(surface, box.x + box.width + 6, y, { stroke: theme.ink, fill: theme.paper });
    }
  });
  if (panel.name === "difference") writeExtremes(surface, { panel, box, rowHeight });
  else if (rowHeight >= 11.5) nameEnds(surface, { panel, box, rowHeight, x });
  if (picked >= 0) {
    const y = box.y + picked * rowHeight;
    surface.path((c) => c.rect(box.x - 1, y, box.width + 2, rowHeight), { stroke: theme.ink, width: 1.6 });
  }
  drawTime(surface, scene, panel, box, x);
}

/** @param {Surface} surface @param {number} x @param {number} y @param {Look} look */
function dot(surface, x, y, look) {
  surface.path((c) => c.arc(x, y, 3.4, 0, 2 * Math.PI), { ...look, width: 1.2 });
}

/**
 * What stands above a panel, from `x` on: where panels are stacked, the names of the rows leave room there.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Panel} panel
 * @param {Box} box
 * @param {number} x
 */
function drawHeading(surface, scene, panel, box, x) {
  const isFirst = panel.name !== "difference" && panel.side === scene.sides[0][1];
  const keyed = panel.name === "difference" ? box.width > 195 : isFirst && box.width > 360;
  const room = box.x + box.width - x;
  const text = fitText(panel.title, room - (keyed ? 150 : 0), 13, "bold");
  const top = box.y - TITLE + 14;
  surface.text(text, x, top, { size: 13, weight: "bold", fill: panel.colour ?? scene.theme.ink });
  const after = x + textWidth(text, 13, "bold") + 10;
  if (panel.name !== "difference") {
    const [words, short] = halfTimes(scene, panel);
    const fits = textWidth(words) <= room;
    surface.text(fitText(fits ? words : short, room), x, top + 14, { fill: scene.theme.soft });
  } else if (panel.same) surface.text("identical so far", after, top, { fill: scene.theme.soft });
  if (keyed) keyBar(surface, scene, panel, box.x + box.width - 136, top - 8);
}

/** @param {Surface} surface @param {Scene} scene @param {Panel} panel @param {number} x @param {number} y */
function keyBar(surface, scene, panel, x, y) {
  const isDifference = panel.name === "difference";
  const end = Math.round(100 * panel.limit);
  colourBar(surface, { x: x + 32, y, width: 70, height: 9 }, (t) =>
    isDifference ? differenceColour.at(2 * t - 1) : shareColour.at(t),
  );
  surface.text(isDifference ? `−${end}` : "0", x + 28, y + 9, { align: "right", fill: scene.theme.soft });
  surface.text(isDifference ? `+${end} pp` : "100 %", x + 106, y + 9, { fill: scene.theme.soft });
}

/** @param {Surface} surface @param {Scene} scene @param {Panel[]} panels @param {number} y @param {number} x */
function drawKeys(surface, scene, panels, y, x) {
  const kinds = panels.filter((panel, i) => i === 0 || panel.name === "difference");
  kinds.forEach((panel, i) => {
    keyBar(surface, scene, panel, x + 180 * i, y - 4);
  });
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Panel} panel
 * @param {Box} box
 * @param {(years: number) => number} x
 */
function drawTime(surface, scene, panel, box, x) {
  const last = (panel.total - 1) * panel.step;
  const y = box.y + box.height;
  const ticks = d3.ticks(0, last, Math.max(2, Math.min(10, box.width / 60)));
  for (const tick of ticks) {
    const at = crisp(x(tick));
    surface.path(segment(at, y, at, y + 3), { stroke: scene.theme.soft });
    const final = tick === ticks.at(-1);
    surface.text(final ? `${tick} y` : String(tick), at, y + 15, {
      align: final ? "right" : "center",
      fill: scene.theme.soft,
    });
  }
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {{place: ReturnType<typeof layout>, top: number}} where
 * @param {Region[]} regions
 */
function drawBand(surface, scene, { place, top: y }, regions) {
  let from = 0;
  regions.forEach(({ macroregion, macroregion_colour: fill }, line) => {
    if (regions[line + 1]?.macroregion === macroregion) return;
    const height = (line + 1 - from) * place.row;
    surface.path((c) => c.rect(place.band + 6, y + from * place.row + 0.5, BAND, height - 1), { fill });
    if (place.words && height >= 11.5) {
      surface.text(macroregion, place.band + BAND + 10, y + from * place.row + height / 2, {
        baseline: "middle",
        fill: scene.theme.soft,
      });
    }
    from = line + 1;
  });
}

/** The raster as a small picture: a pixel a cell. @param {Panel} panel @param {Theme} theme */
function painted(panel, theme) {
  const canvas = document.createElement("canvas");
  canvas.width = panel.columns;
  canvas.height = panel.lines.length;
  const context = contextOf(canvas);
  const image = context.createImageData(panel.columns, panel.lines.length);
  const pixels = new Uint32Array(image.data.buffer);
  const none = theme.name === "light" ? 0xffffffff : 0xff1d1916;
  /** @type {(value: number) => number} */
  const colour =
    panel.name === "difference" ? (v) => differenceColour.rgb(v / panel.limit) : (v) => shareColour.rgb(v);
  panel.lines.forEach((r, line) => {
    for (let c = 0; c < panel.columns; c++) {
      const value = r < 0 ? NaN : panel.value(r, c);
      pixels[line * panel.columns + c] = Number.isFinite(value) ? colour(value) : none;
    }
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** @param {Scene} scene @param {Size} size @param {number} px @param {number} py */
function at(scene, size, px, py) {
  const regions = regionsOf(scene);
  const panels = panelsOf(scene, regions);
  if (!panels.length) return null;
  const { boxes, row } = layout(panels, regions, size);
  const beside = boxes.filter((box) => py >= box.y && py < box.y + box.height);
  if (!beside.length) return null;
  const line = Math.min(regions.length - 1, Math.floor((py - beside[0].y) / row));
  const i = boxes.findIndex((box) => beside.includes(box) && px >= box.x && px <= box.x + box.width);
  if (i < 0) return { line, region: regions[line], panel: null, column: 0, others: panels };
  const column = Math.min(
    panels[i].total - 1,
    Math.floor(((px - boxes[i].x) / boxes[i].width) * panels[i].total),
  );
  return { line, region: regions[line], panel: panels[i], column, others: panels };
}

/** @type {Figure["hover"]} */
function hover(scene, size, x, y) {
  const found = at(scene, size, x, y);
  if (!found?.panel || found.column >= found.panel.columns) return null;
  const { panel, region, line, column } = found;
  const r = panel.lines[line];
  if (r < 0) return { title: region.name, lines: [["", `not in ${panel.title}`]] };
  const steps = panel.side.world.steps_per_year;
  const when =
    scene.axis === "release"
      ? `${decimal(column * panel.step, 1)} years after release`
      : date(Math.round(column * panel.step * steps), steps);
  const write = (/** @type {Panel} */ p) =>
    p.name === "difference"
      ? signed(100 * p.value(p.lines[line], column), (v) => `${decimal(v, 1)} points`)
      : percent(p.value(p.lines[line], column));
  return {
    title: region.name,
    row: r,
    lines: [
      ["", when],
      ...found.others.filter((p) => column < p.columns && p.lines[line] >= 0).map((p) => [p.title, write(p)]),
      ...(Number.isFinite(panel.t50[r]) ? [["half adopted after", years(panel.t50[r])]] : []),
    ],
  };
}

/** @type {Figure["pick"]} */
function pick(scene, size, x, y) {
  const found = at(scene, size, x, y);
  return found && { region: found.region.id };
}

/** @type {Figure["table"]} */
function table(scene) {
  /** @type {(string | number)[][]} */
  const rows = [
    [
      "panel",
      "region",
      "macroregion",
      scene.axis === "release" ? "years_after_release" : "years",
      "adoption_share",
    ],
  ];
  for (const panel of panelsOf(scene)) {
    for (const r of panel.side.world.order) {
      const region = panel.side.world.regions[r];
      for (let c = 0; c <= panel.now; c++) {
        rows.push([panel.name, region.id, region.macroregion, c * panel.step, panel.value(r, c)]);
      }
    }
  }
  return rows;
}

/** @type {Figure["describe"]} */
function describe(scene) {
  return panelsOf(scene)
    .filter((panel) => panel.t50.length)
    .map((panel) => {
      const reached = panel.t50.filter(Number.isFinite);
      const range = reached.length
        ? `; half adopted between ${years(Math.min(...reached))} and ${years(Math.max(...reached))}`
        : "";
      return `${panel.title}: ${reached.length} of ${panel.rows} regions have reached one half${range}.`;
    })
    .join(" ");
}

export const raster = {
  name: "raster",
  title: "When it is adopted",
  caption:
    "a row a region, brighter is more adopted, a dot where half have. Dots in a line: together. One history of many",
  draw,
  hover,
  pick,
  table,
  describe,
};
