// The ledger: what each policy was to spend up to now, what it spent, what is unspent, and what remains of the plan.
import { el, facts, tableOf } from "../dom.js";
import { date, money } from "../draw/numbers.js";

/**
 * Show in a box the ledger of both sides in the month that the page is at.
 *
 * @param {HTMLElement} box
 * @param {import("../scene.js").Scene} scene
 */
export function drawLedger(box, scene) {
  const parts = scene.sides.flatMap(([name, side]) => {
    const { world } = side;
    const month = scene.at(side);
    const rows = world.policies.map((policy) => {
      const [planned, spent, total] = [
        policy.planned[month],
        policy.spent[month],
        policy.planned[side.months],
      ];
      const until = Math.min(policy.to_month, side.months);
      /** @type {[title: string, ...amounts: number[]]} */
      const row = [
        `${policy.title}, years ${trimmed(policy.from_month * side.dt)} to ${trimmed(until * side.dt)}`,
        planned,
        spent,
        planned - spent,
        total - spent,
      ];
      return row;
    });
    const sum = (/** @type {number} */ column) => rows.reduce((all, row) => all + Number(row[column]), 0);
    const heading = el("h3", {}, scene.labels[name]);
    heading.style.color = scene.looks[name].ink;
    return [
      heading,
      rows.length === 0
        ? el("p", { className: "soft" }, "This scenario has no policy and spends no money.")
        : tableOf(
            ["policy", "planned so far", "spent", "unspent", "remaining plan"],
            rows.map(([title, ...amounts]) => [title, ...amounts.map(money)]),
            ["all", ...[1, 2, 3, 4].map((column) => money(sum(column)))],
          ),
      facts([
        ["present value planned", money(world.planned_pv)],
        ["present value spent by the horizon", money(world.spent_pv)],
        ["present value of the budget", money(world.budget_pv)],
      ]),
    ];
  });
  const [, first] = scene.sides[0] ?? [];
  box.replaceChildren(
    el(
      "p",
      { className: "soft" },
      first
        ? `Units of money up to ${date(scene.month, first.world.steps_per_year)}. One unit gives one enterprise a year of full cluster service. Unspent money was planned up to this month but not spent.`
        : "",
    ),
    ...parts,
  );
}

const trimmed = (/** @type {number} */ years) => String(Math.round(years * 100) / 100);
