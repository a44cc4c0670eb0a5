// Why the sides differ: what each part of a policy contributes, and which regions gain or lose.
import { el, messageOf, tableOf } from "../dom.js";
import { decimal, signed } from "../draw/numbers.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Gain, Game, GameName, Outcome, Progress, Trials } from "../model/trials.js" */
/** @import { Scene } from "../scene.js" */
/** @import { Side } from "../model/side.js" */
/** @typedef {{progress?: Progress, game?: Game | null, text?: string}} Answered */

const REPLICATIONS = 10;
/** In the order in which they run. @type {Record<GameName, string>} */
const GAMES = {
  entries: "Policies",
  vectors: "Who meets whom on its platforms",
  channels: "Channels of contact",
};
/** What is gained: the words of the switch, the head of the column, and the decimals. */
const OUTCOMES = {
  restricted_time_years: { title: "Sooner", head: "years sooner", decimals: 2 },
  synchronization: { title: "Together", head: "more in step", decimals: 3 },
};

export class Why {
  /** What each part contributes, by game, digest and seed of the side. @type {Map<string, Answered>} */
  #known = new Map();
  /** @type {Outcome} */
  #outcome = "restricted_time_years";
  /** Generation of the sides for which nothing else waits in the background. */
  #settled = -1;
  #redraw;

  /** @param {Trials} trials @param {() => void} redraw called when there is more to show */
  constructor(trials, redraw) {
    this.trials = trials;
    this.#redraw = redraw;
  }

  /** What comes first in the background is done: whoever looks at this panel gets its runs now. */
  settle() {
    this.#settled = this.trials.session.generation;
    this.#redraw();
  }

