// Pairs of runs in the background: one request after the other, and none for sides that are no longer shown.

/** @import { SideName } from "./address.js" */
/** @typedef {{pooled: (number | null)[][], regional: (number | null)[][][]}} Bands */
/** @typedef {{metric: string, unit: string, better: "lower" | "higher" | "", scenario_mean: number | null,
 *   reference_mean: number | null, difference: number | null, low: number | null, high: number | null, n: number,
 *   pairs: number}} Difference b minus a */
/** @typedef {{difference: number | null, low: number | null, high: number | null}} Interval */
/**
 * A case of `trials` of docs/browser.md; one that cannot run has only a name and its problem.
 *
 * @typedef {{name: string, kind?: string, note?: string, problem?: string, replications: number, years: number[],
 *   sides: Record<SideName, Bands>, differences: Difference[], regions: Interval[], verdict: string}} Case
 */
/** @typedef {{state: "done", seeds: number[], cases: Case[]} | {state: "stopped"} | {state: "failed", text: string}} Answer */
/** @typedef {{done: number, total: number}} Progress */
/** @typedef {{name: string, a: string[], b: string[]}} Version changes on top of those of the sides */

export class Trials {
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./session.js").Session} session
   */
  constructor(connection, session) {
    this.connection = connection;
    this.session = session;
  }

  /**
   * Run pairs of both sides; ends as "stopped" where other sides were opened meanwhile.
   *
   * @param {number} replications
   * @param {Version[]} cases
   * @param {(told: Progress) => void} [take]
   * @returns {Promise<Answer>}
   */
  start(replications, cases, take) {
    return this.#ask({ type: "trials", replications, cases }, take);
  }

  /**
   * Run a side without each of its channels, vectors and policies.
   *
   * @param {SideName} side
   * @param {number} replications
   * @param {(told: Progress) => void} [take]
   * @returns {Promise<Answer>}
   */
  without(side, replications, take) {
    return this.#ask({ type: "without", side, replications }, take);
  }

  /** @param {{type: string, [key: string]: unknown}} message @param {(told: Progress) => void} [take] */
  #ask(message, take) {
    const { generation } = this.session;
    const turn = this.#turn.then(() =>
      generation === this.session.generation
        ? this.connection.request(message, take)
        : /** @type {Answer} */ ({ state: "stopped" }),
    );
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
