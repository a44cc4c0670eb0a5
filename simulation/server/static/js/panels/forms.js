// Parameters and policies of a side, from the schema: every change runs the same seed again with it.
import { byId, el } from "../dom.js";
import { decimal } from "../draw/numbers.js";
import { Refusal } from "../model/connection.js";
import { changed, isReplaced, keyOf, replaced, toml } from "../model/toml.js";
import { newEntry, policyWith, ROOM, withRoom } from "./adding.js";
import { sideSwitch } from "./drawer.js";
import { field } from "./field.js";

/** @import { Child } from "../dom.js" */
/** @import { SideName } from "../model/address.js" */
/** @import { World } from "../model/side.js" */
/** @import { Scene } from "../scene.js" */
/** @import { Spec } from "./field.js" */
/** @typedef {{key: string, title: string, help: string, fields: Spec[]}} Table */
/** @typedef {{instrument: string, title: string, help: string, all_or_nothing: boolean, fields: Spec[]}} Instrument */
/** @typedef {{tables: Table[], instruments: Instrument[], arrays: Table[]}} FormTables `forms` of docs/browser.md */
/** @typedef {Record<string, any>} Entry a policy or platform, as in the file of a scenario */
/** @typedef {(changes: string[]) => string[]} Change */
/** @typedef {{key: string, text: string | null}} Attempt */
/** @typedef {SideName | "both"} Scope whom a change is for: parameters hold for both sides unless one is chosen */
/** @typedef {{side: Scope, key: string | null, text: string | null, error: string, full: boolean,
 *   shown: boolean}} Refused `full`: whether the plan has no money left */
/** @typedef {import("./adding.js").Arrays} Arrays */

/** The table of a key such as "time" or "vectors.B2B". @param {Record<string, any>} values @param {string} key */
const tableIn = (values, key) =>
  key.split(".").reduce((/** @type {any} */ table, step) => table?.[step], values);

export class Forms {
  #open = new Set(["policies"]); // which tables are unfolded
  #instrument = ""; // chosen to be added
  /** What was done to make room for a policy. @type {{side: Scope, text: string} | null} */
  #made = null;
  /** A change that the server refused, until it is corrected. @type {Refused | null} */
  #refused = null;
  /** @type {FormTables | null} */
  forms = null;

  /**
   * `apply` opens the side, or both, with its changes changed; it throws a Refusal.
   *
   * @param {import("../model/store.js").Store} store
   * @param {{apply: (side: Scope, change: Change) => Promise<void>, sceneNow: () => Scene | null}} page
   */
  constructor(store, { apply, sceneNow }) {
    this.store = store;
    this.apply = apply;
    this.sceneNow = sceneNow;
  }

