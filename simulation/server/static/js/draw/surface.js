// One drawing, two outputs: what is on the screen and what is downloaded come from the same lines of code.
import { d3 } from "../d3.js";

export const FONT = '"Liberation Sans", Arial, Helvetica, sans-serif';

/** @typedef {{fill?: string, stroke?: string, width?: number, dash?: number[], alpha?: number, cap?: CanvasLineCap}} Look */
/** @typedef {{align?: "left" | "center" | "right", baseline?: "alphabetic" | "middle" | "top" | "bottom",
 *   size?: number, weight?: string, fill?: string, halo?: string}} TextLook */
/** @typedef {{x: number, y: number, width: number, height: number}} Box in CSS px */
/** @typedef {{width: number, height: number}} Size in CSS px */
/** @typedef {Pick<CanvasPath, "moveTo" | "lineTo" | "arc" | "arcTo" | "rect" | "closePath" | "bezierCurveTo" |
 *   "quadraticCurveTo">} Pen what canvas and d3-path have in common */
/** @typedef {(pen: Pen) => void} Trace */

/**
 * What figures draw on.
 *
 * @typedef {object} Surface
 * @property {(name: string, key: unknown, box: Box, draw: (surface: Surface) => void) => void} layer
 * @property {(trace: Trace, look: Look) => void} path
 * @property {(shape: Shape, look: Look) => void} shape
 * @property {(text: string, x: number, y: number, look?: TextLook) => void} text
 * @property {(image: HTMLCanvasElement, x: number, y: number, width: number, height: number) => void} cells
 */

/** @type {CanvasRenderingContext2D | null} */
let measuring = null; // made when a text is first measured: to import this module takes no document

/**
 * What draws a straight line, for `path`.
 *
 * @type {(fromX: number, fromY: number, toX: number, toY: number) => Trace}
 */
export const segment = (fromX, fromY, toX, toY) => (path) => {
  path.moveTo(fromX, fromY);
  path.lineTo(toX, toY);
};

/** Width of a text in px. @param {string} string @param {number} size @param {string} weight */
export function textWidth(string, size = 12, weight = "normal") {
  measuring ??= contextOf(document.createElement("canvas"));
  measuring.font = `${weight} ${size}px ${FONT}`;
  return measuring.measureText(string).width;
}

/**
 * The text, cut with an ellipsis where it is wider than `width` px.
 *
 * @param {string} string @param {number} width @param {number} size @param {string} weight
 */
export function fitText(string, width, size = 12, weight = "normal") {
  if (textWidth(string, size, weight) <= width) return string;
  let cut = string;
  while (cut && textWidth(`${cut}…`, size, weight) > width) cut = cut.slice(0, -1).trimEnd();
  return `${cut}…`;
}

/** What draws onto a canvas. @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser does not support drawing on a canvas");
  return context;
}

/** @typedef {{key: string, canvas: HTMLCanvasElement}} Layer */

/** Draws onto a canvas. Lengths are in CSS px; the context is scaled by `ratio`. */
export class CanvasSurface {
  /** @type {Map<string, Layer>} */
  #layers = new Map();

  /** @param {CanvasRenderingContext2D} context @param {number} ratio */
  constructor(context, ratio = 1) {
    this.context = context;
    this.ratio = ratio;
  }

  /** Draw what stands still once, and show it again until its key changes. @type {Surface["layer"]} */
  layer(name, key, { x, y, width, height }, draw) {
    let layer = this.#layers.get(name);
    const full = JSON.stringify([key, width, height, this.ratio]);
    if (layer?.key !== full) {
      const canvas = document.createElement("canvas");
      canvas.width = Math.ceil(width * this.ratio);
      canvas.height = Math.ceil(height * this.ratio);
      const context = contextOf(canvas);
      context.setTransform(this.ratio, 0, 0, this.ratio, -x * this.ratio, -y * this.ratio);
      draw(new CanvasSurface(context, this.ratio));
      layer = { key: full, canvas };
      this.#layers.set(name, layer);
    }
    this.context.drawImage(
      layer.canvas,
      x,
      y,
      layer.canvas.width / this.ratio,
      layer.canvas.height / this.ratio,
    );
  }

