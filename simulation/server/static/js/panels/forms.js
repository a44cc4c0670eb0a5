// Parameters and policies of a side, from the schema: every change runs the same seed again with it.
import { byId, el } from "../dom.js";
import { Refusal } from "../model/connection.js";
import { changed, isReplaced, keyOf, replaced, toml } from "../model/toml.js";
import { sideSwitch } from "./drawer.js";
import { field } from "./field.js";

const ARRAYS = ["policies", "platforms"];

export class Forms {
  #open = new Set(["policies"]); // which tables are unfolded
  #refused = null; // {side, key, text, error}: what the server did not take, until it is mended

  /** `apply(side, change)` opens the side with `change(changes)`; it throws a Refusal. `sceneNow()` gives the scene. */
  constructor(store, { apply, sceneNow }) {
    this.store = store;
    this.apply = apply;
    this.sceneNow = sceneNow;
    this.forms = null;
  }

  render() {
    const scene = this.sceneNow();
    const panel = byId("panel-change");
    if (!this.forms || !scene || !scene.sides.length) return;
    const names = scene.sides.map(([name]) => name);
    const side = names.includes(this.store.state.formSide) ? this.store.state.formSide : names[0];
    const { world } = scene.sides.find(([name]) => name === side)[1];
    const focus = document.activeElement;
    const typed =
      focus?.dataset?.key && "defaultValue" in focus && focus.value !== focus.defaultValue
        ? focus.value
        : null;
    const top = panel.scrollTop;
    const choose = (name) => {
      this.store.set({ formSide: name });
      this.render();
    };
    panel.replaceChildren(sideSwitch(el, scene, side, choose), ...this.#content(side, world));
    panel.scrollTop = top;
    const again = focus?.dataset?.key && panel.querySelector(`[data-key="${CSS.escape(focus.dataset.key)}"]`);
    again?.focus();
    if (again && typed !== null && !again.ariaInvalid) again.value = typed; // another answer came while this was being typed
  }

  #content(side, world) {
    const about = this.#details(
      "about",
      "About this scenario",
      0,
      el("p", { className: "soft" }, world.description),
      ...world.assumptions.map((text) => el("p", { className: "soft" }, `Assumed: ${text}`)),
    );
    if (!world.live)
      return [
        about,
        el("p", {}, "This side is replayed from a results folder: its parameters cannot be changed here."),
      ];
    const { changes } = this.store.state[side];
    const refused = this.#refused?.side === side ? this.#refused : null;
    return [
      about,
      el(
        "p",
        { className: "soft" },
        "A change runs the same seed again from the start. Both sides share their random draws, so what differs comes from the change alone.",
      ),
      changes.length > 0 &&
        el(
          "div",
          { className: "row" },
          el("span", {}, `${changes.length} ${changes.length === 1 ? "change" : "changes"}`),
          el("button", { type: "button", onclick: () => this.#try(side, () => [], null) }, "Undo all"),
        ),
      refused && !refused.shown && el("p", { className: "bad", role: "alert" }, refused.error),
      ...ARRAYS.map((array) => this.#array(side, world, array)),
      ...this.forms.tables.map((table) => this.#table(side, world, table)),
    ].filter(Boolean);
  }

  #details(key, title, count, ...children) {
    const details = el(
      "details",
      { open: this.#open.has(key) },
      el("summary", {}, title, count ? el("span", { className: "count" }, `${count} changed`) : null),
      ...children,
    );
    details.addEventListener("toggle", () => (details.open ? this.#open.add(key) : this.#open.delete(key)));
    return details;
  }

  #table(side, world, table) {
    const { changes } = this.store.state[side];
    const mine = changes.filter((change) => keyOf(change).startsWith(`${table.key}.`)).length;
    return this.#details(
      table.key,
      worded(table.key),
      mine,
      el("p", { className: "soft" }, table.help),
      table.fields.map((spec) =>
        this.#field(side, spec, {
          key: `${table.key}.${spec.key}`,
          value: world.values[table.key]?.[spec.key] ?? spec.default,
          base: world.base[table.key]?.[spec.key] ?? spec.default,
        }),
      ),
    );
  }

  #field(side, spec, { key, value, base, apply = null, was = null }) {
    const { changes } = this.store.state[side];
    const refused = this.#refused?.side === side && this.#refused.key === key ? this.#refused : null;
    if (refused) refused.shown = true;
    return field(
      { ...spec, key },
      {
        value,
        base,
        changed: was ?? changes.some((change) => keyOf(change) === key),
        error: refused?.error ?? null,
        rejected: refused?.text ?? null,
        apply: (text) => {
          if (apply) apply(text);
          else this.#set(side, key, text);
        },
      },
    );
  }

