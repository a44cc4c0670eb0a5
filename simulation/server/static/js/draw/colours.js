// Colours of shares, differences and scenarios, on light and dark ground.
import { d3 } from "../d3.js";

/**
 * @typedef {{name: string, paper: string, ink: string, soft: string, grid: string, land: string, around: string,
 *   border: string, halo: string}} Theme
 */
/** @typedef {import("../model/side.js").Style} Style */

/** Ground and inks of the figures by theme. @type {Record<"light" | "dark", Theme>} */
export const THEMES = {
  light: {
    name: "light",
    paper: "#ffffff",
    ink: "#1a1a1a",
    soft: "#595959",
    grid: "#e4e4e4",
    land: "#e9ecef",
    around: "#f6f7f8",
    border: "#b4bac1",
    halo: "#ffffff",
  },
  dark: {
    name: "dark",
    paper: "#16191d",
    ink: "#ececec",
    soft: "#b3b8bf",
    grid: "#32373e",
    land: "#2b3138",
    around: "#1c2025",
    border: "#565e68",
    halo: "#16191d",
  },
};

/** Adoption share, 0-1: even to the eye, and rising in grey. */
export const shareColour = tabled(d3.interpolateCividis, 0, 1);

// PuOr with white in its middle, so that no difference shows as paper.
const DIFFERENCE = [
  "#7F3B08",
  "#B35806",
  "#E08214",
  "#FDB863",
  "#FEE0B6",
  "#FFFFFF",
  "#D8DAEB",
  "#B2ABD2",
  "#8073AC",
  "#542788",
  "#2D004B",
];

/** Difference of two shares over its limit, -1 to 1: orange where the first is behind, purple where it leads. */
export const differenceColour = tabled(d3.piecewise(d3.interpolateRgb, DIFFERENCE), -1, 1);

/**
 * A colour map read from a table of 256: `at(value)` gives CSS, `rgb(value)` a packed number for pixels.
 *
 * @param {(t: number) => string} interpolate
 * @param {number} low
 * @param {number} high
 */
function tabled(interpolate, low, high) {
  const css = d3.range(256).map((i) => d3.rgb(interpolate(i / 255)).formatHex());
  const packed = Uint32Array.from(css, (hex) => {
    const { r, g, b } = d3.rgb(hex);
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  const place = (/** @type {number} */ value) =>
    Math.max(0, Math.min(255, Math.round(((value - low) / (high - low)) * 255)));
  return {
    at: (/** @type {number} */ value) => css[place(value)],
    rgb: (/** @type {number} */ value) => packed[place(value)],
  };
}

const OTHER = ["#CC79A7", "#0072B2", "#E69F00", "#009E73"];

/**
 * Looks of the two sides; two sides of the same colour could not be distinguished, so B then takes another.
 *
 * @param {Style} a
 * @param {Style} b
 */
export function sideLooks(a, b) {
  const same = a.colour === b.colour;
  const colour = same ? (OTHER.find((c) => c !== a.colour) ?? b.colour) : b.colour;
  return { a, b: { ...b, colour, dash: same && String(a.dash) === String(b.dash) ? [7, 3] : b.dash } };
}

/**
 * The colour on this ground: on dark ground it is raised until it can be seen.
 *
 * @param {string} colour
 * @param {Theme} theme
 */
export function onGround(colour, theme) {
  if (theme.name === "light") return colour;
  const lab = d3.lab(colour);
  return d3.lab(Math.max(lab.l, 66), lab.a, lab.b).formatHex();
}

/**
 * The colour for text on this ground: darker than for lines, so that it can be read.
 *
 * @param {string} colour
 * @param {Theme} theme
 */
export function inkOnGround(colour, theme) {
  if (theme.name === "dark") return onGround(colour, theme);
  const lab = d3.lab(colour);
  return d3.lab(Math.min(lab.l, 46), lab.a, lab.b).formatHex();
}
