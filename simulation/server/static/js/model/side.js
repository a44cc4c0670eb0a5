// One of the two scenarios on the page: its world, and all months that the server has sent.
import { Rows } from "./rows.js";

const HALF = 0.5;

const HISTORY = [
  ...["adopters", "members", "attribution", "phi", "w1", "t50", "anywhere"],
  ...["eligible", "mayJoin", "enterprises"],
];

/**
 * World and history of a side. Month 0, the start, is known without asking: nobody has adopted or joined anything.
 *
 * Where enterprises enter and leave, `eligible`, `mayJoin` and `enterprises` have a row for each month, else one for all.
 */
export class Side {
  constructor(world) {
    this.take(world);
    const R = world.regions.length;
    const K = world.technologies.length;
    const H = world.platforms.length;
    this.known = 0; // last month in the history
    this.adopters = started(Uint32Array, R * K);
    this.members = started(Uint32Array, H * R);
    this.anywhere = started(Float64Array, 1);
    this.attribution = started(Float64Array, K * 6, world.live ? 0 : NaN);
    this.phi = started(Float64Array, 1, NaN);
    this.w1 = started(Float64Array, 1, NaN);
    this.t50 = started(Float64Array, 1, NaN);
    this.eligible = given(world.eligible, K);
    this.mayJoin = given(world.may_join, R);
    this.enterprises = given([world.regions.map((region) => region.enterprises)], R);
    this.select(world.technologies.map(() => true));
  }

  /** Take over what the server says of the same run again. */
  take(world) {
    this.world = world;
    this.months = world.months;
    this.dt = 1 / world.steps_per_year;
  }

  /** Add the months of a block of a frame that follow what is known. */
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
   * Choose the technologies that shares are of.
   *
   * A share is adopters over eligible of all chosen technologies, released or not: it falls only where enterprises
   * enter or leave. `shares` are (months, R), NaN where a region has no eligible enterprise; `reached` is the month in
   * which a region's share first came to one half, NaN before.
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

  #share(month, r) {
    return month < 0 ? 0 : this.shares.row(month)[r];
  }

  /** Adopters of the chosen technologies in a region. */
  adoptersIn(month, r) {
    return total(this.adopters.row(month), r, this.chosen);
  }

  /** Eligible pairs of the chosen technologies in a region. */
  eligibleIn(month, r) {
    return total(this.eligible.held(month), r, this.chosen);
  }

  /** Enterprises that are there in a region. */
  enterprisesIn(month, r) {
    return this.enterprises.held(month)[r];
  }

  /** Share of enterprises that are on at least one platform; NaN where unknown. */
  memberShare(month) {
    return this.anywhere.data[month] / this.enterprises.held(month).reduce((sum, n) => sum + n, 0);
  }

  /** Adoptions of the chosen technologies owed to each of the six channels so far. */
  attributionAt(month) {
    const attribution = this.attribution.row(month);
    const sums = new Float64Array(6);
    this.chosen.forEach((chosen, k) => {
      for (let channel = 0; chosen && channel < 6; channel++) sums[channel] += attribution[6 * k + channel];
    });
    return sums;
  }

  /** Share of members among those who may join, of the platform with the largest share in each region. */
  memberShares(month) {
    const { regions, platforms } = this.world;
    const R = regions.length;
    const members = this.members.row(month);
    const mayJoin = this.mayJoin.held(month);
    const share = (at) => (mayJoin[at] ? members[at] / mayJoin[at] : 0);
    return regions.map((_, r) => platforms.reduce((most, _, h) => Math.max(most, share(h * R + r)), 0));
  }

  /** Geometric mean of the members that two regions have on one platform, where it is largest: [[r, q, strength]]. */
  links(month) {
    const R = this.world.regions.length;
    const members = this.members.row(month);
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

  /** Money of all policies up to the end of a month: {planned, spent, total}, total being the whole plan. */
  moneyAt(month) {
    const sum = (key, at) => this.world.policies.reduce((all, policy) => all + policy[key][at], 0);
    return { planned: sum("planned", month), spent: sum("spent", month), total: sum("planned", this.months) };
  }
}

/** The first month in which two sides differ in adopters, members or who is there; null while they are the same. */
export function firstDivergence(a, b, from = 0) {
  for (let month = from; month <= Math.min(a.known, b.known); month++) {
    if (differ(a.adopters.row(month), b.adopters.row(month))) return month;
    if (joined(a, month) !== joined(b, month)) return month;
    if (differ(a.enterprises.held(month), b.enterprises.held(month))) return month;
  }
  return null;
}

/** Whether regions, clock and technologies are the same, so that one can be taken from the other. */
export function comparable(a, b) {
  const key = ({ world }) =>
    JSON.stringify([
      world.regions.map((r) => r.id),
      world.technologies.map((t) => t.name),
      world.steps_per_year,
    ]);
  return key(a) === key(b);
}

function joined(side, month) {
  return side.members.row(month).reduce((sum, n) => sum + n, 0);
}

function differ(first, second) {
  return first.length !== second.length || first.some((value, i) => value !== second[i]);
}

function started(Type, width, value = 0) {
  const rows = new Rows(Type, width);
  rows.append(new Type(width).fill(value));
  rows.length = 1;
  return rows;
}

/** The row of the start, a list of lists as the server sends it. */
function given(lists, width) {
  const row = new Rows(Uint32Array, lists.length * width);
  row.append(lists.flat());
  row.length = 1;
  return row;
}

/** Sum over the chosen technologies of a region. */
function total(row, r, chosen) {
  const first = r * chosen.length;
  return chosen.reduce((sum, isChosen, k) => sum + (isChosen ? row[first + k] : 0), 0);
}

/** Month at which the share came to one half between two ends of months, by linear interpolation. */
function crossing(month, before, after) {
  if (!(after >= HALF)) return NaN;
  return after > before ? month - 1 + (HALF - before) / (after - before) : month;
}
