// Small helpers around the document. Text is always set as text: nothing that the server sends becomes markup.

/** Make an element: properties as in `{className: "x", onclick: f}`, attributes with a dash or "role" as attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role" || name === "list") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const byId = (id) => document.getElementById(id);

/** A list of facts: [[name, value]] as <dl>. */
export function facts(pairs) {
  return el(
    "dl",
    { className: "facts" },
    pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

/** A table of rows; cells may be texts or elements. */
export function tableOf(head, rows, foot = null) {
  const line = (cells, tag, scope) =>
    el(
      "tr",
      {},
      cells.map((cell) => el(tag, scope ? { scope } : {}, cell ?? "")),
    );
  return el(
    "div",
    { className: "scroll" },
    el(
      "table",
      {},
      el("thead", {}, line(head, "th", "col")),
      el(
        "tbody",
        {},
        rows.map((row) => line(row, "td")),
      ),
      foot && el("tfoot", {}, line(foot, "td")),
    ),
  );
}

const ICONS = {
  play: "M3 1v14l11-7z",
  pause: "M3 1h4v14H3zM9 1h4v14H9z",
  start: "M2 1h3v14H2zM14 1v14L6 8z",
  end: "M11 1h3v14h-3zM2 1v14l8-7z",
  back: "M9 1v14L1 8zM11 1h3v14h-3z",
  step: "M7 1v14l8-7zM2 1h3v14H2z",
  large: "M1 1h6L5 3l3 3-2 2-3-3-2 2zM15 15H9l2-2-3-3 2-2 3 3 2-2z",
  save: "M6.5 1h3v6H13l-5 5-5-5h3.500zM2 13h12v2H2z",
  theme: "M8 1a7 7 0 1 0 0 14zM8 1a7 7 0 0 1 0 14V13A5 5 0 0 0 8 3z",
};

/** Put an icon into a button. */
export function icon(button, name) {
  if (button.dataset.icon === name) return button;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  button.replaceChildren(svg);
  button.dataset.icon = name;
  return button;
}

/** Open a dialog that goes with Escape, its cross, or a click beside it. */
export function dialog(title, ...children) {
  const box = el(
    "dialog",
    { "aria-label": title },
    el(
      "button",
      { type: "button", className: "icon close", "aria-label": "Close", onclick: () => box.close() },
      "×",
    ),
    el("h2", {}, title),
    ...children,
  );
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.body.append(box);
  box.showModal();
  return box;
}
