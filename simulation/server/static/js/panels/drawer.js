// The drawer on the right: one panel at a time.
import { byId, el } from "../dom.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Store } from "../model/store.js" */
/** @import { Panel } from "./index.js" */

/**
 * Make a tab and a box for each panel, and wire them. `store.state.tab` is the open one, or null.
 *
 * @param {Store} store
 * @param {Panel[]} panels
 * @param {(tab: string) => void} shown called when a panel comes into sight
 */
export function drawer(store, panels, shown) {
  const tabs = panels.map(({ tab }) => tab);
  byId("tabs").append(...panels.map((panel) => tabOf(panel, store, tabs)));
  byId("drawer").append(...panels.map(boxOf));
  byId("openers").append(...panels.filter(({ opener }) => opener).map((panel) => openerOf(panel, store)));
  byId("close-drawer").onclick = () => {
    const { tab } = store.state;
    store.set({ tab: null });
    document.getElementById(`open-${tab}`)?.focus();
  };
  store.on(["tab"], ({ tab: open }) => {
    byId("drawer").hidden = open === null;
    for (const tab of tabs) {
      byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === open));
      byId(`tab-${tab}`).tabIndex = tab === open ? 0 : -1;
      byId(`tabpanel-${tab}`).hidden = tab !== open;
      document.getElementById(`open-${tab}`)?.setAttribute("aria-expanded", String(tab === open));
    }
    if (open) shown(open);
  });
}

/** @param {Panel} panel @param {Store} store @param {string[]} tabs */
function tabOf({ tab, title }, store, tabs) {
  const properties = { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `tabpanel-${tab}` };
  const button = el("button", { ...properties, onclick: () => store.set({ tab }) }, title);
  button.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
    store.set({ tab: next });
    byId(`tab-${next}`).focus();
  });
  return button;
}

/** A panel: its figures, for which main.js makes cards, and the box that `render` fills. @param {Panel} panel */
function boxOf({ tab, figures = [], figuresLast = false }) {
  const properties = { id: `tabpanel-${tab}`, "aria-labelledby": `tab-${tab}`, tabIndex: 0, hidden: true };
  const parts = [
    figures.length > 0 && el("div", { id: `figures-${tab}`, className: "figures" }),
    el("div", { id: `panel-${tab}` }),
  ];
  return el("div", { role: "tabpanel", ...properties }, figuresLast ? parts.reverse() : parts);
}

/** @param {Panel} panel @param {Store} store */
function openerOf({ tab, title }, store) {
  const properties = { id: `open-${tab}`, "aria-controls": "drawer", "aria-expanded": "false" };
  const onclick = () => store.set({ tab: store.state.tab === tab ? null : tab });
  return el("button", { type: "button", ...properties, onclick }, title);
}

/**
 * Buttons that choose the side of a panel, or both.
 *
 * @template {SideName | "both"} Scope
 * @param {import("../scene.js").Scene} scene
 * @param {Scope} chosen
 * @param {(name: Scope) => void} choose
 * @param {{both?: boolean}} offer
 */
export function sideSwitch(scene, chosen, choose, { both = false } = {}) {
  const names = [...(both ? ["both"] : []), ...scene.sides.map(([name]) => name)];
  return el(
    "div",
    { className: "segments", role: "group", "aria-label": "Side" },
    /** @type {Scope[]} */ (names).map((name) => {
      const button = el(
        "button",
        { type: "button", "aria-pressed": String(name === chosen), onclick: () => choose(name) },
        name === "both" ? "Both" : scene.labels[name],
      );
      if (name !== "both")
        button.style.setProperty("--side", scene.looks[/** @type {SideName} */ (name)].colour);
      return button;
    }),
  );
}
