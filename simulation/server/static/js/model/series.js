// Metrics and aligned curves of the technologies shown, which the server computes as for the command line.

const APART_MS = 350;

/** @typedef {(world: import("./side.js").World) => number[] | null} RowsOf technologies shown; null for all */

/**
 * The answer `series` of docs/browser.md, with the request that it answers.
 *
 * @typedef {object} Answer
 * @property {number} month
 * @property {Record<string, (number | null)[]>} so_far
 * @property {Record<string, {value: number | null, reason: string}>} metrics
 * @property {number[]} years
 * @property {number[]} pooled
 * @property {number[][]} regional
 * @property {(number | null)[]} regional_t50
 * @property {import("./side.js").Side} side
 * @property {RowsOf} rowsOf
 */

/** The last answer for each side, and a request for a newer one where the page has moved on. */
export class Series {
  #busy = false;
  #last = 0;

  /** @type {Record<import("./address.js").SideName, Answer | null>} */
  answers = { a: null, b: null };
  /** @type {{month: number, rowsOf: RowsOf} | null} */
  wanted = null;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./session.js").Session} session
   * @param {() => void} arrived
   */
  constructor(connection, session, arrived) {
    this.connection = connection;
    this.session = session;
    this.arrived = arrived;
  }

  /** Forget all answers, because the sides or the choice of technologies have changed. */
  clear() {
    this.answers = { a: null, b: null };
  }

  /**
   * Request the series at a month; while playing, answers arrive a few times a second.
   *
   * @param {number} month
   * @param {RowsOf} rowsOf
   */
  want(month, rowsOf) {
    this.wanted = { month, rowsOf };
    if (!this.#busy) this.#ask();
  }

  async #ask() {
    this.#busy = true;
    try {
      while (this.wanted) {
        const wait = this.#last + APART_MS - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const { month, rowsOf } = this.wanted;
        this.wanted = null;
        this.#last = performance.now();
        for (const [name, side] of this.session.shown) {
          const at = Math.min(month, side.known);
          const before = this.answers[name];
          if (before?.side === side && before.month === at && before.rowsOf === rowsOf) continue;
          const technologies = rowsOf(side.world);
          if (technologies !== null && technologies.length === 0) continue;
          const answer = await this.connection.request({
            type: "series",
            side: name,
            month: at,
            technologies: technologies ?? [],
          });
          if (this.session.sides[name] === side) this.answers[name] = { ...answer, side, rowsOf };
        }
        this.arrived();
      }
    } catch {
      this.wanted = null; // a lost connection or a run that is gone: the next want asks again
    } finally {
      this.#busy = false;
    }
  }
}
