// Play, pause, step, speed, and the slider over all of time; keys do the same.
import { byId, el, icon } from "../dom.js";
import { date } from "../draw/numbers.js";
import { SPEEDS } from "../model/player.js";

/**
 * Wire the buttons and keys. `actions` are further keys: a letter and what it does.
 *
 * @param {import("../model/store.js").Store} store
 * @param {import("../model/player.js").Player} player
 * @param {import("../model/session.js").Session} session
 * @param {Record<string, () => void>} actions
 */
export function transport(store, player, session, actions) {
  for (const name of /** @type {const} */ (["start", "back", "step", "end"]))
    icon(byId(name, HTMLButtonElement), name);
  const yearly = () => session.shown[0]?.[1].world.steps_per_year ?? 12;
  byId("start").onclick = () => player.go(0);
  byId("back").onclick = () => player.step(-1);
  byId("play").onclick = () => player.toggle();
  byId("step").onclick = () => player.step(1);
  byId("end").onclick = () => player.go(session.months);
  const slider = byId("slider", HTMLInputElement);
  slider.oninput = () => player.go(Number(slider.value));
  const list = byId("speed", HTMLSelectElement);
  list.append(...SPEEDS.map((speed) => el("option", { value: speed }, `${speed} months/s`)));
  list.onchange = () => store.set({ speed: Number(list.value) });

  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const keys = {
    " ": () => player.toggle(),
    ArrowLeft: (event) => player.step(event.shiftKey ? -yearly() : -1),
    ArrowRight: (event) => player.step(event.shiftKey ? yearly() : 1),
    PageUp: () => player.step(-yearly()),
    PageDown: () => player.step(yearly()),
    Home: () => player.go(0),
    End: () => player.go(session.months),
    ...actions,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typesInto(event)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

/**
 * Whether the key belongs to what has the focus: a field, a list, an open dialog, a button under the space bar.
 *
 * @param {KeyboardEvent} event
 */
function typesInto({ target, key }) {
  if (!(target instanceof Element)) return false;
  if (target.closest("dialog, [role='tablist']")) return true;
  if (target.matches("input[type='range']")) return false;
  if (target.matches("input, select, textarea")) return true;
  return key === " " && target.matches("button, summary");
}

/**
 * Show where the page is.
 *
 * @param {import("../model/store.js").State} state
 * @param {import("../model/session.js").Session} session
 * @param {number} month
 */
export function drawTransport(state, session, month) {
  const steps = session.shown[0]?.[1].world.steps_per_year ?? 12;
  const slider = byId("slider", HTMLInputElement);
  slider.max = String(session.months);
  slider.value = String(state.month);
  slider.setAttribute("aria-valuetext", date(month, steps));
  byId("clock").textContent = date(month, steps);
  byId("speed", HTMLSelectElement).value = String(state.speed);
  const years = Math.round(session.months / steps);
  const words = state.playing
    ? "Pause"
    : month >= session.months
      ? `Watch ${years} ${years === 1 ? "year" : "years"}`
      : "Play";
  const play = byId("play", HTMLButtonElement);
  if (play.textContent?.trim() === words) return;
  delete play.dataset.icon;
  icon(play, state.playing ? "pause" : "play").append(` ${words}`);
}