  render() {
    const scene = this.sceneNow();
    const panel = byId("panel-change");
    if (!this.forms || !scene?.sides.length) return;
    const names = scene.sides.map(([name]) => name);
    const both = scene.sides.length === 2 && scene.sides.every(([, side]) => side.world.live);
    const wanted = this.store.state.formSide;
    /** @type {Scope} */
    const side = wanted === "both" ? (both ? "both" : names[0]) : names.includes(wanted) ? wanted : names[0];
    const focus = document.activeElement;
    const key = focus instanceof HTMLElement ? focus.dataset.key : undefined;
    const isText = focus instanceof HTMLInputElement || focus instanceof HTMLTextAreaElement;
    const typed = key && isText && focus.value !== focus.defaultValue ? focus.value : null;
    const top = byId("tabpanel-change").scrollTop;
    if (this.#refused) this.#refused.shown = false; // until it stands at its field or button
    const choose = (/** @type {Scope} */ name) => {
      this.store.set({ formSide: name });
      this.render();
    };
    panel.replaceChildren(
      sideSwitch(scene, side, choose, { both }),
      ...(side === "both"
        ? this.#bothContent(this.forms, scene)
        : this.#content(this.forms, side, worldOf(scene, side))),
    );
    byId("tabpanel-change").scrollTop = top;
    if (!key) return;
    const again = /** @type {HTMLElement | null} */ (panel.querySelector(`[data-key="${CSS.escape(key)}"]`));
    again?.focus();
    const takesText = again instanceof HTMLInputElement || again instanceof HTMLTextAreaElement;
    if (takesText && typed !== null && !again.ariaInvalid) again.value = typed; // another answer came while this was being typed
  }

  /** Parameters of both sides at once; policies and platforms by side. @param {FormTables} forms @param {Scene} scene */
  #bothContent(forms, scene) {
    const { world } = scene.sides[0][1];
    const changes = this.#changes("both");
    const arrays = scene.sides.flatMap(([name, side]) => [
      el("h3", {}, scene.labels[name]),
      this.#about(side.world),
      ...this.#arrays(forms, name, side.world),
    ]);
    const tables = forms.tables.map((table) => this.#table("both", world, table));
    return [
      this.#otherRefusal(),
      el(
        "p",
        { className: "soft" },
        "A parameter changed here changes in both worlds; policies belong to a side.",
      ),
      changes.length > 0 &&
        el(
          "div",
          { className: "row" },
          el("button", { type: "button", onclick: () => this.#try("both", () => [], null) }, "Undo all"),
        ),
      ...arrays,
      el("h3", {}, "Parameters of both worlds"),
      ...tables,
    ].filter((part) => part !== false && part !== null);
  }

  /** What a scenario is, and what is made up in its data. @param {World} world */
  #about(world) {
    return this.#details(
      `about ${world.side}`,
      "About this scenario",
      0,
      el("p", { className: "soft" }, world.description),
      ...world.assumptions.map((text) => el("p", { className: "soft" }, `Assumption: ${text}`)),
    );
  }

  /** @param {FormTables} forms @param {SideName} side @param {World} world @returns {HTMLElement[]} */
  #content(forms, side, world) {
    const about = this.#about(world);
    if (!world.live)
      return [
        about,
        el("p", {}, "This side is replayed from a results folder, so its parameters cannot be changed here."),
      ];
    const changes = this.#changes(side);
    const arrays = this.#arrays(forms, side, world);
    const tables = forms.tables.map((table) => this.#table(side, world, table));
    return [
      about,
      el(
        "p",
        { className: "soft" },
        "A parameter changed here changes on this side alone: the two worlds are then unequal, and the page says so.",
      ),
      changes.length > 0 &&
        el(
          "div",
          { className: "row" },
          el("span", {}, `${changes.length} ${changes.length === 1 ? "change" : "changes"}`),
          el("button", { type: "button", onclick: () => this.#try(side, () => [], null) }, "Undo all"),
        ),
      this.#otherRefusal(),
      ...arrays,
      ...tables,
    ].filter((part) => part !== false && part !== null);
  }

  /** @param {FormTables} forms @param {SideName} side @param {World} world */
  #arrays(forms, side, world) {
    const keys = ["policies", ...forms.arrays.map(({ key }) => key)];
    return keys.map((array) => this.#array(forms, side, { world, array }));
  }

  /** A refusal that stands at no field and no button. */
  #otherRefusal() {
    const refused = this.#refused;
    return refused && !refused.shown && el("p", { className: "bad", role: "alert" }, refused.error);
  }

  /** Changes of a side, or of either. @param {Scope} side @returns {string[]} */
  #changes(side) {
    const { state } = this.store;
    if (side !== "both") return state[side]?.changes ?? [];
    return [...new Set([...(state.a?.changes ?? []), ...(state.b?.changes ?? [])])];
  }

  /** @param {string} key @param {string} title @param {number} count @param {...(Child | Child[])} children */
  #details(key, title, count, ...children) {
    const details = el(
      "details",
      { open: this.#open.has(key) },
      el("summary", {}, title, count ? el("span", { className: "count" }, `${count} changed`) : null),
      ...children,
    );
    details.addEventListener("toggle", () => {
      if (details.open) this.#open.add(key);
      else this.#open.delete(key);
    });
    return details;
  }

  /** @param {Scope} side @param {World} world @param {Table} table */
  #table(side, world, table) {
    const changes = this.#changes(side);
    const mine = changes.filter((change) => keyOf(change).startsWith(`${table.key}.`)).length;
    return this.#details(
      table.key,
      table.title,
      mine,
      el("p", { className: "soft" }, table.help),
      table.fields.map((spec) =>
        this.#field(side, side === "both" ? this.#withOther(table, spec) : spec, {
          key: `${table.key}.${spec.key}`,
          value: tableIn(world.values, table.key)?.[spec.key] ?? spec.default,
          base: tableIn(world.base, table.key)?.[spec.key] ?? spec.default,
        }),
      ),
    );
  }

  /**
   * @param {Scope} side
   * @param {Spec} spec
   * @param {{key: string, value: any, base: any, apply?: ((text: string | null) => void) | null,
   *   clear?: (() => void) | null, was?: boolean | null}} what `was`: whether it was changed, where the changes do not say
   */
  #field(side, spec, { key, value, base, apply = null, clear = null, was = null }) {
    const changes = this.#changes(side);
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
        clear,
      },
    );
  }

  /** A field of both sides that says so where they differ. @param {Table} table @param {Spec} spec @returns {Spec} */
  #withOther(table, spec) {
    const [a, b] = (this.sceneNow()?.sides ?? []).map(([, { world }]) =>
      toml(tableIn(world.values, table.key)?.[spec.key] ?? spec.default ?? null),
    );
    return a === b ? spec : { ...spec, help: `Unequal now: ${a} in A, ${b} in B. ${spec.help}` };
  }

  /** @param {Scope} side @param {string} key @param {string | null} text */
  #set(side, key, text) {
    this.#try(side, (changes) => changed(changes, key, text), { key, text });
  }

  /**
   * Policies or platforms: their fields, and buttons to add and to remove one.
   *
   * @param {FormTables} forms
   * @param {SideName} side
   * @param {{world: World, array: string}} what
   */
  #array(forms, side, { world, array }) {
    const changes = this.#changes(side);
    /** @type {Entry[]} */
    const entries = world.values[array] ?? [];
    /** @type {Entry[]} */
    const base = world.base[array] ?? [];
    const whole = isReplaced(changes, array);
    const mine = changes.filter((change) => new RegExp(`^${array}(\\[|$)`).test(keyOf(change))).length;
    const replace = (/** @type {Entry[] | null} */ list) =>
      this.#try(side, (before) => replaced(before, array, list), { key: array, text: null });
    const instrumentOf = (/** @type {Entry} */ entry) =>
      forms.instruments.find(({ instrument }) => instrument === entry.instrument);
    const form = forms.arrays.find(({ key }) => key === array);
    const specs = (/** @type {Entry} */ entry) => form?.fields ?? instrumentOf(entry)?.fields ?? [];
    // TOML has no word for no value: an entry without it is part of the array given whole.
    const empty = (/** @type {number} */ i, /** @type {string} */ key) =>
      this.#try(side, (before) => replaced(before, array, entries.with(i, { ...entries[i], [key]: null })), {
        key: `${array}[${i}].${key}`,
        text: "",
      });
    const boxes = entries.map((entry, i) => {
      const title = form ? entry.name : (instrumentOf(entry)?.title ?? entry.instrument);
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
              clear: () => empty(i, spec.key),
              // In an array given whole, to go back is a change like any other.
              apply: whole
                ? (text) => {
                    const back = base[i]?.[spec.key] ?? spec.default ?? null;
                    if (text === null && back === null) empty(i, spec.key);
                    else this.#set(side, `${array}[${i}].${spec.key}`, text ?? toml(back));
                  }
                : null,
            }),
          ),
      );
    });
    const title = form?.title ?? "Policies";
    return this.#details(
      array,
      title,
      mine,
      form && el("p", { className: "soft" }, form.help),
      boxes,
      whole &&
        el(
          "div",
          { className: "row" },
          el("button", { type: "button", onclick: () => replace(null) }, `Reset ${title.toLowerCase()}`),
        ),
      form
        ? el(
            "div",
            { className: "row" },
            el(
              "button",
              {
                type: "button",
                onclick: () => replace([...entries, newEntry(array, entries, world.industries)]),
              },
              `Add to ${title.toLowerCase()}`,
            ),
          )
        : this.#policyAdder(forms, side, world),
      this.#refusalAt(side, array),
    );
  }

  /** The refusal of a change of a whole array, beside the button that was pressed. @param {Scope} side @param {string} array */
  #refusalAt(side, array) {
    const refused = this.#refused;
    if (refused?.side !== side || refused.key !== array) return null;
    refused.shown = true;
    return el("p", { className: "bad", role: "alert" }, refused.error);
  }

  /** @param {FormTables} forms @param {SideName} side @param {World} world */
  #policyAdder(forms, side, world) {
    const chosen =
      forms.instruments.find(({ instrument }) => instrument === this.#instrument) ?? forms.instruments[0];
    const list = el(
      "select",
      { "aria-label": "Instrument", "data-key": `add-${side}` },
      forms.instruments.map(({ instrument, title }) =>
        el("option", { value: instrument, selected: instrument === chosen.instrument }, title),
      ),
    );
    list.onchange = () => {
      this.#instrument = list.value;
      this.#refused = null;
      this.#made = null;
      this.render();
    };
    const plan = policyWith(chosen, world.values, world.industries);
    const before = world.values.policies?.length ?? 0;
    const rigid = new Set(
      forms.instruments.filter((each) => each.all_or_nothing).map((each) => each.instrument),
    );
    const add = (/** @type {Arrays} */ arrays) =>
      this.#try(side, (changes) => withArrays(changes, arrays), { key: "policies", text: null });
    const makeRoom = async () => {
      for (const kept of ROOM) {
        if (!(await add(withRoom(plan.arrays, before, { kept, rigid })))) continue;
        this.#made = {
          side,
          text: `Added. The policies that were there keep ${decimal(100 * kept, 0)} % of their money.`,
        };
        this.render();
        return;
      }
    };
    const refused = this.#refused;
    const full = refused?.side === side && refused.key === "policies" && refused.full;
    return el(
      "div",
      {},
      el(
        "div",
        { className: "row" },
        list,
        el(
          "button",
          { type: "button", "data-key": `add-${side}-button`, onclick: () => add(plan.arrays) },
          "Add",
        ),
        full ? el("button", { type: "button", className: "primary", onclick: makeRoom }, "Make room") : null,
      ),
      full
        ? el(
            "p",
            { role: "status" },
            "The plan has no money left for it. “Make room” takes 10 % from the other policies, or more if that is not enough.",
          )
        : null,
      this.#made?.side === side ? el("p", { role: "status" }, this.#made.text) : null,
      plan.steps.length > 0 && el("p", {}, `This needs, and adds with it: ${plan.steps.join("; ")}.`),
      el("p", { className: "soft" }, chosen.help),
    );
  }

  /**
   * Try changes; what the server refuses stays in its field with the reason beside it, and nothing else changes.
   *
   * @param {Scope} side
   * @param {Change} change
   * @param {Attempt | null} attempt
   * @returns {Promise<boolean>} whether it was taken
   */
  async #try(side, change, attempt) {
    this.#refused = null;
    this.#made = null;
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
        full: error.problems.some(
          ({ key, message: text }) => key === "policies" && /not affordable/.test(text),
        ),
        shown: false,
      };
    }
    this.render();
    return this.#refused === null;
  }
}

/** Changes with some arrays given whole. @param {string[]} changes @param {Arrays} arrays */
const withArrays = (changes, arrays) =>
  Object.entries(arrays).reduce((before, [array, entries]) => replaced(before, array, entries), changes);

/** @param {Scene} scene @param {SideName} side */
const worldOf = (scene, side) => (scene.sides.find(([name]) => name === side) ?? scene.sides[0])[1].world;