  /** Fill and stroke what `trace(context)` draws with the path commands of a canvas. @type {Surface["path"]} */
  path(trace, look) {
    const c = this.context;
    c.beginPath();
    trace(c);
    this.#paint(
      look,
      () => c.fill(),
      () => c.stroke(),
    );
  }

  /** The same for a prepared Path2D, which saves tracing long outlines in each frame. @type {Surface["shape"]} */
  shape(shape, look) {
    const c = this.context;
    this.#paint(
      look,
      () => c.fill(shape.path2d),
      () => c.stroke(shape.path2d),
    );
  }

  /** @param {Look} look @param {() => void} fill @param {() => void} stroke */
  #paint(look, fill, stroke) {
    const c = this.context;
    c.globalAlpha = look.alpha ?? 1;
    if (look.fill) {
      c.fillStyle = look.fill;
      fill();
    }
    if (look.stroke) {
      c.strokeStyle = look.stroke;
      c.lineWidth = look.width ?? 1;
      c.lineCap = look.cap ?? "butt";
      c.lineJoin = "round";
      c.setLineDash(look.dash ?? []);
      stroke();
    }
    c.globalAlpha = 1;
  }

  /** @type {Surface["text"]} */
  text(string, x, y, look = {}) {
    const c = this.context;
    c.font = `${look.weight ?? "normal"} ${look.size ?? 12}px ${FONT}`;
    c.textAlign = look.align ?? "left";
    c.textBaseline = look.baseline ?? "alphabetic";
    if (look.halo) {
      c.strokeStyle = look.halo;
      c.lineWidth = 3;
      c.lineJoin = "round";
      c.setLineDash([]);
      c.strokeText(string, x, y);
    }
    c.fillStyle = look.fill ?? "#000";
    c.fillText(string, x, y);
  }

  /** Draw a small canvas large, each of its pixels a sharp cell. @type {Surface["cells"]} */
  cells(image, x, y, width, height) {
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(image, x, y, width, height);
  }
}

/** Writes SVG. */
export class SvgSurface {
  /** @type {string[]} */
  #parts = [];

  /** @param {number} width @param {number} height @param {string} background */
  constructor(width, height, background) {
    this.width = width;
    this.height = height;
    this.#parts.push(`<rect width="${width}" height="${height}" fill="${background}"/>`);
  }

  /** @type {Surface["layer"]} */
  layer(_name, _key, _box, draw) {
    draw(this);
  }

  /** @type {Surface["path"]} */
  path(trace, look) {
    const path = d3.pathRound(2);
    trace(path);
    this.#parts.push(`<path d="${path}" ${attributes(look)}/>`);
  }

  /** @type {Surface["shape"]} */
  shape(shape, look) {
    this.#parts.push(`<path d="${shape.d}" ${attributes(look)}/>`);
  }

  /** @type {Surface["text"]} */
  text(string, x, y, look = {}) {
    const anchor = { left: "start", right: "end", center: "middle" }[look.align ?? "left"];
    const size = look.size ?? 12;
    // Not all programs know dominant-baseline: the baseline is moved instead.
    const drop =
      { alphabetic: 0, middle: 0.35, top: 0.8, bottom: -0.2 }[look.baseline ?? "alphabetic"] * size;
    const halo = look.halo
      ? ` stroke="${look.halo}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`
      : "";
    this.#parts.push(
      `<text x="${round(x)}" y="${round(y + drop)}" font-size="${size}" font-weight="${look.weight ?? "normal"}" ` +
        `text-anchor="${anchor}" fill="${look.fill ?? "#000"}"${halo}>${escaped(string)}</text>`,
    );
  }

  /** @type {Surface["cells"]} */
  cells(image, x, y, width, height) {
    // Enlarged beforehand, because many programs smooth small pictures.
    const large = document.createElement("canvas");
    large.width = image.width * Math.max(1, Math.ceil((2 * width) / image.width));
    large.height = image.height * Math.max(1, Math.ceil((2 * height) / image.height));
    const context = contextOf(large);
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, large.width, large.height);
    this.#parts.push(
      `<image x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ` +
        `preserveAspectRatio="none" href="${large.toDataURL("image/png")}"/>`,
    );
  }

  /** What `draw` draws, moved down. @param {number} top px @param {() => void} draw */
  below(top, draw) {
    this.#parts.push(`<g transform="translate(0 ${top})">`);
    draw();
    this.#parts.push("</g>");
  }

  /** The whole document. */
  toString() {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" ` +
      `viewBox="0 0 ${this.width} ${this.height}" font-family='${FONT}'>\n${this.#parts.join("\n")}\n</svg>\n`
    );
  }
}

/** An outline ready for both surfaces. */
export class Shape {
  /** @type {Path2D | null} */
  #path2d = null;

  /** @param {string} d path data of SVG */
  constructor(d) {
    this.d = d;
  }

  /** The same for a canvas: prepared once, since to trace long outlines in each frame takes long. */
  get path2d() {
    this.#path2d ??= new Path2D(this.d);
    return this.#path2d;
  }
}

/** @param {Look} look */
function attributes(look) {
  const parts = [`fill="${look.fill ?? "none"}"`];
  if (look.stroke)
    parts.push(`stroke="${look.stroke}" stroke-width="${look.width ?? 1}" stroke-linejoin="round"`);
  if (look.stroke && look.cap) parts.push(`stroke-linecap="${look.cap}"`);
  if (look.dash?.length) parts.push(`stroke-dasharray="${look.dash.join(" ")}"`);
  if ((look.alpha ?? 1) < 1) parts.push(`opacity="${look.alpha}"`);
  return parts.join(" ");
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text that is valid in XML, which excludes most control characters and unpaired surrogates. */
const escaped = (/** @type {string} */ string) =>
  string
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (c) => ENTITIES[/** @type {keyof typeof ENTITIES} */ (c)]);
