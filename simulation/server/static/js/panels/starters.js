// Three questions to start with, each a change of both sides at once, and back again.
import { byId, el } from "../dom.js";
import { SIDES } from "../model/address.js";
import { keyOf } from "../model/toml.js";

/** @import { Choice, SideName } from "../model/address.js" */
/** @typedef {{id: string, title: string, changes: Record<SideName, string[]>}} Starter  as in `answer` of docs/browser.md */

export class Starters {
  #shown = "";

  /** @param {(changes: Record<SideName, string[]>, on: boolean) => void} apply  makes changes, or takes them back */
  constructor(apply) {
    this.apply = apply;
  }

  /** @param {Starter[]} starters @param {Record<SideName, Choice | null>} choices */
  draw(starters, choices) {
    const all = starters.map((starter) => ({
      ...starter,
      on: SIDES.every((side) =>
        starter.changes[side].every((change) => choices[side]?.changes.includes(change)),
      ),
    }));
    const key = JSON.stringify(all);
    if (key === this.#shown) return;
    this.#shown = key;
    const focused = document.activeElement?.id;
    byId("starters").replaceChildren(
      ...all.map(({ id, title, changes, on }) =>
        el(
          "button",
          {
            type: "button",
            id: `starter-${id}`,
            "aria-pressed": String(on),
            title: `Changes both sides: ${[...new Set(SIDES.flatMap((side) => changes[side]))].join(", ")}`,
            onclick: () => this.apply(changes, !on),
          },
          title,
        ),
      ),
    );
    if (focused?.startsWith("starter-")) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

/**
 * Changes of a side with some of them set, or taken back.
 *
 * @param {string[]} before
 * @param {string[]} changes
 * @param {boolean} on
 */
export function withChanges(before, changes, on) {
  const keys = new Set(changes.map(keyOf));
  return [...before.filter((change) => !keys.has(keyOf(change))), ...(on ? changes : [])];
}
