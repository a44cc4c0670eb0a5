// All figures of the page. A figure is what it draws, what a pointer finds in it, its numbers, and its words:
//   draw(surface, {width, height}, scene)
//   hover(scene, size, x, y) -> {title, lines: [[label, value]], row?} or null
//   pick(scene, size, x, y) -> {region} or {month} or null
//   table(scene) -> rows, the first of them names
//   describe(scene) -> one or two sentences for those who do not see it
import { attribution } from "./attribution.js";
import { curves } from "./curves.js";
import { funds, members, phi, w1 } from "./lines.js";
import { maps } from "./maps.js";
import { raster } from "./raster.js";

export const FIGURES = [maps, raster, curves, phi, w1, members, attribution, funds];
