// One drawing, two outputs: what is on the screen and what is downloaded come from the same lines of code.
import { d3 } from "../d3.js";

export const FONT = '"Liberation Sans", Arial, Helvetica, sans-serif';
const measuring = document.createElement("canvas").getContext("2d");

/** @typedef {{fill?: string, stroke?: string, width?: number, dash?: number[], alpha?: number, cap?: string}} Look */
/** @typedef {{align?: string, baseline?: string, size?: number, weight?: string, fill?: string,
 *   halo?: string}} TextLook */

/** Width of a text in px. */
export function textWidth(string, size = 12, weight = "normal") {
  measuring.font = `${weight} ${size}px ${FONT}`;
  return measuring.measureText(string).width;
}

/** The text, cut with an ellipsis where it is wider than `width` px. */
export function fitText(string, width, size = 12, weight = "normal") {
  if (textWidth(string, size, weight) <= width) return string;
  let cut = string;
  while (cut && textWidth(`${cut}…`, size, weight) > width) cut = cut.slice(0, -1).trimEnd();
  return `${cut}…`;
}

/** Draws onto a canvas. Lengths are in CSS px; the context is scaled by `ratio`. */
export class CanvasSurface {
  #layers = new Map(); // name -> {key, canvas}

  constructor(context, ratio = 1) {
    this.context = context;
    this.ratio = ratio;
  }

  /** Draw what stands still once, and show it again until its key changes. */
  layer(name, key, { x, y, width, height }, draw) {
    let layer = this.#layers.get(name);
    const full = JSON.stringify([key, width, height, this.ratio]);
    if (layer?.key !== full) {
      const canvas = document.createElement("canvas");
      canvas.width = Math.ceil(width * this.ratio);
      canvas.height = Math.ceil(height * this.ratio);
      const context = canvas.getContext("2d");
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

  /** Fill and stroke what `trace(context)` draws with the path commands of a canvas. */
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

  /** The same for a prepared Path2D, which saves tracing long outlines in each frame. */
  shape(shape, look) {
    const c = this.context;
    this.#paint(
      look,
      () => c.fill(shape.path2d),
      () => c.stroke(shape.path2d),
    );
  }

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

  /** @param {TextLook} look */
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

  /** Draw a small canvas large, each of its pixels a sharp cell. */
  cells(image, x, y, width, height) {
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(image, x, y, width, height);
  }

  /** Draw through a window: nothing outside of it is seen. */
  clipped(x, y, width, height, draw) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(x, y, width, height);
    c.clip();
    draw();
    c.restore();
  }
}

/** Writes SVG. */
export class SvgSurface {
  #parts = [];
  #clips = 0;

  constructor(width, height, background) {
    this.width = width;
    this.height = height;
    this.#parts.push(`<rect width="${width}" height="${height}" fill="${background}"/>`);
  }

  layer(_name, _key, _box, draw) {
    draw(this);
  }

  path(trace, look) {
    const path = d3.pathRound(2);
    trace(path);
    this.#parts.push(`<path d="${path}" ${attributes(look)}/>`);
  }

  shape(shape, look) {
    this.#parts.push(`<path d="${shape.d}" ${attributes(look)}/>`);
  }

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

  cells(image, x, y, width, height) {
    // Enlarged beforehand, because many programs smooth small pictures.
    const large = document.createElement("canvas");
    large.width = image.width * Math.max(1, Math.ceil((2 * width) / image.width));
    large.height = image.height * Math.max(1, Math.ceil((2 * height) / image.height));
    const context = large.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, large.width, large.height);
    this.#parts.push(
      `<image x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ` +
        `preserveAspectRatio="none" href="${large.toDataURL("image/png")}"/>`,
    );
  }

  clipped(x, y, width, height, draw) {
    const id = `clip${this.#clips++}`;
    this.#parts.push(
      `<clipPath id="${id}"><rect x="${round(x)}" y="${round(y)}" width="${round(width)}" ` +
        `height="${round(height)}"/></clipPath><g clip-path="url(#${id})">`,
    );
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
export function shapeOf(d) {
  return { d, path2d: new Path2D(d) };
}

function attributes(look) {
  const parts = [`fill="${look.fill ?? "none"}"`];
  if (look.stroke)
    parts.push(`stroke="${look.stroke}" stroke-width="${look.width ?? 1}" stroke-linejoin="round"`);
  if (look.stroke && look.cap) parts.push(`stroke-linecap="${look.cap}"`);
  if (look.dash?.length) parts.push(`stroke-dasharray="${look.dash.join(" ")}"`);
  if ((look.alpha ?? 1) < 1) parts.push(`opacity="${look.alpha}"`);
  return parts.join(" ");
}

const round = (value) => Math.round(value * 100) / 100;
/** Text as it may stand in XML, which has no place for most control characters and for half a pair of UTF-16. */
const escaped = (string) =>
  String(string)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
