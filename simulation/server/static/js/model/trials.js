// Pairs of runs in the background: one request after the other, and none for sides that are no longer shown.

/** @import { SideName } from "./address.js" */
/** @typedef {{pooled: (number | null)[][], regional: (number | null)[][][], failing: string[]}} Bands */
/** @typedef {{metric: string, unit: string, better: "lower" | "higher" | "", scenario_mean: number | null,
 *   reference_mean: number | null, difference: number | null, low: number | null, high: number | null, n: number,
 *   pairs: number}} Difference b minus a */
/** @typedef {{difference: number | null, low: number | null, high: number | null}} Interval */
/**
 * A case of `trials` of docs/browser.md; one that cannot run has only a name and its problem.
 *
 * @typedef {{name: string, problem?: string, replications: number, years: number[],
 *   sides: Record<SideName, Bands>, differences: Difference[], regions: Interval[], verdict: string}} Case
 */
/** @typedef {{mean: number | null, low: number | null, high: number | null, n: number, replications: number}} Gain positive is for the better */
/** @typedef {"restricted_time_years" | "synchronization"} Outcome */
/** @typedef {Record<Outcome, Gain>} Gains */
/** @typedef {"entries" | "vectors" | "channels"} GameName */
/**
 * A game of `explain` of docs/browser.md; `divided` if the whole is divided among the parts, so that they have values.
 *
 * @typedef {{note: string, divided: boolean,
 *   parts: {name: string, value: Gains, lost: Gains}[], together: Gains}} Game
 */
/** @typedef {{state: "stopped"} | {state: "failed", text: string}} Ended */
/** @typedef {{state: "done", seeds: number[], game: Game | null} | Ended} Explained */
/** @typedef {{state: "done", seeds: number[], cases: Case[]} | Ended} Answer */
/** @typedef {{done: number, total: number}} Progress */
/** @typedef {{name: string, a: string[], b: string[]}} Version changes on top of those of the sides */

export class Trials {
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** The last pairs of the sides as they are shown, and of which opening. @type {{of: number, found: Case} | null} */
  #pair = null;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./session.js").Session} session
   * @param {() => void} arrived called when pairs of the sides as they are shown are there
   */
  constructor(connection, session, arrived = () => {}) {
    this.connection = connection;
    this.session = session;
    this.arrived = arrived;
  }

  /**
   * Run pairs of both sides; ends as "stopped" where other sides were opened meanwhile.
   *
   * @param {number} replications
   * @param {Version[]} cases
   * @param {(told: Progress) => void} [take]
   * @returns {Promise<Answer>}
   */
  async start(replications, cases, take) {
    const { generation } = this.session;
    const answer = await this.#ask({ type: "trials", replications, cases }, take);
    const plain = cases.findIndex(({ a, b }) => !a.length && !b.length);
    if (answer.state === "done" && plain >= 0 && answer.cases[plain]?.sides) {
      this.#pair = { of: generation, found: answer.cases[plain] };
      this.arrived();
    }
    return answer;
  }

  /** Pairs of the sides as they are shown now; null as long as there are none. */
  get pair() {
    return this.#pair?.of === this.session.generation ? this.#pair.found : null;
  }

  /**
   * Run a side with some of its parts, for what each contributes.
   *
   * @param {SideName} side
   * @param {GameName} game
   * @param {number} replications
   * @param {(told: Progress) => void} [take]
   * @returns {Promise<Explained>}
   */
  explain(side, game, replications, take) {
    return this.#ask({ type: "explain", side, game, replications }, take);
  }

  /** @param {{type: string, [key: string]: unknown}} message @param {(told: Progress) => void} [take] */
  #ask(message, take) {
    const { generation } = this.session;
    const turn = this.#turn.then(() =>
      generation === this.session.generation
        ? this.connection.request(message, take)
        : /** @type {Ended} */ ({ state: "stopped" }),
    );
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
