// All figures of the page. A figure is what it draws, what a pointer finds in it, its numbers, and its words.
import { attribution } from "./attribution.js";
import { curves } from "./curves.js";
import { funds, members, phi, w1 } from "./lines.js";
import { maps } from "./maps.js";
import { raster } from "./raster.js";

/** @typedef {import("../draw/surface.js").Surface} Surface */
/** @typedef {import("../draw/surface.js").Size} Size */
/** @typedef {import("../draw/surface.js").Box} Box */
/** @typedef {import("../draw/colours.js").Theme} Theme */
/** @typedef {import("../scene.js").Scene} Scene */
/** @typedef {import("../model/side.js").Side} Side */
/** @typedef {import("../model/address.js").SideName} SideName */
/** @typedef {{title: string, lines: string[][], row?: number}} Notes
 *   what a pointer finds: lines have a label and a value */
/** @typedef {{region?: string, month?: number}} Choice what a click chooses */

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} title
 * @property {string} [caption]  what the title leaves open: how to read the figure
 * @property {(surface: Surface, size: Size, scene: Scene) => void} draw
 * @property {(scene: Scene, size: Size, x: number, y: number) => Notes | null} hover
 * @property {(scene: Scene, size: Size, x: number, y: number) => Choice | null} pick
 * @property {(scene: Scene) => (string | number)[][]} table  rows, the first of them names
 * @property {(scene: Scene) => string} describe  one or two sentences for those who do not see it
 */

/** @type {Figure[]} */
export const FIGURES = [maps, raster, curves, phi, w1, members, attribution, funds];
