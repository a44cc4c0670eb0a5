// One of the two scenarios on the page: its world, and all months that the server has sent.
import { Rows } from "./rows.js";

const HALF = 0.5;

/** World and history of a side. Month 0, the start, is known without asking: nobody has adopted or joined anything. */
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
    this.credit = started(Float64Array, K * 6, world.live ? 0 : NaN);
    this.phi = started(Float64Array, 1, NaN);
    this.w1 = started(Float64Array, 1, NaN);
    this.t50 = started(Float64Array, 1, NaN);
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
    for (const name of ["adopters", "members", "credit", "phi", "w1", "t50", "anywhere"]) {
      this[name].append(block[name].subarray(skip * this[name].width));
    }
    for (let month = this.known + 1; month < block.first + block.months; month++) this.#derive(month);
    this.known = block.first + block.months - 1;
  }

  /**
   * Choose the technologies that shares are of.
   *
   * A share is adopters over eligible of all chosen technologies, released or not: it never falls. `shares` are
   * (months, R), NaN where a region has no eligible enterprise; `reached` is the month in which a region's share came
   * to one half, NaN before.
   */
  select(chosen) {
    this.chosen = chosen;
    const { eligible } = this.world;
    this.eligible = eligible.map((row) => total(row, chosen));
    this.eligibleAll = this.eligible.reduce((sum, n) => sum + n, 0);
    this.shares = new Rows(Float32Array, eligible.length);
    this.pooled = new Rows(Float32Array, 1);
    this.reached = eligible.map(() => NaN);
    this.reachedPooled = NaN;
    for (let month = 0; month <= this.known; month++) this.#derive(month);
  }

  #derive(month) {
    const K = this.chosen.length;
    const counts = this.adopters.row(month);
    const shares = new Float32Array(this.eligible.length);
    let all = 0;
    for (let r = 0; r < shares.length; r++) {
      let sum = 0;
      for (let k = 0; k < K; k++) if (this.chosen[k]) sum += counts[r * K + k];
      all += sum;
      shares[r] = this.eligible[r] ? sum / this.eligible[r] : NaN;
      if (Number.isNaN(this.reached[r]))
        this.reached[r] = crossing(month, this.#share(month - 1, r), shares[r]);
    }
    this.shares.append(shares);
    const before = month ? this.pooled.data[month - 1] : 0;
    this.pooled.append([this.eligibleAll ? all / this.eligibleAll : NaN]);
    if (Number.isNaN(this.reachedPooled))
      this.reachedPooled = crossing(month, before, this.pooled.data[month]);
  }

  #share(month, r) {
    return month < 0 ? 0 : this.shares.row(month)[r];
  }

  /** Adopters of the chosen technologies in a region. */
  adoptersIn(month, r) {
    const K = this.chosen.length;
    const counts = this.adopters.row(month);
    return this.chosen.reduce((sum, chosen, k) => sum + (chosen ? counts[r * K + k] : 0), 0);
  }

  /** Adoptions of the chosen technologies owed to each of the six channels so far. */
  creditAt(month) {
    const credit = this.credit.row(month);
    const sums = new Float64Array(6);
    this.chosen.forEach((chosen, k) => {
      for (let channel = 0; chosen && channel < 6; channel++) sums[channel] += credit[6 * k + channel];
    });
    return sums;
  }

  /** Share of members among those who may join, of the platform with the largest share in each region. */
  memberShares(month) {
    const R = this.eligible.length;
    const members = this.members.row(month);
    return this.eligible.map((_, r) =>
      this.world.may_join.reduce(
        (most, row, h) => Math.max(most, row[r] ? members[h * R + r] / row[r] : 0),
        0,
      ),
    );
  }

  /** Geometric mean of the members that two regions have on one platform, where it is largest: [[r, q, strength]]. */
  links(month) {
    const R = this.eligible.length;
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

  /** Strongest link that there can be, so that lines have one scale in all months. */
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

/** The first month in which two sides differ in adopters or members; null while they are the same. */
export function parting(a, b, from = 0) {
  for (let month = from; month <= Math.min(a.known, b.known); month++) {
    if (differ(a.adopters.row(month), b.adopters.row(month))) return month;
    if (joined(a, month) !== joined(b, month)) return month;
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

function total(row, chosen) {
  return row.reduce((sum, n, k) => sum + (chosen[k] ? n : 0), 0);
}

/** Month at which the share came to one half between two ends of months, by linear interpolation. */
function crossing(month, before, after) {
  if (!(after >= HALF)) return NaN;
  return after > before ? month - 1 + (HALF - before) / (after - before) : month;
}
