// What one does with the answer: equal money again, starters, commands, names of files; and names on the maps.
import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "../../simulation/server/static/js/figures/land.js";
import { called, MEASURES } from "../../simulation/server/static/js/measures.js";
import { commandOf } from "../../simulation/server/static/js/model/command.js";
import { nameOfFile } from "../../simulation/server/static/js/model/save.js";
import { equalAgain, isEqual } from "../../simulation/server/static/js/panels/money.js";
import { withChanges } from "../../simulation/server/static/js/panels/starters.js";
import { draws } from "./worlds.js";

/** @type {(scenario: string, ...changes: string[]) => import("../../simulation/server/static/js/model/address.js").Choice} */
const choice = (scenario, ...changes) => ({ scenario, changes });

test("plans are equal within a thousandth of the larger", () => {
  assert.ok(isEqual(0, 0) && isEqual(1000, 1000.9));
  assert.ok(!isEqual(1000, 1002) && !isEqual(0, 1));
});

test("what one side's budget was changed to holds for both, and then policies are taken back", () => {
  const budget = "budget.per_year=4000";
  const first = equalAgain({ a: choice("x", "diffusion.digital=1"), b: choice("y", budget) });
  assert.deepEqual(first, { a: ["diffusion.digital=1", budget], b: [budget] });
  const second = equalAgain({ a: choice("x", budget), b: choice("y", budget, "policies[0].budget=1") });
  assert.deepEqual(second, { a: [budget], b: [budget] });
  assert.equal(equalAgain({ a: choice("x"), b: choice("y", "diffusion.digital=1") }), null);
});

test("a starter replaces its keys, and is taken back", () => {
  const before = ["a.b=1", "c.d=2"];
  assert.deepEqual(withChanges(before, ["a.b=3"], true), ["c.d=2", "a.b=3"]);
  assert.deepEqual(withChanges(["c.d=2", "a.b=3"], ["a.b=3"], false), ["c.d=2"]);
});

test("one command runs both sides, each with its own changes", () => {
  const state = { a: choice("x", "k.a=1", "k.b='q'"), b: choice("y", "k.a=1", "k.c=2"), seed: 7 };
  assert.equal(
    commandOf(state),
    "hypercluster run x y --seed 7 --set 'k.a=1' --set 'x:k.b='\\''q'\\''' --set 'y:k.c=2'",
  );
  assert.equal(commandOf({ a: choice("x"), b: choice("x", "k.a=1"), seed: 7 }).split("\n").length, 2);
  assert.equal(commandOf({ a: { ...choice("x"), results: "r" }, b: null, seed: 7 }), "");
});

test("a file is named after what it shows", () => {
  const scene = /** @type {any} */ ({
    sides: [
      ["a", { world: { name: "Кластер" } }],
      ["b", { world: { name: "a/b" } }],
    ],
    choices: { a: choice("x"), b: choice("y", "k=1") },
    seed: 3,
    month: 240,
  });
  assert.equal(nameOfFile(scene, "raster"), "Кластер-a_b-changed-seed3-month240-raster");
});

test("a measure is called by words first, its symbol second", () => {
  assert.equal(called("synchronization"), "Regions in step (1 − Φ)");
  assert.equal(called("unheard_of"), "unheard of");
  assert.equal(MEASURES.t50_years.than?.(-1.94), "1.9 years sooner");
});

test("each region of a map has its name, or a number of its own, and no name hides another", () => {
  const widthOf = globalThis.document;
  const draw = draws(9);
  globalThis.document = /** @type {any} */ ({
    createElement: () => ({
      getContext: () => ({ measureText: (/** @type {string} */ text) => ({ width: 6 * text.length }) }),
    }),
  });
  for (let round = 0; round < 20; round++) {
    const n = 2 + draw(40);
    const nodes = Array.from({ length: n }, (_, row) => {
      const [x, y] = [draw(500), draw(300)];
      return { row, x, y, radius: 2, seat: /** @type {[number, number]} */ ([x, y]) };
    });
    const box = { x: -40, y: -20, width: 600, height: 340 };
    const found = labels(
      nodes,
      nodes.map(({ row }) => `region ${row}`),
      box,
    );
    assert.deepEqual(
      found.map(({ row }) => row).sort((a, b) => a - b),
      nodes.map(({ row }) => row),
    );
    const numbers = found.flatMap(({ number }) => number ?? []);
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: numbers.length }, (_, i) => i + 1),
    );
    const named = found.filter(({ number }) => number === null);
    for (const one of named)
      for (const other of named)
        if (one !== other && Math.abs(one.y - other.y) < 11)
          assert.ok(Math.abs(one.x - other.x) >= 6 * 8 - 1, "names apart");
  }
  globalThis.document = widthOf;
});
