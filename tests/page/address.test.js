// The address of the page, changes as TOML, and the store: what the page shows can be written down and read again.
import assert from "node:assert/strict";
import test from "node:test";
import {
  choiceOf,
  DEFAULTS,
  fragmentOf,
  nameOf,
  stateOf,
} from "../../simulation/server/static/js/model/address.js";
import { csvOf } from "../../simulation/server/static/js/model/save.js";
import { Store } from "../../simulation/server/static/js/model/store.js";
import { changed, isReplaced, replaced, toml } from "../../simulation/server/static/js/model/toml.js";
import { draws } from "./worlds.js";

/** @typedef {import("../../simulation/server/static/js/model/address.js").Shown} Shown */

const TEXTS = [
  "plain",
  "ü & #1=2",
  "a+b%20c",
  'quo"te\\',
  "x=[1, 2]",
  "…",
  "",
  " a longer text, with spaces at its ends ",
];

/** @param {(below: number) => number} draw @returns {Shown} */
function anyState(draw) {
  const text = () => TEXTS[draw(TEXTS.length)];
  const choice = () =>
    [null, { scenario: "s", changes: [text(), text()] }, choiceOf("folder/scenario")][draw(3)];
  return {
    ...{ a: choice(), b: choice(), seed: draw(2 ** 32), month: draw(240), difference: draw(2) > 0 },
    show: ["all", `direction:${text()}`, `technology:${text()}`][draw(3)],
    region: [null, text()][draw(2)],
    axis: draw(2) > 0 ? "calendar" : "release",
    view: draw(2) > 0 ? "map" : "tiles",
    pins: Array.from({ length: draw(3) }, () => ({
      choice: choice() ?? choiceOf("other", [text()]),
      seed: draw(2 ** 32),
    })),
  };
}

test("what is written into the address is read from it again", () => {
  const draw = draws(1);
  for (let i = 0; i < 500; i++) {
    const state = anyState(draw);
    assert.deepEqual({ ...DEFAULTS, ...stateOf(fragmentOf(state)) }, state);
  }
});

test("what makes no sense in an address is left out", () => {
  assert.deepEqual(stateOf("#seed=-1&month=x&show=other&axis=up&view=globe"), {});
  assert.deepEqual(stateOf("#pin=run%3Dx%26seed%3D-1&pin=seed%3D1&pin=run%3Dx&pin=run%3Dy%26seed%3D2").pins, [
    { choice: choiceOf("y"), seed: 2 },
  ]);
  assert.deepEqual(stateOf(""), {});
});

test("a choice has the name that it is chosen by", () => {
  for (const name of ["hypercluster", "folder/hypercluster"]) assert.equal(nameOf(choiceOf(name)), name);
  assert.equal(nameOf(null), "none");
});

test("a policy has its money in one way: a new one takes the place of another", () => {
  const changes = ["policies[0].budget=1", "policies[1].share=0.5", "policies[0].from_year=2"];
  assert.deepEqual(changed(changes, "policies[0].share", "0.25"), [
    "policies[1].share=0.5",
    "policies[0].from_year=2",
    "policies[0].share=0.25",
  ]);
});

test("a change takes the place of an earlier one of its key, and an array given whole that of its entries", () => {
  const changes = ["policies[0].budget=1", "a.b=2", "policies=[]", "policies_x=3"];
  assert.deepEqual(changed(changes, "a.b", "4"), [
    "policies[0].budget=1",
    "policies=[]",
    "policies_x=3",
    "a.b=4",
  ]);
  assert.deepEqual(changed(changes, "a.b", null).length, 3);
  assert.deepEqual(replaced(changes, "policies", null), ["a.b=2", "policies_x=3"]);
  const list = [{ instrument: "x", budget: 1.5, platform: null, "odd key": [true, "q\"'"] }];
  assert.equal(toml(list), '[{instrument = "x", budget = 1.5, "odd key" = [true, "q\\"\'"]}]');
  assert.ok(isReplaced(replaced([], "policies", list), "policies"));
});

test("who listens to a key hears of its changes alone", () => {
  const start = { playing: false, speed: 1, theme: "auto", tab: null, formSide: "a", bands: false };
  const store = new Store({ ...DEFAULTS, ...start, formSide: "a" });
  /** @type {string[][]} */
  const heard = [];
  store.on(["month", "tab"], (_, keys) => heard.push(keys));
  store.set({ month: DEFAULTS.month });
  store.set({ speed: 2 });
  store.set({ month: 3, speed: 3 });
  assert.deepEqual(heard, [["month", "speed"]]);
});

test("a cell of CSV is quoted where it must be, and is empty where there is no number", () => {
  assert.equal(
    csvOf([
      ["a,b", 'q"', 0.1],
      ["x", NaN, Infinity],
    ]),
    '"a,b","q""",0.1\r\nx,,\r\n',
  );
});
