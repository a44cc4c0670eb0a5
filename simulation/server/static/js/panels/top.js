// The bar on top: which scenarios, which seed, which technologies, light or dark.
import { byId, el, icon } from "../dom.js";
import { nameOf } from "../model/address.js";
import { worded } from "../draw/numbers.js";

/** Fill the lists of scenarios; results folders follow the scenarios. What cannot be read is there, with its reason. */
export function fillChoices(welcome) {
  for (const side of ["a", "b"]) {
    const list = byId(`choose-${side}`);
    list.replaceChildren(
      el(
        "optgroup",
        { label: "Scenarios" },
        welcome.scenarios.map(({ name, title, problem }) =>
          problem ? unreadable(name, problem) : el("option", { value: name }, title || name),
        ),
      ),
      ...welcome.results.map((folder) =>
        el(
          "optgroup",
          { label: `Results: ${folder.name}` },
          folder.problem ? unreadable("cannot be listed", folder.problem) : null,
          folder.scenarios.map(({ name, title }) =>
            el("option", { value: `${folder.name}/${name}` }, `${title || name} (replay)`),
          ),
        ),
      ),
      el("optgroup", { label: "One side only" }, el("option", { value: "none" }, "nothing")),
    );
  }
}

function unreadable(name, problem) {
  return el("option", { disabled: true, title: problem }, `${name}: ${problem}`);
}

/** Fill the list of technologies from the worlds that are shown. */
export function fillShow(session) {
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

/** Whether the list has this choice of technologies. */
export function isShown(show) {
  return [...byId("show").options].some((option) => option.value === show);
}

/** Wire the bar. `choose(patch)` opens another scenario or seed; `openDrawer(tab)` shows changes. */
export function topBar(store, { choose, openDrawer }) {
  for (const side of ["a", "b"]) {
    byId(`choose-${side}`).onchange = (event) => choose(side, event.target.value);
    byId(`changes-${side}`).onclick = () => {
      store.set({ formSide: side });
      openDrawer("change");
    };
  }
  byId("seed").onchange = (event) => choose("seed", event.target.value);
  byId("show").onchange = (event) => store.set({ show: event.target.value });
  byId("view").onclick = () => store.set({ view: store.state.view === "map" ? "tiles" : "map" });
  byId("axis").onclick = () => store.set({ axis: store.state.axis === "calendar" ? "release" : "calendar" });
  byId("difference").onclick = () => store.set({ difference: !store.state.difference });
  icon(byId("theme"), "theme").onclick = () => {
    store.set({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" });
  };
}

/** Show the state in the bar. */
export function drawTop(state, scene) {
  for (const side of ["a", "b"]) {
    const choice = state[side];
    byId(`choose-${side}`).value = nameOf(choice);
    byId(`choose-${side}`)
      .closest(".choice")
      .style.setProperty("--side", scene.looks[side]?.ink ?? "");
    const count = choice?.changes?.length ?? 0;
    const badge = byId(`changes-${side}`);
    badge.hidden = count === 0;
    badge.textContent = `${count} ${count === 1 ? "change" : "changes"}`;
    badge.title = choice?.changes?.join("\n") ?? "";
  }
  if (document.activeElement !== byId("seed")) byId("seed").value = state.seed;
  byId("show").value = state.show;
  for (const [id, on] of [
    ["view", state.view === "tiles"],
    ["axis", state.axis === "release"],
    ["difference", state.difference],
  ]) {
    byId(id).setAttribute("aria-pressed", on);
  }
  const apart = scene.sides.length === 2 && !scene.comparable;
  byId("difference").disabled = apart;
  byId("difference").title = apart ? "A and B have different regions, technologies or steps a year" : "";
}
