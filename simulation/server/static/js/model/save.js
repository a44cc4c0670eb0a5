// Files for people: figures as SVG and PNG, numbers as CSV, scenarios as TOML.
import { el } from "../dom.js";
import { THEMES } from "../draw/colours.js";
import { CanvasSurface, contextOf, fitText, SvgSurface } from "../draw/surface.js";

/**
 * Let the browser save bytes or text under a name.
 *
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function saveFile(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** @typedef {import("../figures/index.js").Figure} Figure */
/** @typedef {import("../scene.js").Scene} Scene */
/** @typedef {import("../draw/surface.js").Size} Size */

const LINE = 17; // px of a line of the heading

/** Name of a file without its ending: what it shows, of which scenarios, seed and month. @param {Scene} scene @param {string} what */
export function nameOfFile(scene, what) {
  const names = scene.sides.map(([, { world }]) => world.name);
  const changed = scene.sides.some(([name]) => scene.choices[name]?.changes.length) ? ["changed"] : [];
  const parts = [...new Set(names), ...changed, `seed${scene.seed}`, `month${scene.month}`, what];
  return parts.join("-").replace(/[^\p{L}\p{N}_-]+/gu, "_");
}

/** What a saved figure is, in lines that stand above it. @param {Figure} figure @param {Scene} scene */
export function headingOf(figure, scene) {
  const sides = scene.sides.map(([name, { world }]) => {
    const changes = scene.choices[name]?.changes ?? [];
    return `${name.toUpperCase()}: ${world.name}${changes.length ? `, with ${changes.join("; ")}` : ""}`;
  });
  return [
    [figure.title, figure.caption].filter(Boolean).join(": "),
    ...sides,
    `one history, seed ${scene.seed}, month ${scene.month}; hypercluster ${scene.version}`,
  ];
}

/** Write the heading onto a surface. @param {import("../draw/surface.js").Surface} surface @param {string[]} lines @param {number} width */
function writeHeading(surface, lines, width) {
  lines.forEach((text, i) => {
    const weight = i ? "normal" : "bold";
    surface.text(fitText(text, width - 8, 12, weight), 4, LINE * (i + 0.8), {
      fill: THEMES.light.ink,
      weight,
    });
  });
}

/** A figure as an SVG document. @param {Figure} figure @param {Size} size @param {Scene} scene */
export function svgOf(figure, size, scene) {
  const lines = headingOf(figure, scene);
  const top = LINE * lines.length + 6;
  const surface = new SvgSurface(size.width, size.height + top, THEMES.light.paper);
  writeHeading(surface, lines, size.width);
  surface.below(top, () => figure.draw(surface, size, scene));
  return surface.toString();
}

/**
 * A figure as a PNG, twice as fine as the screen's pixels.
 *
 * @param {Figure} figure
 * @param {Size} size
 * @param {Scene} scene
 */
export function pngOf(figure, size, scene) {
  const canvas = el("canvas");
  const lines = headingOf(figure, scene);
  const top = LINE * lines.length + 6;
  canvas.width = 2 * size.width;
  canvas.height = 2 * (size.height + top);
  const context = contextOf(canvas);
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.fillStyle = THEMES.light.paper;
  context.fillRect(0, 0, size.width, size.height + top);
  writeHeading(new CanvasSurface(context, 2), lines, size.width);
  context.translate(0, top);
  figure.draw(new CanvasSurface(context, 2), size, scene);
  // Not toBlob, which browsers put off while a page is playing.
  const bytes = atob(canvas.toDataURL("image/png").split(",")[1]);
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

/** Rows as CSV; numbers in full precision, nothing for what is not a number. @param {(string | number)[][]} rows */
export function csvOf(rows) {
  const cell = (/** @type {string | number} */ value) => {
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
    return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** All numbers of a side up to a month: a row a month, region and technology. @param {Scene} scene */
export function curvesTable(scene) {
  /** @type {(string | number)[][]} */
  const rows = [["side", "scenario", "seed", "month", "region", "technology", "adopters", "eligible"]];
  for (const [name, side] of scene.sides) {
    const { world } = side;
    const K = world.technologies.length;
    for (let month = 0; month <= scene.at(side); month++) {
      const counts = side.adopters.row(month);
      const eligible = side.eligible.held(month);
      world.regions.forEach((region, r) => {
        world.technologies.forEach((technology, k) => {
          if (!eligible[r * K + k]) return;
          rows.push([
            name.toUpperCase(),
            world.name,
            world.seed,
            month,
            region.id,
            technology.name,
            counts[r * K + k],
            eligible[r * K + k],
          ]);
        });
      });
    }
  }
  return rows;
}
