// The answer: which side is ahead in what, how sure that is, and what would turn it. The server writes the words.
import { byId, el, messageOf } from "../dom.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/**
 * `answer` of docs/browser.md.
 *
 * @typedef {object} Answered
 * @property {string} question
 * @property {{topic: string, ahead: "a" | "b" | "depends" | null, lead: string, text: string}[]} lines
 * @property {string[]} notes
 * @property {string} caveat
 * @property {{minutes: number} | null} test  whether the pair can be tested against other assumptions, and how long it takes
 * @property {import("./starters.js").Starter[]} starters
 */
/** @typedef {import("../model/trials.js").Difference} Trial */

const TRIED = /** @type {(keyof Trial)[]} */ ([
  ...["metric", "difference", "low", "high", "n", "pairs", "scenario_mean", "reference_mean"],
]);

export class Answer {
  /** @type {Answered | null} */
  answered = null;
  #asked = 0;
  #connection;
  #explain;
  #test;
  #arrived;

  /**
   * @param {Connection} connection
   * @param {{explain: () => void, test: () => void, arrived: () => void}} actions
   */
  constructor(connection, { explain, test, arrived }) {
    this.#connection = connection;
    this.#explain = explain;
    this.#test = test;
    this.#arrived = arrived;
  }

  /** Say that the words below are not those of what is being computed. */
  wait() {
    this.#asked += 1;
    byId("answer").setAttribute("aria-busy", "true");
  }

  /**
   * Ask for the answer to what is open.
   *
   * @param {Trial[]} [trials]  paired differences of it, b minus a
   * @param {string[]} [failing]  platforms that fail, a sentence each
   */
  async ask(trials = [], failing = []) {
    const asked = ++this.#asked;
    const message = {
      type: "answer",
      trials: trials.map((row) => Object.fromEntries(TRIED.map((key) => [key, row[key] ?? null]))),
    };
    try {
      const answered = await this.#connection.request(message);
      if (asked !== this.#asked) return;
      this.answered = answered;
      this.#draw({ ...answered, notes: [...failing, ...answered.notes] });
      this.#arrived();
    } catch (error) {
      if (asked !== this.#asked) return;
      this.answered = null;
      byId("answer").replaceChildren(
        el("p", { className: "soft" }, `There is no answer: ${messageOf(error)}`),
      );
    }
    byId("answer").setAttribute("aria-busy", "false");
  }

  /** @param {Answered} answered */
  #draw({ question, lines, notes, caveat, test }) {
    byId("question").textContent = question;
    byId("answer").replaceChildren(
      ...lines.map(({ topic, ahead, lead, text }) => {
        const line = el("p", { className: "line", "data-topic": topic, "data-ahead": ahead ?? "" });
        line.append(el("b", {}, lead), ` ${text}`);
        return line;
      }),
      ...notes.map((note, i) =>
        el(
          "p",
          { className: "note" },
          `${note} `,
          test && i === notes.length - 1
            ? el(
                "button",
                { type: "button", id: "test", onclick: this.#test },
                `Test, about ${test.minutes} min`,
              )
            : null,
        ),
      ),
      el(
        "p",
        {},
        `${caveat} `,
        el(
          "button",
          { type: "button", className: "plain", onclick: this.#explain },
          "What does “worlds” mean?",
        ),
      ),
    );
  }
}
