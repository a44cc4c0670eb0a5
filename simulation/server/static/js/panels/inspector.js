// What stands behind a region: its industries, institutions and members; then one enterprise or institution of it.
import { byId, el, facts, messageOf, tableOf } from "../dom.js";
import { date, decimal, percent, whole, worded } from "../draw/numbers.js";
import { sideSwitch } from "./drawer.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Region, Side } from "../model/side.js" */
/** @import { Scene } from "../scene.js" */
/** @typedef {{industries: {name: string, enterprises: number, adoptions: number, eligible: number, members: number[],
 *   first: number | null}[], institutions: {row: number, name: string, kind: string, mastered: number}[],
 *   members: {platform: string, members: number, may_join: number}[], attribution: number[],
 *   levers: Record<string, number>, prices: Record<string, number>}} RegionAnswer */
/** @typedef {{region: number, industry: number, number: number, month: number, present: boolean, from_month: number,
 *   to_month: number, previous: number | null, next: number | null, absorptive_capacity: number,
 *   absorptive_capacity_now: number, platforms: string[], technologies: {row: number, released: boolean,
 *   adopted: number | null, attribution: number[] | null, hazard: number[] | null}[], partners: {row: number,
 *   region: number, industry: number, number: number, adoptions: number}[]}} EnterpriseAnswer */
/** @typedef {{name: string, region: number, institution_kind: string, capacity: number, platforms: string[],
 *   technologies: {row: number, released: boolean, mastered: number | null}[]}} InstitutionAnswer */
/** @typedef {({kind: "region"} & RegionAnswer) | ({kind: "enterprise"} & EnterpriseAnswer) |
 *   ({kind: "institution"} & InstitutionAnswer)} Answer `inspection` of docs/browser.md */

export class Inspector {
  #asked = 0;
  /** Key of what the panel shows. @type {string | null} */
  #shown = null;
  /** An enterprise or institution of the region, or null. @type {{kind: string, row: number} | null} */
  path = null;

  /**
   * @param {import("../model/store.js").Store} store
   * @param {import("../model/session.js").Session} session
   * @param {{connection: import("../model/connection.js").Connection, sceneNow: () => Scene | null}} page
   */
  constructor(store, session, { connection, sceneNow }) {
    this.store = store;
    this.session = session;
    this.connection = connection;
    this.sceneNow = sceneNow;
  }

  /** Show what is chosen, as it is in the month that the page is at. */
  async render() {
    const scene = this.sceneNow();
    const panel = byId("panel-inspect");
    if (!scene?.sides.length) return;
    const [name, side] = scene.sides.find(([id]) => id === this.store.state.formSide) ?? scene.sides[0];
    const row = scene.row(side);
    const head = [
      sideSwitch(scene, name, (id) => {
        this.store.set({ formSide: id });
        if (!scene.comparable) this.leave(); // the other side has other enterprises in its rows
        this.render();
      }),
      this.#regionList(side, row),
    ];
    if (row === null) {
      if (this.#shown === name) return;
      this.#shown = name;
      panel.replaceChildren(
        ...head,
        el("p", { className: "soft" }, "Click a region on a map or in a raster, or choose one here."),
      );
      return;
    }
    const month = scene.at(side);
    const local = this.#localFacts(side, row, month);
    if (!side.world.live) {
      panel.replaceChildren(
        ...head,
        ...local,
        el(
          "p",
          { className: "soft" },
          "A results folder holds no individual enterprises. Open the scenario itself to inspect them.",
        ),
      );
      return;
    }
    const what = this.path ?? { kind: "region", row };
    const key = JSON.stringify([name, side.world.digest, side.world.seed, month, what]);
    if (key === this.#shown) return;
    const asked = ++this.#asked;
    /** @type {Answer} */
    let answer;
    try {
      answer = await this.connection.request({ type: "inspect", side: name, month, ...what });
    } catch (error) {
      panel.replaceChildren(...head, ...local, el("p", { className: "bad" }, messageOf(error)));
      return;
    }
    if (asked !== this.#asked) return;
    this.#shown = key;
    const box = byId("tabpanel-inspect");
    const top = box.scrollTop;
    panel.replaceChildren(
      ...head,
      ...(answer.kind === "region" ? local : []),
      ...this.#answered(scene, answer, side, name),
    );
    box.scrollTop = top;
  }

  /** @param {Scene} scene @param {Answer} answer @param {Side} side @param {SideName} name */
  #answered(scene, answer, side, name) {
    /** @type {Bars} */
    const bars = (values, write) => barsOf(values, write, scene.channels, scene.looks[name].colour);
    if (answer.kind === "region") return this.#region(answer, bars);
    if (answer.kind === "enterprise") return this.#enterprise(answer, side, bars);
    return this.#institution(answer, side);
  }

  /** Leave an enterprise or institution for its region, when another region is chosen. */
  leave() {
    this.path = null;
  }

  /**
   * Look at something; where it is in another region, that one is chosen.
   *
   * @param {string} kind
   * @param {number} row
   * @param {string | null} region
   */
  #go(kind, row, region = null) {
    this.path = kind === "region" ? null : { kind, row };
    byId("tabpanel-inspect").scrollTop = 0;
    if (region !== null) this.store.set({ region });
    this.render();
  }

  /** @param {Side} side @param {number | null} row */
  #regionList(side, row) {
    const { regions, order } = side.world;
    const list = el(
      "select",
      { "aria-label": "Region" },
      el("option", { value: "" }, "No region"),
      order.map((r) => el("option", { value: regions[r].id, selected: r === row }, regions[r].name)),
    );
    list.onchange = () => {
      this.leave();
      this.store.set({ region: list.value || null });
    };
    return el("div", { className: "row" }, list);
  }

