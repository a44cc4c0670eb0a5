// A figure on the page: its canvas, what the pointer finds, a button to enlarge it and one to save it.
import { el, icon } from "../dom.js";
import { CanvasSurface, contextOf } from "../draw/surface.js";
import { hideTip, showTip } from "./tip.js";

/** @import { Choice, Figure, Scene } from "../figures/index.js" */

const DESCRIBE_MS = 800;

export class Card {
  /** @type {Scene | null} */
  #scene = null;
  /** @type {CanvasSurface | null} */
  #surface = null;
  #size = { width: 0, height: 0 };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #describing;

  /**
   * @param {Figure} figure
   * @param {{picked: (what: Choice) => void, save: (figure: Figure) => void, redraw: () => void}} actions
   */
  constructor(figure, { picked, save, redraw }) {
    this.figure = figure;
    this.canvas = el("canvas", { role: "img", "aria-label": figure.title });
    const large = icon(
      el("button", {
        type: "button",
        className: "icon",
        title: "Enlarge",
        "aria-label": `Enlarge: ${figure.title}`,
        "aria-pressed": "false",
      }),
      "large",
    );
    const store = icon(
      el("button", {
        type: "button",
        className: "icon",
        title: "Save",
        "aria-label": `Save: ${figure.title}`,
      }),
      "save",
    );
    this.element = el(
      "section",
      { className: "card", "data-figure": figure.name, "aria-label": figure.title },
      el("h2", {}, figure.title, figure.caption ? el("span", {}, `: ${figure.caption}`) : null),
      el("div", { className: "tools" }, large, store),
      el("div", { className: "plot" }, this.canvas),
    );
    this.large = large;
    large.onclick = () => this.enlarge(!this.element.classList.contains("large"));
    store.onclick = () => save(figure);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.element.classList.contains("large")) {
        event.stopPropagation();
        this.enlarge(false);
      }
    });
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("pointerleave", hideTip);
    this.canvas.addEventListener("click", (event) => {
      const what = this.#scene && figure.pick(this.#scene, this.#size, event.offsetX, event.offsetY);
      if (what) picked(what);
    });
    new ResizeObserver(() => redraw()).observe(this.canvas);
  }

  /** @param {boolean} on */
  enlarge(on) {
    this.element.classList.toggle("large", on);
    this.large.setAttribute("aria-pressed", String(on));
  }

  /** Draw a scene, as large as the canvas is on the screen. @param {Scene} scene */
  draw(scene) {
    this.#scene = scene;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width < 20 || height < 20) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down || !this.#surface) {
      this.canvas.width = across;
      this.canvas.height = down;
      this.#surface = new CanvasSurface(contextOf(this.canvas), ratio);
    }
    this.#size = { width, height };
    const { context } = this.#surface;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = scene.theme.paper;
    context.fillRect(0, 0, width, height);
    this.figure.draw(this.#surface, this.#size, scene);
    this.#describe();
  }

  /** A description for readers who do not see the picture, soon after it has changed. */
  #describe() {
    this.#describing ??= setTimeout(() => {
      this.#describing = undefined;
      if (!this.#scene) return;
      this.canvas.setAttribute("aria-label", `${this.figure.title}. ${this.figure.describe(this.#scene)}`);
    }, DESCRIBE_MS);
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const found = this.#scene && this.figure.hover(this.#scene, this.#size, event.offsetX, event.offsetY);
    this.canvas.style.cursor = found ? "pointer" : "default";
    if (found) showTip(found, event);
    else hideTip();
  }
}
