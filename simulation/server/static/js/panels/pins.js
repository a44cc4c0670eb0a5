// More than two: runs that stay as rows of a table and lines of the curves while A and B show others.
import { el, messageOf, tableOf } from "../dom.js";
import { MEASURES } from "../measures.js";
import { nameOf, pinText } from "../model/address.js";
import { asked, MOST_MONTHS } from "../model/session.js";
import { Side } from "../model/side.js";
import { labelOf } from "../scene.js";

/** @import { Choice, Pinned, SideName } from "../model/address.js" */
/** @import { Scene } from "../scene.js" */
/**
 * @typedef {object} Pin
 * @property {string} key  digest and seed of the run
 * @property {Choice} choice
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
        "A pinned run stays here as a row, and in the adoption curves as a thin line, while you choose other scenarios or change assumptions. Pins are part of the address of the page.",
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

  /**
   * Run what an address has pinned, before anything is shown: a session has no more than two sides.
   *
   * @param {readonly Pinned[]} pinned
   * @returns {Promise<string>} what cannot be pinned again, and why; an empty text where all is
   */
  async restore(pinned) {
    const faults = [];
    for (const pin of pinned.slice(0, MOST)) {
      if (this.list.some((other) => pinText(other) === pinText(pin))) continue;
      try {
        this.list.push(await this.#run(pin));
      } catch (error) {
        faults.push(`The pinned “${nameOf(pin.choice)}” is missing: ${messageOf(error)}`);
      }
    }
    return faults.join(" ");
  }

  /** @param {Pinned} pin */
  async #run({ choice, seed }) {
    const { connection } = this;
    /** @type {import("../model/side.js").World[]} */
    const worlds = [];
    const open = { type: "open", seed, a: asked(choice), b: null };
    await connection.request(open, (/** @type {import("../model/side.js").World} */ world) => {
      worlds.push(world);
    });
    const side = new Side(worlds[0], this.session.channels.length);
    while (side.known < side.months) {
      const wanted = { type: "frames", sides: ["a"], first: side.known + 1, months: MOST_MONTHS };
      const { blocks } = await connection.request(wanted);
      side.append(blocks[0]);
    }
    const message = { type: "series", side: "a", month: side.months, technologies: [] };
    return pinOf(side, choice, await connection.request(message));
  }

  /** Keep what a side says at its horizon. @param {SideName} name @param {Scene} scene */
  async #pin(name, scene) {
    const side = this.session.sides[name];
    const choice = scene.choices[name];
    if (!side || !choice) return;
    this.#text = "";
    try {
      const message = { type: "series", side: name, month: side.months, technologies: [] };
      const found = await this.connection.request(message);
      await this.session.reach(side.months);
      if (this.session.sides[name] !== side) return;
      this.list = [...this.list, pinOf(side, choice, found)];
    } catch (error) {
      this.#text = messageOf(error);
    }
    this.changed();
  }
}

/**
 * @param {Side} side  at its horizon
 * @param {Choice} choice
 * @param {import("../model/series.js").Answer} found  its series there
 * @returns {Pin}
 */
const pinOf = (side, choice, found) => ({
  key: keyOf(side),
  choice,
  title: labelOf("a", side, choice).replace(/^A +/, ""),
  seed: side.world.seed,
  world: worldOf(side),
  years: found.years,
  released: found.pooled,
  dt: side.dt,
  pooled: side.pooled.data.slice(0, side.known + 1),
  values: Object.fromEntries(ROWS.map((metric) => [metric, found.metrics[metric]?.value ?? null])),
});

const keyOf = (/** @type {Side} */ { world }) => `${world.digest} ${world.seed}`;

const worldOf = (/** @type {Side} */ { world }) =>
  JSON.stringify([world.regions.map(({ id }) => id), world.steps_per_year]);
