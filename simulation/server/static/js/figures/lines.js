// Charts with one line a side against calendar time: Phi, W1, members, money.
import { date, decimal, money, percent, years } from "../draw/numbers.js";
import { axes, crisp, line, marker, spread } from "../draw/plot.js";
import { segment } from "../draw/surface.js";

/** @import { Figure, Scene, Side, SideName, Size, Surface } from "./index.js" */
/** @import { Ground, Scales } from "../draw/plot.js" */

/** @typedef {{id: SideName, x: number, y: number, colour: string}} End of a line */

const LATER = 0.25; // opacity of months after the one that the page is at

/**
 * A chart of one number a side and month.
 *
 * @param {{name: string, title: string, unit: string,
 *   value: (scene: Scene, id: SideName, side: Side, month: number) => number,
 *   write: (value: number) => string, tick: (value: number) => string, least: number,
 *   note?: (scene: Scene, name: SideName, side: Side) => string, dotted?: (side: Side, month: number) => number}} chart
 *   `least`: the smallest upper end of the axis; `dotted`: a second, faint line known from the start.
 */
function lineChart({ name, title, unit, value, write, tick, least, note, dotted }) {
  /** @param {Ground} surface @param {Size} size @param {Scene} scene */
  function scalesOf(surface, size, scene) {
    let most = least;
    for (const [id, side] of scene.sides) {
      for (let month = 0; month <= side.known; month++)
        most = Math.max(most, value(scene, id, side, month) || 0);
      if (dotted) most = Math.max(most, dotted(side, side.months));
    }
    const horizon = Math.max(...scene.sides.map(([, side]) => side.months * side.dt));
    return axes(surface, size, {
      x: { domain: [0, horizon], unit: "y" },
      y: { domain: [0, most], format: tick, ticks: 3 },
      theme: scene.theme,
      right: 20,
      top: 12 + (note ? 15 * scene.sides.length : 0),
    });
  }

  /** @type {Figure["draw"]} */
  function draw(surface, size, scene) {
    const scales = scalesOf(surface, size, scene);
    /** @type {End[]} */
    const ends = [];
    for (const [id, side] of scene.sides) {
      const { colour, dash } = scene.looks[id];
      const places = Array.from({ length: side.known + 1 }, (_, month) => month * side.dt);
      const values = places.map((_, month) => value(scene, id, side, month));
      const now = scene.at(side);
      if (dotted) {
        const all = Array.from({ length: side.months + 1 }, (_, month) => month);
        const look = { stroke: colour, width: 1, dash: [1, 3] };
        line(
          surface,
          scales,
          all.map((m) => m * side.dt),
          all.map((m) => dotted(side, m)),
          look,
        );
      }
      line(surface, scales, places.slice(now), values.slice(now), {
        stroke: colour,
        width: 1.6,
        dash,
        alpha: LATER,
      });
      line(surface, scales, places.slice(0, now + 1), values.slice(0, now + 1), {
        stroke: colour,
        width: 2,
        dash,
      });
      if (Number.isFinite(values[now]))
        ends.push({ id, x: scales.x(places[now]), y: scales.y(values[now]), colour });
    }
    endLabels(surface, scene, scales, ends);
    if (note) {
      scene.sides.forEach(([id, side], i) => {
        surface.text(note(scene, id, side), 0, 12 + 15 * i, { fill: scene.looks[id].ink });
      });
    }
    drawNow(surface, scene, scales);
  }

  /** @type {Figure["hover"]} */
  function hover(scene, size, x, _y) {
    const scales = scalesOf(nowhere, size, scene);
    if (x < scales.box.left || x > scales.box.right) return null;
    const first = scene.sides[0][1];
    const month = Math.round(scales.x.invert(x) / first.dt);
    return {
      title: title,
      lines: [
        ["", date(month, first.world.steps_per_year)],
        ...scene.sides
          .filter(([, side]) => month <= side.known)
          .map(([id, side]) => [scene.labels[id], write(value(scene, id, side, month))]),
      ],
    };
  }

  /** @type {Figure["pick"]} */
  function pick(scene, size, x) {
    const scales = scalesOf(nowhere, size, scene);
    return { month: Math.round(scales.x.invert(x) / scene.sides[0][1].dt) };
  }

  /** @type {Figure["table"]} */
  function table(scene) {
    /** @type {(string | number)[][]} */
    const rows = [
      ["side", "scenario", "month", `${name}${unit ? `_${unit}` : ""}`, ...(dotted ? ["planned"] : [])],
    ];
    for (const [id, side] of scene.sides) {
      for (let month = 0; month <= scene.at(side); month++) {
        const row = [id.toUpperCase(), side.world.name, month, value(scene, id, side, month)];
        rows.push(dotted ? [...row, dotted(side, month)] : row);
      }
    }
    return rows;
  }

  /** @type {Figure["describe"]} */
  function describe(scene) {
    return scene.sides
      .map(([id, side]) => `${scene.labels[id]}: ${write(value(scene, id, side, scene.at(side)))}.`)
      .join(" ");
  }

  return { name, title, draw, hover, pick, table, describe };
}

