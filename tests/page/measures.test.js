// The numbers of a measure and the difference that is said of them agree.
import assert from "node:assert/strict";
import test from "node:test";
import { agreeing, MEASURES } from "../../simulation/server/static/js/measures.js";

/** @type {(metric: string, a: number, b: number) => string[]} */
const shown = (metric, a, b) => {
  const { write, than } = MEASURES[metric];
  const decimals = agreeing({ a, b }, metric);
  return [write(a, decimals), write(b, decimals), than?.(b - a, decimals) ?? ""];
};

test("a difference is that of the numbers beside it", () => {
  assert.deepEqual(shown("t50_years", 9.46, 7.74), ["9.46\u202fy", "7.74\u202fy", "1.72 years sooner"]);
  assert.deepEqual(shown("t50_years", 9.5, 7.7), ["9.5\u202fy", "7.7\u202fy", "1.8 years sooner"]);
  assert.deepEqual(shown("final_share", 0.9394, 0.9546), [
    "93.94\u202f%",
    "95.46\u202f%",
    "1.52 points more",
  ]);
});

test("two decimals are enough, those of a finer measure stay, and so do those where a number is missing", () => {
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [(i * 0.618034) % 20, (i * 0.414214) % 20];
    assert.ok([1, 2].includes(agreeing({ a, b }, "t50_years")));
    assert.equal(agreeing({ a: a / 20, b: b / 20 }, "synchronization"), 3);
  }
  assert.equal(agreeing({ a: NaN, b: 1 }, "t50_years"), 1);
});
