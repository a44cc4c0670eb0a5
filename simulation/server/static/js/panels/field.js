// One field of a form: its name, unit and bounds, what it is now, and what is wrong with it.
import { el } from "../dom.js";
import { toml } from "../model/toml.js";

/**
 * One of docs/browser.md, Forms.
 *
 * @typedef {object} Spec
 * @property {string} key
 * @property {string} title
 * @property {string} unit
 * @property {string} help
 * @property {"number" | "whole" | "choice" | "text" | "names" | "number_or_table" | "toml" | "raw"} kind
 *   "raw" is a text that the server has refused
 * @property {number | null} [minimum]
 * @property {number | null} [maximum]
 * @property {number | null} [exclusive_minimum]
 * @property {number | null} step
 * @property {(string | boolean)[] | null} options
 * @property {any} default
 * @property {boolean} required
 * @property {boolean} [optional]  whether it may have no value
 */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Input */

let fields = 0;

/**
 * Make a field.
 *
 * `value` is what the scenario has, `base` what it has without changes.
 * `apply(text)` sets the TOML text, null for the base; `clear()` takes the value of an optional field away, where it
 * is given. `error` stands below, where there is one.
 *
 * @param {Spec} spec
 * @param {{value: any, base: any, changed: boolean, error?: string | null, rejected?: string | null,
 *   apply: (text: string | null) => void, clear?: (() => void) | null}} what
 */
export function field(spec, { value, base, changed, error = null, rejected = null, apply, clear = null }) {
  const id = `field-${fields++}`;
  const wide = spec.kind === "names" || spec.kind === "toml" || spec.kind === "number_or_table";
  const input =
    rejected === null
      ? inputOf(spec, value, id)
      : inputOf({ ...spec, kind: spec.kind === "choice" ? "choice" : "raw" }, rejected, id);
  input.dataset.key = spec.key;
  input.setAttribute("aria-describedby", `${id}-help`);
  if (error) input.setAttribute("aria-invalid", "true");
  input.addEventListener("change", () => {
    const text = textOf(spec, input);
    if (text === "" && spec.optional && clear && (base ?? null) !== null) clear();
    else apply(text === "" || text === toml(base ?? null) ? null : text);
  });
  return el(
    "div",
    { className: `field${changed ? " changed" : ""}${error ? " wrong" : ""}${wide ? " wide" : ""}` },
    el("label", { htmlFor: id }, spec.title, spec.unit ? el("small", {}, ` ${spec.unit}`) : null),
    input,
    el(
      "button",
      {
        type: "button",
        className: "undo",
        title: `Back to ${toml(base ?? null)}`,
        "aria-label": `${spec.title}: back to ${toml(base ?? null)}`,
        onclick: () => apply(null),
      },
      "↺",
    ),
    el("div", { className: "help", id: `${id}-help` }, [spec.help, boundsOf(spec)].filter(Boolean).join(" ")),
    error && el("div", { className: "error", role: "alert" }, error),
  );
}

/** @param {Spec} spec @param {any} value @param {string} id @returns {Input} */
function inputOf(spec, value, id) {
  if (spec.kind === "choice") {
    const known = spec.options ?? [];
    const options = known.includes(value) ? known : [...known, value];
    return el(
      "select",
      { id },
      options.map((option) =>
        el("option", { value: option, selected: option === value }, String(option).replaceAll("_", " ")),
      ),
    );
  }
  if (spec.kind === "number" || spec.kind === "whole") {
    return el("input", {
      id,
      type: "number",
      step: spec.step ?? (spec.kind === "whole" ? 1 : "any"),
      defaultValue: value ?? "",
      placeholder: value === null || value === undefined ? "none" : undefined,
    });
  }
  if (spec.kind === "raw") return el("input", { id, type: "text", defaultValue: value });
  if (spec.kind === "text") return el("input", { id, type: "text", defaultValue: value ?? "" });
  const text = value === null || value === undefined ? "" : toml(value);
  return el("textarea", {
    id,
    rows: Math.min(4, 1 + Math.floor(text.length / 44)),
    defaultValue: text,
    spellcheck: false,
  });
}

/**
 * What the field holds, as TOML; an empty text where it is to be as it was.
 *
 * @param {Spec} spec
 * @param {Input} input
 */
function textOf(spec, input) {
  const text = input.value.trim();
  if (spec.kind === "number" || spec.kind === "whole") return text;
  if (spec.kind === "choice") return toml(spec.options?.find((option) => String(option) === text) ?? text);
  if (spec.kind === "text") return text === "" ? "" : toml(text);
  // A word such as all needs no quotes here, although TOML wants them.
  return spec.options?.includes(text) || /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) ? toml(text) : text;
}

/** @param {Spec} spec */
function boundsOf({ kind, minimum, maximum, exclusive_minimum: above }) {
  if (kind !== "number" && kind !== "whole") return "";
  const low =
    above !== null && above !== undefined
      ? `more than ${above}`
      : minimum !== null && minimum !== undefined
        ? `${minimum} or more`
        : "";
  const high = maximum !== null && maximum !== undefined && maximum < 1e6 ? `at most ${maximum}` : "";
  const text = [low === "1e-9 or more" ? "more than 0" : low, high].filter(Boolean).join(", ");
  return text ? `(${text})` : "";
}