  /** @param {Side} side @param {number} row @param {number} month */
  #localFacts(side, row, month) {
    const region = side.world.regions[row];
    return [
      el("h3", {}, region.name),
      facts([
        ["macroregion", region.macroregion],
        ["time", date(month, side.world.steps_per_year)],
        ["enterprises", whole(side.enterprisesIn(month, row))],
        ...(side.world.live ? [["digital readiness (assumed)", decimal(region.readiness, 2)]] : []),
        ["adoption share", percent(side.shares.row(month)[row])],
        [
          "adoptions of eligible pairs",
          `${whole(side.adoptersIn(month, row))} of ${whole(side.eligibleIn(month, row))}`,
        ],
      ]),
    ];
  }

  /** @param {RegionAnswer} answer @param {Bars} bars @returns {HTMLElement[]} */
  #region(answer, bars) {
    return [
      el("h4", {}, "Enterprises by industry"),
      tableOf(
        ["industry", "enterprises", "adoptions", "of released"],
        answer.industries.map(({ first, ...industry }) => [
          first !== null
            ? el(
                "button",
                { type: "button", className: "plain", onclick: () => this.#go("enterprise", first) },
                worded(industry.name),
              )
            : worded(industry.name),
          whole(industry.enterprises),
          whole(industry.adoptions),
          percent(industry.eligible ? industry.adoptions / industry.eligible : NaN, 0),
        ]),
      ),
      answer.members.length > 0 && el("h4", {}, "Platforms"),
      answer.members.length > 0 &&
        tableOf(
          ["platform", "members", "may join"],
          answer.members.map((m) => [m.platform, whole(m.members), whole(m.may_join)]),
        ),
      el("h4", {}, "Attribution of adoptions"),
      bars(answer.attribution, (v, all) => percent(all ? v / all : NaN, 0)),
      el("h4", {}, "Policy levers this month"),
      facts(
        Object.entries(answer.levers).map(([lever, value]) => [
          worded(lever),
          decimal(value, lever === "incentive" ? 4 : 2),
        ]),
      ),
      ...(Object.keys(answer.prices).length
        ? [
            el("h4", {}, "Prices relative to their reference"),
            facts(
              Object.entries(answer.prices).map(([commodity, price]) => [
                worded(commodity),
                percent(price, 0),
              ]),
            ),
          ]
        : []),
      el("h4", {}, `Institutions (${answer.institutions.length})`),
      tableOf(
        ["name", "kind", "mastered"],
        answer.institutions.map((institution) => [
          el(
            "button",
            { type: "button", className: "plain", onclick: () => this.#go("institution", institution.row) },
            institution.name,
          ),
          worded(institution.kind),
          whole(institution.mastered),
        ]),
      ),
    ].filter((part) => part !== false);
  }

  /** @param {EnterpriseAnswer} answer @param {Side} side @param {Bars} bars */
  #enterprise(answer, side, bars) {
    const { regions, industries, technologies, steps_per_year: steps } = side.world;
    const rows = answer.technologies.map((entry) => {
      const technology = technologies[entry.row];
      const total = entry.hazard?.reduce((sum, value) => sum + value, 0) ?? NaN;
      const when =
        entry.adopted !== null
          ? `adopted ${date(entry.adopted, steps)}`
          : !entry.released
            ? "not released"
            : entry.hazard
              ? `hazard ${decimal(total)} a year`
              : "not adopted";
      return { entry, technology, total, when };
    });
    const adopted = rows.filter(({ entry }) => entry.adopted !== null).length;
    return [
      this.#crumbs(regions, answer.region),
      el("h3", {}, `Enterprise ${answer.number + 1} of ${worded(industries[answer.industry])}`),
      this.#neighbours(answer),
      facts([
        ...presence(answer, steps),
        ["absorptive capacity", decimal(answer.absorptive_capacity, 2)],
        ["with training and migration", decimal(answer.absorptive_capacity_now, 2)],
        ["platforms", answer.platforms.join(", ") || "none"],
        ["adopted", `${adopted} of ${rows.length} technologies`],
      ]),
      el("h4", {}, "Technologies: hazard of adoption by channel"),
      ...rows.map(({ entry, technology, when }) =>
        el(
          "details",
          {},
          el("summary", {}, technology.name, el("span", { className: "count" }, when)),
          entry.adopted !== null
            ? bars(entry.attribution ?? [], (v) => percent(v, 0))
            : entry.hazard && bars(entry.hazard, (v) => `${decimal(v, 4)} /y`),
        ),
      ),
      el("h4", {}, `Business partners (${answer.partners.length})`),
      tableOf(
        ["partner", "region", "adopted"],
        answer.partners.map((partner) => [
          el(
            "button",
            {
              type: "button",
              className: "plain",
              onclick: () => this.#go("enterprise", partner.row, regions[partner.region].id),
            },
            `${worded(industries[partner.industry])} ${partner.number + 1}`,
          ),
          regions[partner.region].short,
          whole(partner.adoptions),
        ]),
      ),
    ];
  }

  /** @param {InstitutionAnswer} answer @param {Side} side */
  #institution(answer, side) {
    const { regions, technologies, steps_per_year: steps } = side.world;
    return [
      this.#crumbs(regions, answer.region),
      el("h3", {}, answer.name),
      facts([
        ["kind", worded(answer.institution_kind)],
        ["capacity", decimal(answer.capacity, 2)],
        ["platforms", answer.platforms.join(", ") || "none"],
      ]),
      tableOf(
        ["technology", "mastered"],
        answer.technologies.map((entry) => [
          technologies[entry.row].name,
          entry.mastered !== null ? date(entry.mastered, steps) : entry.released ? "not yet" : "not released",
        ]),
      ),
    ];
  }

  /** The previous and the next enterprise of the region that are there. @param {EnterpriseAnswer} answer */
  #neighbours(answer) {
    const step = (/** @type {number | null} */ row, /** @type {string} */ text) =>
      row !== null && el("button", { type: "button", onclick: () => this.#go("enterprise", row) }, text);
    return el("div", { className: "row" }, step(answer.previous, "‹ previous"), step(answer.next, "next ›"));
  }

  /** @param {Region[]} regions @param {number} region */
  #crumbs(regions, region) {
    return el(
      "button",
      { type: "button", className: "plain", onclick: () => this.#go("region", region) },
      `‹ ${regions[region].short}`,
    );
  }
}