/**
 * Letters at the ends of lines, kept apart; where two lines are one, both letters stand at it.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Scales} scales
 * @param {End[]} ends
 */
export function endLabels(surface, scene, scales, ends) {
  const places = spread(
    ends.map((end) => end.y),
    13,
    scales.box.top,
    scales.box.bottom,
  );
  ends.forEach(({ id, x, y, colour }, i) => {
    marker(surface, scene.looks[id].marker, x, y, 6, { fill: colour });
    surface.text(id.toUpperCase(), x + 7, places[i], {
      baseline: "middle",
      weight: "bold",
      fill: scene.looks[id].ink,
      halo: scene.theme.halo,
    });
  });
}

/**
 * A thin upright line at the month that the page is at.
 *
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Scales} scales
 */
export function drawNow(surface, scene, scales) {
  const at = crisp(scales.x(scene.month * scene.sides[0][1].dt));
  surface.path(segment(at, scales.box.top, at, scales.box.bottom), {
    stroke: scene.theme.soft,
    alpha: 0.6,
  });
}

/** A surface that draws nothing, where only the scales are asked for. @type {Ground} */
export const nowhere = { path() {}, text() {} };

export const phi = lineChart({
  name: "phi",
  title: "Variance between regions (Φ) so far",
  unit: "",
  least: 0.05,
  write: (v) => decimal(v),
  tick: (v) => decimal(v, 2),
  value: (scene, id, side, month) => scene.soFar(id, side, "phi", month),
});

export const w1 = lineChart({
  name: "w1",
  title: "Lag between regions (W1) so far, years",
  unit: "years",
  least: 0.5,
  write: (v) => years(v, 2),
  tick: (v) => decimal(v, 1),
  value: (scene, id, side, month) => scene.soFar(id, side, "w1", month),
});

export const members = lineChart({
  name: "members",
  title: "Members of a platform",
  unit: "share",
  least: 1,
  write: percent,
  tick: (v) => percent(v, 0),
  value: (_scene, _id, side, month) => side.memberShare(month),
});

export const funds = lineChart({
  name: "money",
  title: "Money spent and remaining, not discounted",
  unit: "spent",
  least: 10,
  write: money,
  tick: shortened,
  value: (_scene, _id, side, month) => side.moneyAt(month).spent,
  dotted: (side, month) => side.moneyAt(month).planned,
  note: (scene, id, side) => {
    const { spent, total } = side.moneyAt(scene.at(side));
    return `${id.toUpperCase()}  ${money(spent)} spent, ${money(total - spent)} remaining`;
  },
});

/** @param {number} value */
function shortened(value) {
  return value >= 1000 ? `${decimal(value / 1000, 0)}k` : decimal(value, 0);
}
