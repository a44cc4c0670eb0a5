// Other assumptions: an ensemble of worlds of this pair in the background, and those that are among the results.
import { el, messageOf, tableOf } from "../dom.js";
import { decimal, percent } from "../draw/numbers.js";

/** @typedef {{scenario: string, policies: string, measure: string, ahead: number, low: number | null,
 *   high: number | null, alike: number, behind: number}} Share */
/** @typedef {{name: string, unit: string, low: number, high: number, a: number | null, b: number | null}} Axis */
/**
 * Points of a regime map of two parameters, at places from 0 to 1: years by which adoption is sooner, null where there
 * is no comparison.
 *
 * @typedef {{names: string[], x: number[], y: number[], differences: (number | null)[], mark: [number | null, number | null]}} RegimeMap
 */
/** @typedef {{folder: string, title: string, sentences: string[], rules: string[], shares: Share[], axes: Axis[],
 *   map: RegimeMap | null}} Ensemble */
/** @typedef {{name: string, title: string}} Listed */

const POINTS = 1024;
const MAP = 260;

export class Worlds {
  element = el("section", { id: "worlds" });
  /** @type {Listed[]} */
  ensembles = [];
  /** @type {{done: number, total: number, left_seconds?: number | null} | null} */
  #progress = null;
  /** @type {Ensemble | null} */
  #shown = null;
  #text = "";

  /** @param {import("../model/connection.js").Connection} connection */
  constructor(connection) {
    this.connection = connection;
  }

