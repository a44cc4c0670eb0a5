// The drawer on the right: one panel at a time.
import { byId } from "../dom.js";

export const TABS = ["change", "inspect", "money", "study"];

/** Wire the tabs; `store.state.tab` is the open one, or null. `shown(tab)` is called when one comes into sight. */
export function drawer(store, shown) {
  for (const tab of TABS) {
    const button = byId(`tab-${tab}`);
    button.onclick = () => store.set({ tab });
    button.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length];
      store.set({ tab: next });
      byId(`tab-${next}`).focus();
    });
    const opener = byId(`open-${tab}`);
    if (opener) opener.onclick = () => store.set({ tab: store.state.tab === tab ? null : tab });
  }
  byId("close-drawer").onclick = () => {
    const { tab } = store.state;
    store.set({ tab: null });
    byId(`open-${tab}`)?.focus();
  };
  store.on(["tab"], ({ tab: open }) => {
    byId("drawer").hidden = open === null;
    for (const tab of TABS) {
      byId(`tab-${tab}`).setAttribute("aria-selected", tab === open);
      byId(`tab-${tab}`).tabIndex = tab === open ? 0 : -1;
      byId(`panel-${tab}`).hidden = tab !== open;
      byId(`open-${tab}`)?.setAttribute("aria-expanded", tab === open);
    }
    if (open) shown(open);
  });
}

/** Two buttons that choose the side of a panel. */
export function sideSwitch(el, scene, chosen, choose) {
  return el(
    "div",
    { className: "segments", role: "group", "aria-label": "Side" },
    scene.sides.map(([name]) => {
      const button = el(
        "button",
        { type: "button", "aria-pressed": String(name === chosen), onclick: () => choose(name) },
        scene.labels[name],
      );
      button.style.setProperty("--side", scene.looks[name].colour);
      return button;
    }),
  );
}