  /** @param {HTMLElement} box @param {Scene} scene */
  render(box, scene) {
    const focused = box.contains(document.activeElement) ? document.activeElement?.id : undefined;
    if (this.#settled === this.trials.session.generation) this.#startNext(scene);
    box.replaceChildren(
      el("h3", {}, "What does the work"),
      el(
        "p",
        {},
        `Each side runs again with some of its parts and with none, ${REPLICATIONS} times with the same random draws. “Due to it”: what the part adds, averaged over all orders of adding the parts, so that they sum to the whole (Shapley values). “Lost without it”: only this part is left out.`,
      ),
      el(
        "p",
        { className: "soft" },
        "Gains are against no policy, with 95 % intervals; years are sooner on average. Policies are at own cost: the money of a missing one is not spent. Operating a platform is no part by itself; it is paid for wherever a policy needs the platform. Numbers of different tables must not be added.",
      ),
      this.#switch(),
      ...scene.sides.flatMap(([name, side]) => this.#side(scene, name, side)),
      ...this.#regions(scene),
      el("h3", {}, "What drove adoptions in this history"),
      el(
        "p",
        { className: "soft" },
        "The bars say to which channel each adoption is attributed, in proportion to what drove it. This is descriptive, not causal.",
      ),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  #switch() {
    return el(
      "div",
      { className: "segments", role: "group", "aria-label": "What is gained" },
      /** @type {Outcome[]} */ (Object.keys(OUTCOMES)).map((outcome) =>
        el(
          "button",
          {
            type: "button",
            id: `gain-${outcome}`,
            "aria-pressed": String(outcome === this.#outcome),
            onclick: () => {
              this.#outcome = outcome;
              this.#redraw();
            },
          },
          OUTCOMES[outcome].title,
        ),
      ),
    );
  }

  /** @param {Scene} scene @param {SideName} name @param {Side} side */
  #side(scene, name, side) {
    const title = el("h4", {}, scene.labels[name]);
    title.style.color = scene.looks[name].ink;
    const soft = (/** @type {string} */ text) => el("p", { className: "soft", role: "status" }, text);
    if (!side.world.live) return [title, soft("A replay cannot run again.")];
    const answers = NAMES.map((game) => this.#known.get(keyOf(game, side)));
    const parts = NAMES.map((game, i) => {
      const { game: found, text } = answers[i] ?? {};
      if (text) return el("p", { className: "bad", role: "alert" }, `${GAMES[game]}: ${text}`);
      return found ? gameTable(GAMES[game], found, this.#outcome, scene.looks[name].colour) : null;
    });
    const progress = answers.find((answer) => answer?.progress)?.progress;
    if (answers.every((answer) => answer?.game === null))
      parts.push(soft("No policy and no platform, so there is nothing to divide."));
    else if (progress?.total)
      parts.push(soft(`${progress.done} of ${progress.total} runs of the next table …`));
    else if (answers.some((answer) => !answer || answer.progress))
      parts.push(soft("More runs in the background once nothing changes …"));
    return [title, ...parts.filter((part) => part !== null)];
  }

  /** Play the first game that is not known yet, those of policies first; the next one follows. @param {Scene} scene */
  #startNext(scene) {
    const sides = scene.sides.filter(([, side]) => side.world.live);
    const all = NAMES.flatMap((game) =>
      sides.map(([name, side]) => ({ game, name, key: keyOf(game, side) })),
    );
    if (all.some(({ key }) => this.#known.get(key)?.progress)) return;
    const next = all.find(({ key }) => !this.#known.has(key));
    if (next) this.#start(next);
  }

  /** @param {{game: GameName, name: SideName, key: string}} next */
  async #start({ game, name, key }) {
    const { session } = this.trials;
    const { generation } = session;
    this.#known.set(key, { progress: { done: 0, total: 0 } });
    const tell = (/** @type {Answered} */ answered) => {
      this.#known.set(key, answered);
      this.#redraw();
    };
    try {
      const answer = await this.trials.explain(name, game, REPLICATIONS, (progress) => tell({ progress }));
      if (answer.state === "done") tell({ game: answer.game });
      else if (answer.state === "failed") tell({ text: answer.text });
      else {
        // A change has stopped it: whoever comes back to this side gets it anew.
        this.#known.delete(key);
        if (generation === session.generation) this.#redraw();
      }
    } catch (error) {
      tell({ text: messageOf(error) });
    }
  }

  /** @param {Scene} scene */
  #regions(scene) {
    const pair = this.trials.pair;
    const regions = scene.sides.length === 2 && scene.comparable ? (pair?.regions ?? []) : [];
    const world = scene.sides.at(-1)?.[1].world;
    if (!pair || !regions.length || !world) return [];
    const rows = regions
      .map((row, r) => ({ ...row, name: world.regions[r].short }))
      .filter((row) => row.difference !== null)
      .sort((one, other) => (other.difference ?? 0) - (one.difference ?? 0));
    const told = (/** @type {number} */ sign) =>
      rows.filter(({ low, high }) => low !== null && high !== null && sign * low > 0 && sign * high > 0)
        .length;
    return [
      el("h3", {}, "Which regions gain or lose"),
      el(
        "p",
        {},
        `In B adoption is sooner in ${told(1)} of ${rows.length} regions and later in ${told(-1)}${told(1) + told(-1) < rows.length ? `; in the others ${pair.replications} pairs of histories cannot tell` : ""}.`,
      ),
      tableOf(
        ["Region", "B is", "95 % interval, years"],
        rows.map(({ name, difference, low, high }) => [
          name,
          saidYears(difference ?? 0),
          low === null || high === null ? "–" : `${decimal(low, 2)} to ${decimal(high, 2)}`,
        ]),
      ),
      el(
        "p",
        { className: "soft" },
        "Years by which enterprises of the region adopt sooner on average, within the common window.",
      ),
    ];
  }
}

const NAMES = /** @type {GameName[]} */ (Object.keys(GAMES));

const keyOf = (/** @type {GameName} */ game, /** @type {Side} */ side) =>
  `${game} ${side.world.digest} ${side.world.seed}`;

const saidYears = (/** @type {number} */ years) =>
  Math.abs(years) < 0.005
    ? "the same"
    : `${decimal(Math.abs(years), 2)} years ${years > 0 ? "sooner" : "later"}`;

/**
 * What each part of a game contributes, the largest first, and all together.
 *
 * @param {string} title
 * @param {Game} game
 * @param {Outcome} outcome
 * @param {string} colour  of the bars
 */
function gameTable(title, { note, divided, parts, together }, outcome, colour) {
  const { head, decimals } = OUTCOMES[outcome];
  const size = (/** @type {Gain} */ gain) => gain.mean ?? Number.NEGATIVE_INFINITY;
  const by = /** @type {"value" | "lost"} */ (divided ? "value" : "lost");
  const ranked = [...parts].sort((one, other) => size(other[by][outcome]) - size(one[by][outcome]));
  const most = Math.max(...parts.map((part) => Math.abs(part.value[outcome].mean ?? 0)));
  const cell = (/** @type {Gain} */ gain, { plus = true, bar = false } = {}) => {
    if (gain.mean === null) return el("span", { className: "soft" }, "undefined");
    const box = el(
      "span",
      { className: "gain" },
      plus ? signed(gain.mean, (value) => decimal(value, decimals)) : decimal(gain.mean, decimals),
    );
    if (gain.low !== null && gain.high !== null)
      box.append(el("small", {}, `${decimal(gain.low, decimals)} to ${decimal(gain.high, decimals)}`));
    if (bar && most > 0) {
      const line = el("i", { className: gain.mean < 0 ? "worse" : "" });
      line.style.width = `${(100 * Math.abs(gain.mean)) / most}%`;
      line.style.setProperty("--side", colour);
      box.append(line);
    }
    return box;
  };
  const table = tableOf(
    [title, ...(divided ? [`due to it, ${head}`] : []), "lost without it"],
    ranked.map((part) => [
      `${part.name[0].toUpperCase()}${part.name.slice(1)}`,
      ...(divided ? [cell(part.value[outcome], { bar: true })] : []),
      cell(part.lost[outcome], { plus: false }),
    ]),
    ["all together", ...(divided ? [cell(together[outcome]), ""] : [cell(together[outcome])])],
  );
  const said = [
    divided ? "" : "Too many parts to divide the gain among them here; hypercluster explain does it.",
    parts.some((part) => part.lost[outcome].mean === null || (divided && part.value[outcome].mean === null))
      ? "Undefined: fewer than 5 % adopt with some of the parts alone."
      : "",
    note,
  ].filter(Boolean);
  return el("div", {}, table, said.length ? el("p", { className: "soft" }, said.join(" ")) : null);
}
