// One of the two scenarios on the page: its world, and all months that the server has sent.
import { Rows } from "./rows.js";

const HALF = 0.5;

const HISTORY = /** @type {const} */ ([
  ...["adopters", "members", "attribution", "phi", "w1", "t50", "anywhere"],
  ...["eligible", "mayJoin", "enterprises"],
]);

/** @typedef {{colour: string, dash: number[], marker: string}} Style of a scenario */
/** @typedef {{id: string, name: string, short: string, macroregion: string, macroregion_colour: string,
 *   enterprises: number, readiness: number, x: number, y: number, line: number, column: number}} Region */
/** @typedef {{name: string, direction: string, family: string, complexity: number, release_month: number}} Technology */
/** @typedef {{label: string, instrument: string, title: string, from_month: number, to_month: number,
 *   planned: number[], spent: number[]}} Policy */

/**
 * What the server sends about a side before its first month: `world` of docs/browser.md.
 *
 * @typedef {object} World
 * @property {"a" | "b"} side
 * @property {boolean} kept
 * @property {boolean} live
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {string[]} assumptions
 * @property {string} digest
 * @property {number} seed
 * @property {Style} style
 * @property {number} months
 * @property {number} steps_per_year
 * @property {Region[]} regions
 * @property {number[]} order
 * @property {string[]} industries
 * @property {Technology[]} technologies
 * @property {{name: string, from_month: number, to_month: number}[]} platforms
 * @property {number[][]} eligible
 * @property {number[][]} may_join
 * @property {Policy[]} policies
 * @property {number} planned_pv
 * @property {number} spent_pv
 * @property {number} budget_pv
 * @property {number | null} discount  rate a year; null where it is unknown
 * @property {Record<string, any>} values
 * @property {Record<string, any>} base
 * @property {string} map
 */

/**
 * World and history of a side. Month 0, the start, needs no request: no enterprise has adopted or joined anything.
 * `channels` is the number of channels over which adoptions are attributed.
 *
 * Where enterprises enter and leave, `eligible`, `mayJoin` and `enterprises` have a row for each month, else one for all.
 */
export class Side {
  /** @type {World} */
  world;
  /** Last month that the scenario has. */
  months = 0;
  /** Years a month. */
  dt = 0;
  /** @type {boolean[]} */
  chosen;
  /** @type {Rows<Float32Array>} */
  shares;
  /** @type {Rows<Float32Array>} */
  pooled;
  /** @type {number[]} */
  reached;
  reachedPooled = NaN;
  /** By month, as `spentPresent` returns it. @type {number[]} */
  #worth = [];

  /** @param {World} world @param {number} channels */
  constructor(world, channels) {
    this.take(world);
    this.channels = channels;
    const R = world.regions.length;
    const K = world.technologies.length;
    const H = world.platforms.length;
    this.known = 0; // last month in the history
    this.adopters = started(Uint32Array, R * K);
    this.members = started(Uint32Array, H * R);
    this.anywhere = started(Float64Array, 1);
    this.attribution = started(Float64Array, K * channels, world.live ? 0 : NaN);
    this.phi = started(Float64Array, 1, NaN);
    this.w1 = started(Float64Array, 1, NaN);
    this.t50 = started(Float64Array, 1, NaN);
    this.eligible = given(world.eligible, K);
    this.mayJoin = given(world.may_join, R);
    this.enterprises = given([world.regions.map((region) => region.enterprises)], R);
    this.select(world.technologies.map(() => true));
  }

  /** Take over what the server says of the same run again. @param {World} world */
  take(world) {
    this.world = world;
    this.months = world.months;
    this.dt = 1 / world.steps_per_year;
    this.#worth = [];
  }

  /** Add the months of a block of a frame that follow what is known. @param {import("./frame.js").Block} block */
  append(block) {
    const skip = this.known + 1 - block.first;
    if (skip < 0 || block.months <= skip) return;
    for (const name of HISTORY) {
      this[name].append(block[name].subarray(skip * this[name].width));
    }
    for (let month = this.known + 1; month < block.first + block.months; month++) this.#derive(month);
    this.known = block.first + block.months - 1;
  }

