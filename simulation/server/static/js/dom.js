// Small helpers around the document. Text is always set as text: nothing that the server sends becomes markup.

/** @typedef {Node | string | number | false | null | undefined} Child what stands in an element, or nothing */

/**
 * Make an element: properties as in `{className: "x", onclick: f}`, attributes with a dash or "role" as attributes.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  /** @type {HTMLElement & Record<string, any>} */
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role" || name === "list") element.setAttribute(name, value);
    else element[name] = value;
  }
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== false)
      element.append(typeof child === "number" ? String(child) : child);
  return /** @type {HTMLElementTagNameMap[Tag]} */ (element);
}

/**
 * The element of the page with this id, which is of this kind. Throws where there is none.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`the page has no such element: ${id}`);
  return /** @type {Kind} */ (found);
}

/** What went wrong, in words. @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** A list of facts, name and value each, as <dl>. @param {Child[][]} pairs */
export function facts(pairs) {
  return el(
    "dl",
    { className: "facts" },
    pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

/**
 * A table of rows; cells may be texts or elements.
 *
 * @param {string[]} head
 * @param {Child[][]} rows
 * @param {Child[] | null} foot
 */
export function tableOf(head, rows, foot = null) {
  /** @type {(cells: Child[], tag: "th" | "td", scope?: string) => HTMLElement} */
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

/** Put an icon into a button. @param {HTMLButtonElement} button @param {keyof typeof ICONS} name */
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

/**
 * Open a dialog that goes with Escape, its cross, or a click beside it.
 *
 * @param {string} title
 * @param {...(Child | Child[])} children
 */
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
