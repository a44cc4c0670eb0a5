// "Run 100 replications of this": the batch in the background, its progress, and its results.
import { byId, el, messageOf, tableOf } from "../dom.js";
import { decimal, signed } from "../draw/numbers.js";

/** @typedef {import("../model/address.js").SideName} SideName */
/** @typedef {import("../model/session.js").Session} Session */
/** @typedef {import("../scene.js").Scene} Scene */
/** @typedef {{pooled: (number | null)[][], regional: (number | null)[][][]}} Bands */
/** @typedef {{metric: string, difference: number, low: number | null, high: number | null, n: number,
 *   pairs: number}} Difference */
/** @typedef {{state: "running", done: number, total: number, failed: number, left_seconds?: number | null}} Running */
/** @typedef {{state: "done", folder: string, replications: number, years: number[],
 *   sides: Record<SideName, Bands>, differences: Difference[], verdict: string}} Done */
/** @typedef {Running | Done | {state: "summing up"} | {state: "stopped"} | {state: "failed", text: string}} Answer */

export class Study {
  /** The last message of the server about it. @type {Answer | null} */
  answer = null;
  /** Bands, when it is done. @type {Record<SideName, Bands> | null} */
  sides = null;
  replications = 100;
  /** Most replications that the server takes. */
  limit = 1000;
  /** Digests of what it was started for. @type {string | null} */
  #run = null;

  /**
   * @param {import("../model/store.js").Store} store
   * @param {Session} session
   * @param {{connection: import("../model/connection.js").Connection, sceneNow: () => Scene | null,
   *   changed: () => void}} page
   */
  constructor(store, session, { connection, sceneNow, changed }) {
    this.store = store;
    this.session = session;
    this.connection = connection;
    this.sceneNow = sceneNow;
    this.changed = changed;
  }

  get done() {
    return this.answer?.state === "done" ? this.answer : null;
  }

  get years() {
    return this.done?.years ?? [];
  }

  /** Whether the bands are of what the page shows. @param {Session} session */
  belongsTo(session) {
    return this.#run === keyOfRuns(session);
  }

  /** Take a message of the server. @param {Answer} answer */
  take(answer) {
    this.answer = answer;
    this.sides = answer.state === "done" ? answer.sides : null;
    if (answer.state === "done") this.store.set({ bands: true });
    this.changed();
    this.render();
  }

