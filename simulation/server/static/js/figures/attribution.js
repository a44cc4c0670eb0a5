// What adoptions are owed to: a bar a channel and side, shares of all adoptions so far.
import { percent, whole, worded } from "../draw/numbers.js";
import { segment, textWidth } from "../draw/surface.js";

/** @import { Figure, Scene, Size } from "./index.js" */

/** @param {Scene} scene */
function rowsOf(scene) {
  return scene.sides.map(([name, side]) => {
    const attribution = side.attributionAt(scene.at(side));
    const all = attribution.reduce((sum, value) => sum + value, 0);
    return {
      name,
      side,
      all,
      attribution,
      shares: [...attribution].map((value) => (all > 0 ? value / all : NaN)),
    };
  });
}

/** @param {Scene} scene @param {Size} size */
function layout(scene, size) {
  const names = Math.max(...scene.channels.map((channel) => textWidth(worded(channel)))) + 8;
  const numbers = 34 * scene.sides.length + 8;
  return { names, numbers, row: size.height / scene.channels.length, width: size.width - names - numbers };
}

/** @type {Figure["draw"]} */
function draw(surface, size, scene) {
  const sides = rowsOf(scene);
  const { names, row, width } = layout(scene, size);
  const bar = Math.min(12, (row - 1) / Math.max(1, sides.length));
  scene.channels.forEach((channel, c) => {
    const middle = (c + 0.5) * row;
    surface.text(worded(channel), names - 6, middle, {
      align: "right",
      baseline: "middle",
      fill: scene.theme.ink,
    });
    sides.forEach(({ name, shares }, i) => {
      const y = middle + (i - sides.length / 2) * bar;
      const share = shares[c];
      const length = Number.isFinite(share) ? Math.max(share > 0 ? 1 : 0, width * share) : 0;
      const { colour } = scene.looks[name];
      if (length) surface.path((p) => p.rect(names, y + 1, length, bar - 2), { fill: colour });
      const right = size.width - 34 * (sides.length - 1 - i);
      surface.text(percent(share, 0), right, middle, {
        align: "right",
        baseline: "middle",
        fill: scene.looks[name].ink,
      });
    });
  });
  surface.path(segment(names - 0.5, 0, names - 0.5, size.height), {
    stroke: scene.theme.soft,
  });
}

/** @type {Figure["hover"]} */
function hover(scene, size, _x, y) {
  const { row } = layout(scene, size);
  const c = Math.min(scene.channels.length - 1, Math.max(0, Math.floor(y / row)));
  return {
    title: `Attributed to: ${worded(scene.channels[c])}`,
    lines: rowsOf(scene).map(({ name, shares, attribution }) => [
      scene.labels[name],
      Number.isFinite(attribution[c])
        ? `${percent(shares[c])} (${whole(attribution[c])} adoptions)`
        : "not stored in the results",
    ]),
  };
}

/** @type {Figure["table"]} */
function table(scene) {
  /** @type {(string | number)[][]} */
  const rows = [["side", "scenario", "month", "channel", "adoptions", "share"]];
  for (const { name, side, attribution, shares } of rowsOf(scene)) {
    scene.channels.forEach((channel, c) => {
      rows.push([name.toUpperCase(), side.world.name, scene.at(side), channel, attribution[c], shares[c]]);
    });
  }
  return rows;
}

/** @type {Figure["describe"]} */
function describe(scene) {
  return rowsOf(scene)
    .map(
      ({ name, shares }) =>
        `${scene.labels[name]}: ${scene.channels.map((channel, c) => `${worded(channel)} ${percent(shares[c], 0)}`).join(", ")}.`,
    )
    .join(" ");
}

export const attribution = {
  name: "attribution",
  title: "What adoptions are attributed to",
  draw,
  hover,
  pick: () => null,
  table,
  describe,
};
