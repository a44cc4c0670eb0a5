// The money as a strip: what each side plans, in present values, whether the plans are equal, and what is spent so far.
import { byId, el } from "../dom.js";
import { money } from "../draw/numbers.js";
import { SIDES } from "../model/address.js";
import { keyOf } from "../model/toml.js";

/** @import { Choice, SideName } from "../model/address.js" */
/** @import { Scene } from "../scene.js" */

const EQUAL = 0.001; // as in simulation.analysis.verdict
const SHARED = /^(budget|costs)\./;
const OWN = /^(policies|platforms)/;

/** Whether two plans count as equal. @param {number} a @param {number} b */
export const isEqual = (a, b) => Math.abs(a - b) <= EQUAL * Math.max(a, b);

/**
 * Changes that make the plans of both sides equal again: what one side's budget or costs were changed to holds for both;
 * where these are the same already, policies are taken back. Null where there is nothing to take back.
 *
 * @param {{a: Choice | null, b: Choice | null}} choices
 * @returns {Record<SideName, string[]> | null}
 */
export function equalAgain({ a, b }) {
  if (!a || !b) return null;
  const shared = (/** @type {Choice} */ side) => side.changes.filter((change) => SHARED.test(keyOf(change)));
  const others = (/** @type {Choice} */ side, /** @type {RegExp} */ what) =>
    side.changes.filter((change) => !what.test(keyOf(change)));
  const [first, second] = [shared(a), shared(b)];
  if (first.join("\n") !== second.join("\n")) {
    const both = [...first, ...second.filter((change) => !first.some((one) => keyOf(one) === keyOf(change)))];
    return { a: [...others(a, SHARED), ...both], b: [...others(b, SHARED), ...both] };
  }
  const [left, right] = [others(a, OWN), others(b, OWN)];
  if (left.length === a.changes.length && right.length === b.changes.length) return null;
  return { a: left, b: right };
}

export class MoneyStrip {
  #said = el("p");
  #again = el("button", { type: "button", id: "equal-again", hidden: true }, "Make plans equal again");
  #rows;
  #makeEqual;

  /** @param {{makeEqual: (changes: Record<SideName, string[]>) => void}} actions */
  constructor({ makeEqual }) {
    this.#makeEqual = makeEqual;
    this.#rows = SIDES.map((name) => {
      const [bar, text] = [el("i"), el("span")];
      const track = el("div", { className: "bar" }, bar);
      return {
        name,
        bar,
        text,
        track,
        row: el("div", { className: "purse", hidden: true }, el("b", {}, name.toUpperCase()), track, text),
      };
    });
    byId("money").append(
      this.#said,
      ...this.#rows.map(({ row }) => row),
      el(
        "p",
        { className: "soft" },
        "Present values. One unit pays a year of full cluster service for one enterprise.",
      ),
      this.#again,
    );
  }

  /** @param {Scene} scene @param {{a: Choice | null, b: Choice | null}} choices */
  draw(scene, choices) {
    const plans = scene.sides.map(([, side]) => side.world.planned_pv);
    const most = Math.max(1, ...plans);
    for (const { name, bar, text, track, row } of this.#rows) {
      const side = scene.sides.find(([id]) => id === name)?.[1];
      row.hidden = !side;
      if (!side) continue;
      const { planned_pv: planned } = side.world;
      const spent = side.spentPresent(scene.at(side));
      row.style.setProperty("--side", scene.looks[name].colour);
      row.style.color = scene.looks[name].ink;
      track.hidden = planned === 0;
      track.style.width = `${Math.max(2, (100 * planned) / most)}%`;
      bar.style.width = `${planned > 0 ? Math.min(100, (100 * spent) / planned) : 0}%`;
      text.textContent =
        planned > 0 ? `${money(planned)} units planned, ${money(spent)} spent so far` : "no money";
    }
    const [a, b] = plans;
    const unequal = plans.length === 2 && !isEqual(a, b);
    const back = unequal ? equalAgain(choices) : null;
    this.#again.hidden = !back;
    this.#again.onclick = () => back && this.#makeEqual(back);
    byId("money").classList.toggle("unequal", unequal);
    this.#said.replaceChildren(el("b", {}, saidOf(plans)));
  }
}

/** Whether plans are equal, in words. @param {number[]} plans */
function saidOf([a, b]) {
  if (b === undefined) return "Money";
  if (!a && !b) return "Money: neither plans any";
  if (!a || !b) return `Money: only ${a ? "A" : "B"} plans any`;
  return isEqual(a, b) ? "= Money: equal plans" : "≠ Money: the plans are not equal";
}