  /**
   * Choose the technologies whose shares are shown.
   *
   * A share is adopters over eligible of all chosen technologies, released or not: it falls only where enterprises
   * enter or leave. `shares` are (months, R), NaN where a region has no eligible enterprise; `reached` is the month in
   * which a region's share first came to one half, NaN before.
   *
   * @param {boolean[]} chosen
   */
  select(chosen) {
    this.chosen = chosen;
    const { regions } = this.world;
    this.shares = new Rows(Float32Array, regions.length);
    this.pooled = new Rows(Float32Array, 1);
    this.reached = regions.map(() => NaN);
    this.reachedPooled = NaN;
    for (let month = 0; month <= this.known; month++) this.#derive(month);
  }

  /** @param {number} month */
  #derive(month) {
    const K = this.chosen.length;
    const counts = this.adopters.row(month);
    const eligible = this.eligible.held(month);
    const shares = new Float32Array(this.world.regions.length);
    let [all, eligibleAll] = [0, 0];
    for (let r = 0; r < shares.length; r++) {
      let [sum, possible] = [0, 0];
      for (let k = 0; k < K; k++) {
        if (!this.chosen[k]) continue;
        sum += counts[r * K + k];
        possible += eligible[r * K + k];
      }
      all += sum;
      eligibleAll += possible;
      shares[r] = possible ? sum / possible : NaN;
      if (Number.isNaN(this.reached[r]))
        this.reached[r] = crossing(month, this.#share(month - 1, r), shares[r]);
    }
    this.shares.append(shares);
    const before = month ? this.pooled.data[month - 1] : 0;
    this.pooled.append([eligibleAll ? all / eligibleAll : NaN]);
    if (Number.isNaN(this.reachedPooled))
      this.reachedPooled = crossing(month, before, this.pooled.data[month]);
  }

  /** @param {number} month @param {number} r */
  #share(month, r) {
    return month < 0 ? 0 : this.shares.row(month)[r];
  }

  /** Adopters of the chosen technologies in a region. @param {number} month @param {number} r */
  adoptersIn(month, r) {
    return total(this.adopters.row(month), r, this.chosen);
  }

  /** Eligible pairs of the chosen technologies in a region. @param {number} month @param {number} r */
  eligibleIn(month, r) {
    return total(this.eligible.held(month), r, this.chosen);
  }

  /** Enterprises present in a region. @param {number} month @param {number} r */
  enterprisesIn(month, r) {
    return this.enterprises.held(month)[r];
  }

  /** Share of enterprises that are on at least one platform; NaN where unknown. @param {number} month */
  memberShare(month) {
    return this.anywhere.data[month] / this.enterprises.held(month).reduce((sum, n) => sum + n, 0);
  }

  /** Adoptions of the chosen technologies attributed to each channel so far. @param {number} month */
  attributionAt(month) {
    const attribution = this.attribution.row(month);
    const sums = new Float64Array(this.channels);
    this.chosen.forEach((chosen, k) => {
      for (let c = 0; chosen && c < this.channels; c++) sums[c] += attribution[k * this.channels + c];
    });
    return sums;
  }

  /**
   * Share of members among those who may join, of the platform with the largest share in each region.
   *
   * @param {number} month
   */
  memberShares(month) {
    const { regions, platforms } = this.world;
    const R = regions.length;
    const members = this.members.row(month);
    const mayJoin = this.mayJoin.held(month);
    const share = (/** @type {number} */ at) => (mayJoin[at] ? members[at] / mayJoin[at] : 0);
    return regions.map((_, r) => platforms.reduce((most, _, h) => Math.max(most, share(h * R + r)), 0));
  }

  /**
   * Geometric mean of the members that two regions have on one platform, where it is largest: [[r, q, strength]].
   *
   * @param {number} month
   * @returns {[r: number, q: number, strength: number][]}
   */
  links(month) {
    const R = this.world.regions.length;
    const members = this.members.row(month);
    /** @type {[r: number, q: number, strength: number][]} */
    const links = [];
    for (let r = 0; r < R; r++) {
      for (let q = r + 1; q < R; q++) {
        let most = 0;
        for (let at = 0; at < members.length; at += R)
          most = Math.max(most, members[at + r] * members[at + q]);
        if (most) links.push([r, q, Math.sqrt(most)]);
      }
    }
    return links;
  }

  /** Strongest link that there can be at the start, so that lines have one scale in all months. */
  get strongestLink() {
    const most = this.world.may_join.map((row) => [...row].sort((a, b) => b - a));
    return Math.max(1, ...most.map(([first = 0, second = 0]) => Math.sqrt(first * second)));
  }

  /**
   * Money of all policies up to the end of a month: {planned, spent, total}, total being the whole plan.
   *
   * @param {number} month
   */
  moneyAt(month) {
    /** @type {(key: "planned" | "spent", at: number) => number} */
    const sum = (key, at) => this.world.policies.reduce((all, policy) => all + policy[key][at], 0);
    return { planned: sum("planned", month), spent: sum("spent", month), total: sum("planned", this.months) };
  }

  /** Present value of the money spent up to the end of a month; NaN where the discount rate is unknown. @param {number} month */
  spentPresent(month) {
    if (this.#worth.length === 0) {
      const rate = this.world.discount ?? NaN;
      this.#worth.push(0);
      for (let m = 1; m <= this.months; m++) {
        const spent = this.moneyAt(m).spent - this.moneyAt(m - 1).spent;
        this.#worth.push(this.#worth[m - 1] + spent * (1 + rate) ** (-(m - 1) * this.dt));
      }
    }
    return this.#worth[month];
  }
}