/** @typedef {(values: number[], write: (value: number, all: number) => string) => HTMLElement} Bars of the channels */

/**
 * A bar a channel.
 *
 * @param {number[]} values
 * @param {(value: number, all: number) => string} write
 * @param {string[]} channels
 * @param {string} colour
 */
function barsOf(values, write, channels, colour) {
  const all = values.reduce((sum, value) => sum + value, 0);
  const most = Math.max(...values, 1e-12);
  const box = el(
    "div",
    { className: "bars" },
    channels.flatMap((channel, c) => {
      const bar = el("i");
      bar.style.width = `${(100 * values[c]) / most}%`;
      return [el("span", {}, worded(channel)), bar, el("span", {}, write(values[c], all))];
    }),
  );
  box.style.setProperty("--side", colour);
  return box;
}

/**
 * When an enterprise entered and left, as far as that has come: nothing of one that was there from the start on.
 *
 * @param {EnterpriseAnswer} answer
 * @param {number} steps
 * @returns {string[][]}
 */
function presence({ present, month, from_month: from, to_month: to }, steps) {
  const year = (/** @type {number} */ at) => `in year ${Math.floor(at / steps)}`;
  if (!present && from >= month) return [["not yet present", `enters ${year(from)}`]];
  return [...(from > 0 ? [["entered", year(from)]] : []), ...(present ? [] : [["left", year(to)]])];
}
