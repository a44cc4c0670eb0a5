// The numbers under the pointer.
import { byId, el } from "../dom.js";

/**
 * Show a title and lines of [label, value] beside the pointer, inside the window.
 *
 * @param {import("../figures/index.js").Notes} notes
 * @param {MouseEvent} event
 */
export function showTip({ title, lines }, { clientX, clientY }) {
  const tip = byId("tip");
  tip.replaceChildren(
    el("h3", {}, title),
    el(
      "dl",
      {},
      lines.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]),
    ),
  );
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const x = clientX + 14 + width > innerWidth ? clientX - width - 10 : clientX + 14;
  const y = clientY + 14 + height > innerHeight ? clientY - height - 10 : clientY + 14;
  tip.style.left = `${Math.max(2, x)}px`;
  tip.style.top = `${Math.max(2, y)}px`;
}

export function hideTip() {
  byId("tip").hidden = true;
}