  #set(side, key, text) {
    this.#try(side, (changes) => changed(changes, key, text), { key, text });
  }

  /** Policies or platforms: their fields, and buttons to add and to remove one. */
  #array(side, world, array) {
    const { changes } = this.store.state[side];
    const entries = world.values[array] ?? [];
    const base = world.base[array] ?? [];
    const whole = isReplaced(changes, array);
    const mine = changes.filter((change) => new RegExp(`^${array}(\\[|$)`).test(keyOf(change))).length;
    const replace = (list) =>
      this.#try(side, (before) => replaced(before, array, list), { key: array, text: null });
    const specs = (entry) =>
      array === "platforms" ? this.forms.platform : (this.#instrument(entry)?.fields ?? []);
    const boxes = entries.map((entry, i) => {
      const title = array === "platforms" ? entry.name : (this.#instrument(entry)?.title ?? entry.instrument);
      return el(
        "div",
        { className: "policy" },
        el(
          "header",
          {},
          el("h4", {}, title),
          el(
            "button",
            {
              type: "button",
              className: "plain",
              "aria-label": `Remove ${title}`,
              onclick: () => replace(entries.filter((_, at) => at !== i)),
            },
            "remove",
          ),
        ),
        specs(entry)
          .filter((spec) => spec.key !== "instrument")
          .map((spec) =>
            this.#field(side, spec, {
              key: `${array}[${i}].${spec.key}`,
              value: entry[spec.key] ?? spec.default,
              base: base[i]?.[spec.key] ?? spec.default,
              was: whole ? toml(entry[spec.key] ?? null) !== toml(base[i]?.[spec.key] ?? null) : null,
              // In an array given whole, to go back is a change like any other.
              apply: whole
                ? (text) =>
                    this.#set(
                      side,
                      `${array}[${i}].${spec.key}`,
                      text ?? toml(base[i]?.[spec.key] ?? spec.default),
                    )
                : null,
            }),
          ),
      );
    });
    return this.#details(
      array,
      worded(array),
      mine,
      boxes,
      whole &&
        el(
          "div",
          { className: "row" },
          el("button", { type: "button", onclick: () => replace(null) }, `${worded(array)} as they were`),
        ),
      this.#adder(array, entries, replace),
    );
  }

  #instrument(entry) {
    return this.forms.instruments.find(({ instrument }) => instrument === entry.instrument);
  }

  #adder(array, entries, replace) {
    if (array === "platforms") {
      const taken = new Set(entries.map(({ name }) => name));
      const name =
        ["national", "second", "third", "fourth"].find((word) => !taken.has(word)) ??
        `platform-${entries.length + 1}`;
      return el(
        "div",
        { className: "row" },
        el(
          "button",
          {
            type: "button",
            onclick: () => replace([...entries, { name, vectors: ["B2B", "B2SC", "SC2SC"] }]),
          },
          "Add a platform",
        ),
      );
    }
    const list = el(
      "select",
      { "aria-label": "Instrument" },
      this.forms.instruments.map(({ instrument, title }) => el("option", { value: instrument }, title)),
    );
    const help = el("p", { className: "soft" });
    const explain = () => (help.textContent = this.#instrument({ instrument: list.value })?.help ?? "");
    list.onchange = explain;
    explain();
    const add = () => {
      const instrument = this.#instrument({ instrument: list.value });
      const entry = { instrument: instrument.instrument };
      for (const spec of instrument.fields) {
        if (spec.required) entry[spec.key] = this.#initial(spec);
      }
      replace([...entries, entry]);
    };
    return el(
      "div",
      {},
      el("div", { className: "row" }, list, el("button", { type: "button", onclick: add }, "Add")),
      help,
    );
  }

  /** A first value for a field that a new policy must have. */
  #initial(spec) {
    const scene = this.sceneNow();
    const side = this.store.state.formSide;
    const world = scene.sides.find(([name]) => name === side)?.[1].world ?? scene.sides[0][1].world;
    const platforms = world.platforms.map(({ name }) => name);
    if (spec.key === "budget") return 100;
    if (spec.key === "platform") return platforms[0] ?? "national";
    if (spec.key === "platforms") return platforms.slice(0, 2);
    return "all";
  }

  /** Try changes; what the server refuses stays in its field with the reason beside it, and nothing else changes. */
  async #try(side, change, attempt) {
    this.#refused = null;
    try {
      await this.apply(side, change);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const problem = error.problems.find(({ key }) => key === attempt?.key) ?? error.problems[0];
      const message = problem && attempt && problem.key === attempt.key ? problem.message : error.message;
      this.#refused = {
        side,
        key: attempt?.key ?? null,
        text: attempt?.text ?? null,
        error: message,
        shown: false,
      };
    }
    this.render();
  }
}

function worded(key) {
  const text = key.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}
