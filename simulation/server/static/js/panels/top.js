// The bar on top: which scenarios, which seed, which technologies, light or dark.
import { byId, el, icon } from "../dom.js";
import { whole, worded } from "../draw/numbers.js";
import { nameOf, SIDES } from "../model/address.js";

/** @import { SideName } from "../model/address.js" */
/** @typedef {{name: string, title: string, group: string, summary: string, description: string, own: boolean,
 *   problem: string}} Entry */
/**
 * `welcome` of docs/browser.md.
 *
 * @typedef {{scenarios: Entry[], results: {name: string, title: string, problem: string, ensemble: boolean,
 *     scenarios: {name: string, title: string, seeds: number[]}[]}[],
 *   channels: string[], version: string, forms: import("./forms.js").FormTables, limits: {replications: number}, resumed: boolean}} Welcome
 */

/**
 * Fill the list of technologies from the worlds that are shown.
 *
 * @param {import("../model/session.js").Session} session
 */
export function fillShow(session) {
  /** @type {Map<string, string>} */
  const technologies = new Map();
  for (const [, side] of session.shown)
    for (const { name, direction } of side.world.technologies) technologies.set(name, direction);
  const directions = [...new Set(technologies.values())];
  byId("show").replaceChildren(
    el("option", { value: "all" }, `All ${technologies.size} technologies`),
    ...directions.map((direction) => {
      const names = [...technologies].filter(([, of]) => of === direction).map(([name]) => name);
      return el(
        "optgroup",
        { label: worded(direction) },
        el("option", { value: `direction:${direction}` }, `All ${names.length}: ${worded(direction)}`),
        names.map((name) => el("option", { value: `technology:${name}` }, name)),
      );
    }),
  );
}

/**
 * Say in a line each what the two sides are, as the list of scenarios does.
 *
 * @param {import("../model/store.js").State} state
 * @param {import("../model/session.js").Session} session
 * @param {Entry[]} scenarios
 */
export function fillPlans(state, session, scenarios) {
  const sizes = session.shown.map(([, { world }]) => sizeOf(world));
  const alike = new Set(sizes).size === 1;
  byId("plans").replaceChildren(
    ...session.shown.map(([id, { world }], i) => {
      const summary = scenarios.find(({ name }) => name === state[id]?.scenario)?.summary ?? "";
      return el(
        "li",
        {},
        el("b", { className: `side-${id}` }, `${id.toUpperCase()} ${world.title}`),
        ` ${summary}${alike ? "" : ` ${sizes[i]}.`}`,
      );
    }),
    alike ? el("li", { className: "soft" }, `${sizes.length > 1 ? "In both: " : ""}${sizes[0]}.`) : "",
  );
}

/** How much of a world there is, in words. @param {import("../model/side.js").World} world */
function sizeOf({ regions, technologies, months, steps_per_year: steps }) {
  const enterprises = regions.reduce((sum, region) => sum + region.enterprises, 0);
  return `${whole(enterprises)} enterprises in ${regions.length} regions, ${technologies.length} technologies, ${Math.round(months / steps)} years`;
}

/** Whether the list has this choice of technologies. @param {string} show */
export function isShown(show) {
  return [...byId("show", HTMLSelectElement).options].some((option) => option.value === show);
}

/**
 * Wire the bar. `choose` opens another scenario or seed; `openDrawer` shows changes.
 *
 * @param {import("../model/store.js").Store} store
 * @param {{choose: (what: "seed", value: string) => void, pick: (side: SideName) => void, openDrawer: (tab: string) => void}} actions
 */
export function topBar(store, { choose, pick, openDrawer }) {
  for (const side of SIDES) {
    byId(`choose-${side}`).onclick = () => pick(side);
    byId(`changes-${side}`).onclick = () => {
      store.set({ formSide: side });
      openDrawer("change");
    };
  }
  const seed = byId("seed", HTMLInputElement);
  seed.onchange = () => choose("seed", seed.value);
  const show = byId("show", HTMLSelectElement);
  show.onchange = () => store.set({ show: show.value });
  byId("view").onclick = () => store.set({ view: store.state.view === "map" ? "tiles" : "map" });
  byId("axis").onclick = () => store.set({ axis: store.state.axis === "calendar" ? "release" : "calendar" });
  byId("difference").onclick = () => store.set({ difference: !store.state.difference });
  icon(byId("theme", HTMLButtonElement), "theme").onclick = () => {
    store.set({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" });
  };
}

/**
 * Show the state in the bar.
 *
 * @param {import("../model/store.js").State} state
 * @param {import("../scene.js").Scene} scene
 */
export function drawTop(state, scene) {
  for (const side of SIDES) {
    const choice = state[side];
    const button = byId(`choose-${side}`, HTMLButtonElement);
    const title = scene.sides.find(([name]) => name === side)?.[1].world.title;
    button.value = nameOf(choice);
    button.textContent = title ? `${title}${choice?.results ? " (replay)" : ""}` : "nothing";
    button.parentElement?.style.setProperty("--side", scene.looks[side]?.ink ?? "");
    const count = choice?.changes?.length ?? 0;
    const badge = byId(`changes-${side}`);
    badge.hidden = count === 0;
    badge.textContent = `${count} ${count === 1 ? "change" : "changes"}`;
    badge.title = choice?.changes?.join("\n") ?? "";
  }
  const seed = byId("seed", HTMLInputElement);
  if (document.activeElement !== seed) seed.value = String(state.seed);
  byId("show", HTMLSelectElement).value = state.show;
  for (const [id, on] of /** @type {const} */ ([
    ["view", state.view === "tiles"],
    ["axis", state.axis === "release"],
    ["difference", state.difference],
  ])) {
    byId(id).setAttribute("aria-pressed", String(on));
  }
  const apart = scene.sides.length === 2 && !scene.comparable;
  const difference = byId("difference", HTMLButtonElement);
  difference.disabled = apart;
  difference.title = apart ? "A and B have different regions, technologies or steps a year" : "";
}
