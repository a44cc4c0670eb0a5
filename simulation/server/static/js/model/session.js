// What runs on the server, as the page knows it: opening scenarios, and fetching the months that are lacking.
import { SIDES } from "./address.js";
import { Refusal } from "./connection.js";
import { comparable, firstDivergence, Side } from "./side.js";

export const MOST_MONTHS = 120;

/** @typedef {import("./address.js").SideName} SideName */
/** @typedef {import("./address.js").Choice} Choice */
/** @typedef {import("./side.js").World} World */
/**
 * `map` of docs/browser.md.
 *
 * @typedef {{map: string, box: number[], regions: number[][][], surroundings: number[][],
 *   tiles: {lines: number, columns: number}, fault: string}} CountryMap
 */

/**
 * The two sides and their histories.
 *
 * `changed()` is called whenever a side or its history is new; `failed(error)` when months cannot be had.
 */
export class Session {
  /** @type {Record<SideName, Side | null>} */
  sides = { a: null, b: null };
  /** @type {number | null} */
  seed = null;
  /** Names of the channels over which adoptions are attributed, as the server sends them in `welcome`. @type {string[]} */
  channels = [];
  /** By digest. @type {Map<string, CountryMap>} */
  maps = new Map();
  /** Of the program that simulates. */
  version = "";
  generation = 0;
  goal = 0;
  /** @type {Promise<void> | null} */
  fetching = null;
  /** @type {boolean | null} */
  same = null;
  /** @type {number | null} */
  partedAt = null;
  comparedTo = 0;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {{changed: () => void, failed: (error: Error) => void}} listeners
   */
  constructor(connection, { changed, failed }) {
    this.connection = connection;
    this.changed = changed;
    this.failed = failed;
  }

  /** Sides that are shown. @returns {[name: SideName, side: Side][]} */
  get shown() {
    return SIDES.flatMap((name) => {
      const side = this.sides[name];
      return side === null ? [] : [/** @type {[SideName, Side]} */ ([name, side])];
    });
  }

  /** What is wrong with the outlines of the maps that are shown, each fault once. */
  get mapFaults() {
    return [...new Set(this.shown.flatMap(([, side]) => this.maps.get(side.world.map)?.fault || []))];
  }

  /** The horizon: the last month that a side has. */
  get months() {
    return Math.max(0, ...this.shown.map(([, side]) => side.months));
  }

  /** The last month that all sides have, each up to its own horizon. */
  get known() {
    const waiting = this.shown.filter(([, side]) => side.known < side.months).map(([, side]) => side.known);
    return waiting.length ? Math.min(...waiting) : this.months;
  }

  /** Whether the difference between the sides means something. */
  get comparable() {
    const { a, b } = this.sides;
    if (a === null || b === null) return false;
    this.same ??= comparable(a, b);
    return this.same;
  }

  /** First month in which the sides differ; null while they are the same. */
  get parted() {
    const { a, b } = this.sides;
    if (a === null || b === null || !this.comparable) return 0;
    this.partedAt ??= firstDivergence(a, b, this.comparedTo);
    this.comparedTo = Math.min(a.known, b.known);
    return this.partedAt;
  }

  /**
   * Open scenarios. The worlds of before stay if the server refuses.
   *
   * Throws the Refusal of a scenario. Calls must follow one another: months that were asked for before are dropped.
   *
   * @param {{a: Choice | null, b: Choice | null, seed: number, chosenOf: (world: World) => boolean[]}} what
   */
  async open({ a, b, seed, chosenOf }) {
    /** @type {Partial<Record<SideName, World>>} */
    const worlds = {};
    const message = { type: "open", seed, a: asked(a), b: asked(b) };
    await this.connection.request(message, (/** @type {World} */ world) => {
      worlds[world.side] = world;
    });
    this.generation += 1;
    for (const name of SIDES) {
      const world = worlds[name] ?? null;
      const before = this.sides[name];
      if (world === null) {
        this.sides[name] = null;
        continue;
      }
      const goesOn = world.kept && before !== null && sameRun(before.world, world);
      const side = goesOn ? before : new Side(world, this.channels.length);
      if (goesOn) side.take(world);
      side.select(chosenOf(world));
      this.sides[name] = side;
    }
    this.seed = seed;
    this.#forgetParting();
    for (const [name, side] of this.shown) await this.#fetchMap(name, side.world.map);
    this.changed();
  }

  /** @param {SideName} side @param {string} digest */
  async #fetchMap(side, digest) {
    if (!this.maps.has(digest)) this.maps.set(digest, await this.connection.request({ type: "map", side }));
  }

  #forgetParting() {
    this.same = null;
    this.partedAt = null;
    this.comparedTo = 0;
  }

  /** Fetch all months up to this one into the history; only one request is open at a time. @param {number} month */
  async reach(month) {
    this.goal = Math.min(month, this.months);
    this.fetching ??= this.#fetch().finally(() => {
      this.fetching = null;
    });
    await this.fetching;
  }

  async #fetch() {
    while (this.known < this.goal) {
      const generation = this.generation;
      const behind = this.shown.filter(([, side]) => side.known < Math.min(this.goal, side.months));
      if (!behind.length) return;
      const first = Math.min(...behind.map(([, side]) => side.known)) + 1;
      // A side that is ahead waits until the other has caught up, so that no month is sent twice.
      const asking = behind.filter(([, side]) => side.known + 1 === first);
      const months = Math.min(this.goal - first + 1, MOST_MONTHS);
      try {
        const message = { type: "frames", sides: asking.map(([name]) => name), first, months };
        const frame = await this.connection.request(message);
        if (generation !== this.generation) continue;
        for (const block of /** @type {import("./frame.js").Block[]} */ (frame.blocks))
          this.sides[block.side]?.append(block);
      } catch (error) {
        if (generation !== this.generation) continue;
        if (error instanceof Refusal) this.failed(error);
        return;
      }
      this.changed();
    }
  }
}

/** A choice as `open` takes it. @param {Choice | null} choice */
export function asked(choice) {
  if (choice === null) return null;
  if (choice.results) return { results: choice.results, scenario: choice.scenario };
  return { scenario: choice.scenario, changes: choice.changes };
}

/** @param {World} before @param {World} after */
function sameRun(before, after) {
  return before.digest === after.digest && before.seed === after.seed && before.live === after.live;
}