  /** Draw what there is. */
  render() {
    const told = this.element.querySelector("progress");
    if (this.#progress && told) {
      // Only the numbers move: a button that is replaced while it is pressed would not be pressed.
      Object.assign(told, { max: this.#progress.total, value: this.#progress.done });
      this.element.querySelector("[role='status']")?.replaceChildren(progressOf(this.#progress));
      return;
    }
    this.element.replaceChildren(
      el("h3", {}, "Other assumptions"),
      el(
        "p",
        { className: "soft" },
        "The pair runs in many worlds, drawn from plausible ranges of all that is assumed; those that show what is known of diffusion count.",
      ),
      el(
        "div",
        { className: "row" },
        el(
          "button",
          {
            type: "button",
            id: "start-explore",
            disabled: Boolean(this.#progress),
            onclick: () => this.start(),
          },
          `Test in ${decimal(POINTS, 0)} worlds`,
        ),
        this.#progress
          ? el(
              "button",
              {
                type: "button",
                id: "stop-explore",
                onclick: () => this.connection.request({ type: "stop_study" }).catch(() => {}),
              },
              "Stop",
            )
          : null,
      ),
      ...(this.#progress
        ? [
            el("progress", {
              max: this.#progress.total,
              value: this.#progress.done,
              "aria-label": "Runs done",
            }),
            el("p", { role: "status" }, progressOf(this.#progress)),
          ]
        : []),
      this.#text && el("p", { className: "bad", role: "alert" }, this.#text),
      ...this.#list(),
      ...(this.#shown ? contentOf(this.#shown) : []),
    );
  }

  /** The ensembles among the results. */
  #list() {
    if (!this.ensembles.length) return [];
    const list = el(
      "select",
      { "aria-label": "Ensemble among the results" },
      el("option", { value: "" }, "Open an ensemble …"),
      this.ensembles.map(({ name, title }) =>
        el("option", { value: name, selected: name === this.#shown?.folder }, `${name}: ${title}`),
      ),
    );
    list.onchange = () => this.open(list.value);
    return [el("div", { className: "row" }, list)];
  }

  /** Run an ensemble of the pair that is shown. */
  async start() {
    if (this.#progress) return;
    this.#text = "";
    this.#progress = { done: 0, total: 1 };
    this.render();
    try {
      const answer = await this.connection.request({ type: "explore", points: POINTS }, (told) => {
        this.#progress = told;
        this.render();
      });
      if (answer.state === "done") {
        if (!this.ensembles.some(({ name }) => name === answer.folder))
          this.ensembles = [...this.ensembles, { name: answer.folder, title: "of this page" }];
        this.#progress = null;
        await this.open(answer.folder);
      } else
        this.#text = answer.state === "failed" ? answer.text : "Stopped; the same button goes on from there.";
    } catch (error) {
      this.#text = messageOf(error);
    }
    this.#progress = null;
    this.render();
  }

  /** Show an ensemble of a results folder. @param {string} folder */
  async open(folder) {
    this.#shown = null;
    this.#text = "";
    if (folder)
      try {
        this.#shown = await this.connection.request({ type: "ensemble", folder });
      } catch (error) {
        this.#text = messageOf(error);
      }
    this.render();
  }
}

/** @param {{done: number, total: number, left_seconds?: number | null}} told */
const progressOf = ({ done, total, left_seconds: left }) =>
  `${decimal(done, 0)} of about ${decimal(total, 0)} runs${left ? `, about ${decimal(left, 0)} s left` : ""}`;

/** @param {Ensemble} found @returns {(HTMLElement | SVGElement)[]} */
function contentOf({ title, sentences, rules, shares, axes, map }) {
  const outside = axes.filter(({ a, b, low, high }) =>
    [a, b].some((v) => v !== null && (v < low || v > high)),
  );
  return [
    el("h4", {}, title),
    ...sentences.map((text) => el("p", {}, text)),
    ...rules.map((text) => el("p", {}, text)),
    ...(shares.length ? [sharesTable(shares)] : []),
    ...(map
      ? [
          mapOf(
            map,
            map.names.flatMap((name) => axes.find((axis) => axis.name === name) ?? []),
          ),
        ]
      : []),
    axes.length > 0 &&
      el(
        "details",
        {},
        el("summary", {}, "Where the scenarios on the page stand in its ranges"),
        tableOf(
          ["Assumption", "range", "A", "B"],
          axes.map(({ name, unit, low, high, a, b }) => [
            `${name.replaceAll("_", " ")}${unit ? `, ${unit}` : ""}`,
            `${compact(low)} to ${compact(high)}`,
            compact(a),
            compact(b),
          ]),
        ),
      ),
    outside.length > 0 &&
      el("p", { className: "bad" }, `Outside its ranges: ${outside.map(({ name }) => name).join(", ")}.`),
  ].filter((part) => part !== false);
}

const compact = (/** @type {number | null} */ value) =>
  value === null ? "–" : String(Number(value.toPrecision(3)));

/** @param {Share[]} shares */
function sharesTable(shares) {
  return tableOf(
    ["Of these worlds", "ahead", "95 % interval", "alike", "behind"],
    shares.map(({ scenario, policies, measure, ahead, low, high, alike, behind }) => [
      `${scenario}, ${measure}, policies ${policies}`,
      percent(ahead, 0),
      low === null || high === null ? "–" : `${percent(low, 0)} to ${percent(high, 0)}`,
      percent(alike, 0),
      percent(behind, 0),
    ]),
  );
}

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
function shape(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/**
 * A regime map: a mark for each point, up where adoption is sooner and down where it is later; a cross at the page's pair.
 *
 * @param {RegimeMap} map
 * @param {Axis[]} axes
 */
function mapOf({ x, y, differences, mark }, axes) {
  const svg = shape("svg", {
    viewBox: `-46 -8 ${MAP + 60} ${MAP + 44}`,
    class: "regimes",
    role: "img",
    "aria-label": `Regime map over ${axes[0].name} and ${axes[1].name}`,
  });
  const place = (/** @type {number} */ value, /** @type {Axis} */ { low, high }) =>
    (value - low) / (high - low);
  const at = (/** @type {number} */ i) => [MAP * place(x[i], axes[0]), MAP * (1 - place(y[i], axes[1]))];
  svg.append(shape("rect", { x: 0, y: 0, width: MAP, height: MAP, class: "frame" }));
  differences.forEach((value, i) => {
    const [left, top] = at(i);
    const kind = value === null ? "none" : value > 0 ? "sooner" : "later";
    const up = kind === "sooner" ? -1 : 1;
    const points = `${left - 4},${top - 3 * up} ${left + 4},${top - 3 * up} ${left},${top + 4 * up}`;
    svg.append(
      kind === "none"
        ? shape("circle", { cx: left, cy: top, r: 1.5, class: kind })
        : shape("polygon", { points, class: kind }),
    );
  });
  const [across, down] = mark;
  if (across !== null && down !== null) {
    const [left, top] = [MAP * across, MAP * (1 - down)];
    svg.append(
      shape("path", { d: `M${left - 8} ${top}h16M${left} ${top - 8}v16`, class: "here" }),
      shape("text", { x: left + 10, y: top - 6 }, "this pair"),
    );
  }
  const [one, other] = axes.map(({ name, unit }) => `${name.replaceAll("_", " ")}${unit ? `, ${unit}` : ""}`);
  svg.append(
    shape("text", { x: 0, y: MAP + 16 }, compact(axes[0].low)),
    shape("text", { x: MAP, y: MAP + 16, "text-anchor": "end" }, compact(axes[0].high)),
    shape("text", { x: MAP / 2, y: MAP + 32, "text-anchor": "middle" }, one),
    shape("text", { x: -6, y: MAP, "text-anchor": "end" }, compact(axes[1].low)),
    shape("text", { x: -6, y: 10, "text-anchor": "end" }, compact(axes[1].high)),
    shape("text", { transform: `translate(-34 ${MAP / 2}) rotate(-90)`, "text-anchor": "middle" }, other),
  );
  return el(
    "figure",
    {},
    svg,
    el(
      "figcaption",
      { className: "soft" },
      "Triangles up: adoption is sooner; down: later; dots: no comparison.",
    ),
  );
}
