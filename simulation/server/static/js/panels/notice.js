// One line under the bar for what the user should know: a refusal, a lost connection.
import { byId, el } from "../dom.js";

/** @param {string} text @param {{bad?: boolean, closable?: boolean}} how */
export function showNotice(text, { bad = false, closable = false } = {}) {
  const notice = byId("notice");
  notice.replaceChildren(
    text,
    closable ? el("button", { type: "button", onclick: hideNotice }, "Close") : "",
  );
  notice.classList.toggle("bad", bad);
  notice.hidden = false;
}

export function hideNotice() {
  byId("notice").hidden = true;
}
