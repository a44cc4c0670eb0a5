// How sure: pairs that ran quietly, "run 100 replications of this", and bands in the adoption curves.
import { byId, el, messageOf } from "../dom.js";
import { decimal } from "../draw/numbers.js";
import { differencesTable } from "./pairs.js";

/** @typedef {import("../model/address.js").SideName} SideName */
/** @typedef {import("../model/session.js").Session} Session */
/** @typedef {import("../scene.js").Scene} Scene */
/** @typedef {{pooled: (number | null)[][], regional: (number | null)[][][]}} Bands */
/** @typedef {import("../model/trials.js").Difference} Difference */
/** @typedef {{state: "running", done: number, total: number, failed: number, left_seconds?: number | null}} Running */
/** @typedef {{state: "done", folder: string, replications: number, years: number[],
 *   sides: Record<SideName, Bands>, differences: Difference[], verdict: string}} Done */
/** @typedef {Running | Done | {state: "summing up"} | {state: "stopped"} | {state: "failed", text: string}} Answer */

export class Study {
  /** The last message of the server about it. @type {Answer | null} */
  answer = null;
  replications = 100;
  /** Most replications that the server takes. */
  limit = 1000;
  /** Digests of what it was started for. @type {string | null} */
  #run = null;

  /**
   * @param {import("../model/store.js").Store} store
   * @param {Session} session
   * @param {{connection: import("../model/connection.js").Connection, sceneNow: () => Scene | null,
   *   changed: () => void, trials: import("../model/trials.js").Trials, worlds: import("./worlds.js").Worlds}} page
   */
  constructor(store, session, { connection, sceneNow, changed, trials, worlds }) {
    this.store = store;
    this.session = session;
    this.connection = connection;
    this.sceneNow = sceneNow;
    this.changed = changed;
    this.trials = trials;
    this.worlds = worlds;
  }

  get done() {
    return this.answer?.state === "done" ? this.answer : null;
  }

  /** The most replications that there are of what the page shows: of a study, else of quiet pairs. */
  get known() {
    return (this.#isOfThis && this.done) || this.trials.pair;
  }

  get #isOfThis() {
    return this.#run === keyOfRuns(this.session);
  }

  /** Take a message of the server. @param {Answer} answer */
  take(answer) {
    this.answer = answer;
    if (answer.state === "done") this.store.set({ bands: true });
    this.changed();
    this.render();
  }

  async #start() {
    this.#run = keyOfRuns(this.session);
    this.answer = { state: "running", done: 0, total: 2 * this.replications, failed: 0 };
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
      ...this.#pairs(),
      el("h3", {}, "More replications"),
      el(
        "p",
        { className: "soft" },
        "A single run depends on its random draws. Many replications, each with the same seed on both sides, separate the effect of the policies from chance. They are written into a results folder.",
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
      this.worlds.element,
    );
    this.worlds.render();
  }

  /** What quiet pairs say, and the switch of the bands. */
  #pairs() {
    const { pair } = this.trials;
    const { known } = this;
    const box = el("input", {
      type: "checkbox",
      checked: this.store.state.bands,
      onchange: () => this.store.set({ bands: box.checked }),
    });
    return [
      pair
        ? el("h3", {}, `${pair.replications} pairs of histories`)
        : el("p", { role: "status" }, "Pairs of histories run in the background once nothing changes …"),
      ...(pair ? comparison(pair) : []),
      known && el("label", { className: "row" }, box, "Show them as bands in the adoption curves"),
    ].filter((part) => part !== null && part !== undefined);
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
      !this.#isOfThis &&
        el(
          "p",
          { className: "bad" },
          "The scenarios on the page have changed since: the numbers below belong to the earlier ones. Run the replications again to see the bands.",
        ),
      el("h3", {}, "Paired differences"),
      ...comparison(answer),
    ];
  }
}

/** @param {{differences: Difference[], verdict: string}} found @returns {HTMLElement[]} */
function comparison({ differences, verdict }) {
  if (!differences.length) return [];
  return [
    el("p", {}, verdict),
    differencesTable(differences),
    el(
      "p",
      { className: "soft" },
      "Each difference is that of B less A between two runs with the same seed. Pairs in which a measure is undefined are left out. “Within chance”: the interval includes zero.",
    ),
  ];
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