  async #start() {
    this.#run = keyOfRuns(this.session);
    this.answer = { state: "running", done: 0, total: 2 * this.replications, failed: 0 };
    this.sides = null;
    this.render();
    try {
      await this.connection.request({ type: "study", replications: this.replications });
    } catch (error) {
      this.answer = { state: "failed", text: messageOf(error) };
      this.render();
    }
  }

  render() {
    const panel = byId("panel-sure");
    const scene = this.sceneNow();
    if (!scene) return;
    const running = this.answer?.state === "running" || this.answer?.state === "summing up";
    const told = panel.querySelector("progress");
    if (this.answer?.state === "running" && told) {
      // Only the numbers move: a button that is replaced while it is pressed would not be pressed.
      Object.assign(told, { max: this.answer.total, value: this.answer.done });
      panel.querySelector("[role='status']")?.replaceChildren(progressOf(this.answer));
      return;
    }
    const live = scene.sides.length > 0 && scene.sides.every(([, side]) => side.world.live);
    const number = el("input", {
      type: "number",
      id: "replications",
      min: 2,
      max: this.limit,
      value: this.replications,
      disabled: running,
    });
    number.onchange = () => {
      this.replications = Math.max(2, Math.round(Number(number.value)) || 2);
    };
    panel.replaceChildren(
      el(
        "p",
        {},
        "A single run depends on its random draws. Many replications, each with the same seed on both sides, separate the effect of the policies from chance.",
      ),
      el(
        "div",
        { className: "row" },
        el("label", { htmlFor: "replications" }, "Replications"),
        number,
        el(
          "button",
          {
            type: "button",
            className: "primary",
            id: "start-study",
            disabled: running || !live,
            onclick: () => this.#start(),
          },
          "Run",
        ),
        running
          ? el(
              "button",
              {
                type: "button",
                id: "stop-study",
                onclick: () => this.connection.request({ type: "stop_study" }).catch(() => {}),
              },
              "Stop",
            )
          : null,
      ),
      live
        ? ""
        : el(
            "p",
            { className: "soft" },
            "A side that is replayed from results already has its replications.",
          ),
      ...this.#state().filter((part) => part !== false),
    );
  }

  /** @returns {(HTMLElement | false)[]} */
  #state() {
    const { answer } = this;
    if (!answer) return [];
    if (answer.state === "running") {
      return [
        el("progress", { max: answer.total, value: answer.done, "aria-label": "Replications done" }),
        el("p", { role: "status" }, progressOf(answer)),
      ];
    }
    if (answer.state === "summing up")
      return [el("p", { role: "status" }, "All replications are done; comparing …")];
    if (answer.state === "stopped") return [el("p", { role: "status" }, "Stopped.")];
    if (answer.state === "failed") return [el("p", { className: "bad", role: "alert" }, answer.text)];
    return this.#done(answer);
  }

  /** @param {Done} answer */
  #done(answer) {
    return [
      el(
        "p",
        { role: "status" },
        `${answer.replications} replications of both sides are done. They are in the results folder `,
        el("b", {}, answer.folder),
        ".",
      ),
      !this.belongsTo(this.session) &&
        el(
          "p",
          { className: "bad" },
          "The scenarios on the page have changed since: the numbers below belong to the earlier ones. Run the replications again to see the bands.",
        ),
      this.belongsTo(this.session) &&
        el(
          "label",
          { className: "row" },
          el("input", {
            type: "checkbox",
            checked: this.store.state.bands,
            onchange: (/** @type {Event & {target: HTMLInputElement}} */ event) =>
              this.store.set({ bands: event.target.checked }),
          }),
          "Show them in the adoption curves",
        ),
      el("h3", {}, "Paired differences"),
      el("p", {}, answer.verdict),
      tableOf(
        ["A − B", "difference", "95 % interval", "pairs"],
        answer.differences.map((row) => [
          named(row.metric),
          reversed(row, "difference"),
          row.low === null ? "–" : `${reversed(row, "high")} to ${reversed(row, "low")}`,
          row.n === row.pairs ? String(row.n) : `${row.n} of ${row.pairs}`,
        ]),
      ),
      el(
        "p",
        { className: "soft" },
        "Each difference is between two runs with the same seed. Pairs in which a metric is undefined are left out. The adoption curves show the median of all replications and the ranges of the middle 50 % and 90 %.",
      ),
    ];
  }
}

/** @param {Running} answer */
function progressOf({ done, total, failed, left_seconds: left }) {
  const parts = [`${done} of ${total} replications done`];
  if (failed) parts.push(`${failed} failed`);
  if (left) parts.push(`about ${decimal(left, 0)} s left`);
  return parts.join(", ");
}

const keyOfRuns = (/** @type {Session} */ session) =>
  JSON.stringify(session.shown.map(([name, side]) => [name, side.world.digest, session.seed]));

/** @type {Record<string, string>} */
const NAMES = {
  phi: "Φ",
  phi_half: "Φ at half",
  kuramoto: "Kuramoto r",
  t50_range_years: "range of t50, years",
  synchronization: "synchronization 1 − Φ",
  w1_years: "W1, years",
  t50_years: "t50, years",
  t10_years: "t10, years",
  t90_years: "t90, years",
  t50_sd_years: "SD of t50, years",
  final_share: "final adoption share",
  member_share: "members",
  spent_pv: "spent, present value",
  planned_pv: "planned, present value",
};

const named = (/** @type {string} */ metric) => NAMES[metric] ?? metric.replaceAll("_", " ");

/**
 * The server takes A from B, the page B from A.
 *
 * @type {(row: Difference, key: "difference" | "low" | "high") => string}
 */
const reversed = (row, key) => {
  const value = row[key];
  return value === null ? "–" : signed(-value, (number) => decimal(number, digits(row.difference)));
};

const digits = (/** @type {number} */ difference) =>
  Math.abs(difference) >= 100 ? 0 : Math.abs(difference) >= 10 ? 1 : 3;
