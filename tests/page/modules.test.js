// What holds for all modules of the page, told in seconds: a browser tells it, too, but after a minute.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { FIGURES } from "../../simulation/server/static/js/figures/index.js";
import { PANELS } from "../../simulation/server/static/js/panels/index.js";

const STATIC = new URL("../../simulation/server/static/", import.meta.url);
const MODULES = filesIn("js/");
const HTML = readFileSync(new URL("index.html", STATIC), "utf8");

/** Paths of all modules in a folder and those below. @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(new URL(folder, STATIC), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(`${folder}${entry.name}/`) : [`${folder}${entry.name}`],
  );
}

const textOf = (/** @type {string} */ module) => readFileSync(new URL(module, STATIC), "utf8");

test("each module, and all that it imports, can be imported where there is no document", async () => {
  /** @type {string[]} */
  const failed = [];
  for (const module of MODULES) {
    if (module === "js/main.js") continue; // it runs the page: its imports are checked below
    await import(new URL(module, STATIC).href).catch((error) => failed.push(`${module}: ${error.message}`));
  }
  assert.deepEqual(failed, []);
});

test("each name that the first module imports is exported where it says", async () => {
  const imports = [...textOf("js/main.js").matchAll(/^import \{([^}]*)\} from "(.*)";$/gm)];
  assert.ok(imports.length > 10);
  for (const [, names, from] of imports) {
    const exported = await import(new URL(from, new URL("js/main.js", STATIC)).href);
    for (const name of names.split(",").map((text) => text.trim()))
      if (name) assert.ok(name in exported, `${from} exports no ${name}`);
  }
});

test("each element that a module asks for by its id is on the page, or made by a module", () => {
  const texts = MODULES.map(textOf);
  const made = texts.flatMap((text) => [...text.matchAll(/\bid: "([\w-]+)"/g)].map(([, id]) => id));
  const tabs = PANELS.flatMap(({ tab }) => [`tab-${tab}`, `panel-${tab}`, `tabpanel-${tab}`]);
  const there = new Set([...HTML.matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id).concat(made, tabs));
  const asked = texts.flatMap((text) => [...text.matchAll(/\bbyId\("([\w-]+)"/g)].map(([, id]) => id));
  assert.ok(asked.length > 30);
  assert.deepEqual(
    asked.filter((id) => !there.has(id)),
    [],
  );
});

test("each panel has a tab of its own, a title, and draws itself", () => {
  assert.equal(new Set(PANELS.map(({ tab }) => tab)).size, PANELS.length);
  for (const { tab, title, render } of PANELS) {
    assert.match(tab, /^[a-z]+$/);
    assert.ok(title);
    assert.equal(typeof render, "function");
  }
});

test("each figure has a name of its own, and all that a card asks of it", () => {
  assert.equal(new Set(FIGURES.map(({ name }) => name)).size, FIGURES.length);
  for (const figure of FIGURES) {
    assert.match(figure.name, /^[a-z0-9]+$/);
    assert.ok(figure.title);
    for (const part of [figure.draw, figure.hover, figure.pick, figure.table, figure.describe])
      assert.equal(typeof part, "function", figure.name);
  }
});
