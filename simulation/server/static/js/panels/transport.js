// Play, pause, step, speed, and the slider over all of time; keys do the same.
import { byId, el, icon } from "../dom.js";
import { date } from "../draw/numbers.js";
import { SPEEDS } from "../model/player.js";

/** Wire the buttons and keys. `actions` are further keys: a letter and what it does. */
export function transport(store, player, session, actions) {
  for (const name of ["start", "back", "play", "step", "end"]) icon(byId(name), name);
  const yearly = () => session.shown[0]?.[1].world.steps_per_year ?? 12;
  byId("start").onclick = () => player.go(0);
  byId("back").onclick = () => player.step(-1);
  byId("play").onclick = () => player.toggle();
  byId("step").onclick = () => player.step(1);
  byId("end").onclick = () => player.go(session.months);
  byId("slider").oninput = (event) => player.go(Number(event.target.value));
  byId("speed").append(...SPEEDS.map((speed) => el("option", { value: speed }, `${speed} months/s`)));
  byId("speed").onchange = (event) => store.set({ speed: Number(event.target.value) });

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

/** Whether the key belongs to what has the focus: a field, a list, an open dialog, a button under the space bar. */
function typesInto({ target, key }) {
  if (target.closest("dialog, [role='tablist']")) return true;
  if (target.matches("input[type='range']")) return false;
  if (target.matches("input, select, textarea")) return true;
  return key === " " && target.matches("button, summary");
}

/** Show where the page is. */
export function drawTransport(state, session, month) {
  const steps = session.shown[0]?.[1].world.steps_per_year ?? 12;
  const slider = byId("slider");
  slider.max = session.months;
  slider.value = state.month;
  slider.setAttribute("aria-valuetext", date(month, steps));
  byId("clock").textContent = date(month, steps);
  byId("speed").value = state.speed;
  icon(byId("play"), state.playing ? "pause" : "play").setAttribute(
    "aria-label",
    state.playing ? "Pause" : "Play",
  );
}