/**
 * The first month in which two sides differ in adopters, members or enterprises; null while they are identical.
 *
 * @param {Side} a
 * @param {Side} b
 */
export function firstDivergence(a, b, from = 0) {
  for (let month = from; month <= Math.min(a.known, b.known); month++) {
    if (differ(a.adopters.row(month), b.adopters.row(month))) return month;
    if (joined(a, month) !== joined(b, month)) return month;
    if (differ(a.enterprises.held(month), b.enterprises.held(month))) return month;
  }
  return null;
}

/**
 * Whether regions, time steps and technologies are the same, so that one side can be subtracted from the other.
 *
 * @param {Side} a
 * @param {Side} b
 */
export function comparable(a, b) {
  const key = (/** @type {Side} */ { world }) =>
    JSON.stringify([
      world.regions.map((r) => r.id),
      world.technologies.map((t) => t.name),
      world.steps_per_year,
    ]);
  return key(a) === key(b);
}

/** @param {Side} side @param {number} month */
function joined(side, month) {
  return side.members.row(month).reduce((sum, n) => sum + n, 0);
}

/** @param {Uint32Array} first @param {Uint32Array} second */
function differ(first, second) {
  return first.length !== second.length || first.some((value, i) => value !== second[i]);
}

/**
 * @template {import("./rows.js").Numbers} Row
 * @param {new (length: number) => Row} Type
 * @param {number} width
 */
function started(Type, width, value = 0) {
  const rows = new Rows(Type, width);
  rows.append(new Type(width).fill(value));
  rows.length = 1;
  return rows;
}

/** The row of the start, a list of lists as the server sends it. @param {number[][]} lists @param {number} width */
function given(lists, width) {
  const row = new Rows(Uint32Array, lists.length * width);
  row.append(lists.flat());
  row.length = 1;
  return row;
}

/**
 * Sum over the chosen technologies of a region.
 *
 * @param {Uint32Array} row
 * @param {number} r
 * @param {boolean[]} chosen
 */
function total(row, r, chosen) {
  const first = r * chosen.length;
  return chosen.reduce((sum, isChosen, k) => sum + (isChosen ? row[first + k] : 0), 0);
}

/**
 * Month at which the share came to one half between two ends of months, by linear interpolation.
 *
 * @param {number} month
 * @param {number} before
 * @param {number} after
 */
function crossing(month, before, after) {
  if (!(after >= HALF)) return NaN;
  return after > before ? month - 1 + (HALF - before) / (after - before) : month;
}
