// More than two: runs that stay as rows of a table and lines of the curves while A and B show others.
import { el, messageOf, tableOf } from "../dom.js";
import { MEASURES } from "../measures.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Scene } from "../scene.js" */
/**
 * @typedef {object} Pin
 * @property {string} key  digest and seed of the run
 * @property {string} title
 * @property {number} seed
 * @property {string} world  regions and steps a year, for what may be compared
 * @property {number[]} years  after release
 * @property {number[]} released  adoption share, aligned at release
 * @property {number} dt  years a month
 * @property {Float32Array} pooled  adoption share by month
 * @property {Record<string, number | null>} values  by measure, at the horizon
 */

const ROWS = ["t50_years", "synchronization", "w1_years", "final_share"];
const MOST = 6;

export class Pins {
  /** @type {Pin[]} */
  list = [];
  #text = "";

  /**
   * @param {import("../model/connection.js").Connection} connection
   * @param {import("../model/session.js").Session} session
   * @param {() => void} changed
   */
  constructor(connection, session, changed) {
    this.connection = connection;
    this.session = session;
    this.changed = changed;
  }

  /** @param {HTMLElement} box @param {Scene} scene */
  render(box, scene) {
    const known = new Set(this.list.map(({ key }) => key));
    box.replaceChildren(
      el("h3", {}, "More than two"),
      el(
        "p",
        { className: "soft" },
        "A pinned run stays here as a row, and in the adoption curves as a thin line, while you choose other scenarios or change assumptions. Pins are kept until the page is closed.",
      ),
      el(
        "div",
        { className: "row" },
        scene.sides.map(([name, side]) =>
          el(
            "button",
            {
              type: "button",
              id: `pin-${name}`,
              disabled: known.has(keyOf(side)) || this.list.length >= MOST,
              onclick: () => this.#pin(name, scene),
            },
            `Pin ${scene.labels[name]}`,
          ),
        ),
      ),
      this.list.length >= MOST ? el("p", { className: "soft" }, `There is room for ${MOST} pins.`) : "",
      this.#text ? el("p", { className: "bad", role: "alert" }, this.#text) : "",
      this.list.length ? this.#table(scene) : "",
    );
  }

  /** @param {Scene} scene */
  #table(scene) {
    const world = scene.sides.length ? worldOf(scene.sides[0][1]) : "";
    return tableOf(
      ["Pinned", ...ROWS.map((metric) => MEASURES[metric].words), ""],
      this.list.map((pin, n) => [
        el(
          "span",
          {},
          `${n + 1} ${pin.title}`,
          el(
            "small",
            { className: "soft" },
            ` seed ${pin.seed}${pin.world === world ? "" : ", another world"}`,
          ),
        ),
        ...ROWS.map((metric) => {
          const value = pin.values[metric];
          return value === null || value === undefined ? "–" : MEASURES[metric].write(value);
        }),
        el(
          "button",
          {
            type: "button",
            className: "plain",
            "aria-label": `Remove pin ${n + 1}`,
            onclick: () => {
              this.list = this.list.filter((other) => other !== pin);
              this.changed();
            },
          },
          "remove",
        ),
      ]),
    );
  }

  /** Keep what a side says at its horizon. @param {SideName} name @param {Scene} scene */
  async #pin(name, scene) {
    const side = this.session.sides[name];
    if (!side) return;
    this.#text = "";
    try {
      const message = { type: "series", side: name, month: side.months, technologies: [] };
      const found = await this.connection.request(message);
      await this.session.reach(side.months);
      if (this.session.sides[name] !== side) return;
      this.list.push({
        key: keyOf(side),
        title: scene.labels[name].replace(/^[AB] /, ""),
        seed: side.world.seed,
        world: worldOf(side),
        years: found.years,
        released: found.pooled,
        dt: side.dt,
        pooled: side.pooled.data.slice(0, side.known + 1),
        values: Object.fromEntries(ROWS.map((metric) => [metric, found.metrics[metric]?.value ?? null])),
      });
    } catch (error) {
      this.#text = messageOf(error);
    }
    this.changed();
  }
}

/** @typedef {import("../model/side.js").Side} Side */

const keyOf = (/** @type {Side} */ { world }) => `${world.digest} ${world.seed}`;

const worldOf = (/** @type {Side} */ { world }) =>
  JSON.stringify([world.regions.map(({ id }) => id), world.steps_per_year]);
