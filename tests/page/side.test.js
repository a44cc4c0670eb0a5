// World and history of a side: shares, attribution of adoptions, money, and the first difference of two sides.
import assert from "node:assert/strict";
import test from "node:test";
import { comparable, firstDivergence, Side } from "../../simulation/server/static/js/model/side.js";
import { blockOf, draws, worldOf } from "./worlds.js";

test("adoptions are attributed to as many channels as the server has, summed over the chosen technologies", () => {
  for (const channels of [1, 6, 7]) {
    const world = worldOf({ technologies: 3 });
    const side = new Side(world, channels);
    const block = blockOf(world, { first: 1, months: 2, channels }, draws(channels));
    side.append(block);
    side.select([true, false, true]);
    const found = [...side.attributionAt(2)];
    const row = block.attribution.subarray(3 * channels);
    assert.equal(found.length, channels);
    found.forEach((sum, c) => {
      assert.equal(sum, row[c] + row[2 * channels + c]);
    });
  }
});

test("a share is adopters over eligible, and one half is reached between the months around it", () => {
  const world = worldOf({ regions: 2, technologies: 1, platforms: 0 });
  const side = new Side(world, 6);
  const block = blockOf(world, { first: 1, months: 3, channels: 6 }, draws(1));
  block.adopters.set([0, 2, 4, 2, 8, 2]); // region 0 goes 0, 4, 8 of 10; region 1 stays at 2
  side.append(block);
  assert.deepEqual([...side.shares.row(3)], [...Float32Array.of(0.8, 0.2)]);
  assert.deepEqual(side.reached, [2 + (0.5 - Math.fround(0.4)) / (Math.fround(0.8) - Math.fround(0.4)), NaN]);
  assert.equal(side.pooled.data[3], 0.5);
  assert.equal(side.reachedPooled, 3);
  assert.deepEqual([side.adoptersIn(3, 0), side.eligibleIn(3, 0), side.enterprisesIn(3, 0)], [8, 10, 10]);
});

test("months come in any pieces, and those that are known already change nothing", () => {
  const draw = draws(3);
  for (let round = 0; round < 50; round++) {
    const world = worldOf({ regions: 1 + draw(3), technologies: 1 + draw(3), platforms: draw(3) });
    const changed = draw(2) > 0;
    const seed = draw(1000);
    const whole = new Side(world, 6);
    whole.append(blockOf(world, { first: 1, months: 24, channels: 6, changed }, draws(seed)));
    const pieces = new Side(world, 6);
    while (pieces.known < 24) {
      const first = Math.max(1, pieces.known + 1 - draw(4));
      const months = Math.min(25 - first, 1 + draw(9));
      pieces.append(cut(whole, first, months));
    }
    assert.equal(firstDivergence(whole, pieces), null);
    for (let month = 0; month <= 24; month++) {
      assert.deepEqual(pieces.shares.row(month), whole.shares.row(month));
      assert.deepEqual(pieces.attributionAt(month), whole.attributionAt(month));
      assert.equal(pieces.memberShare(month), whole.memberShare(month));
    }
    pieces.append(cut(whole, 20, 5));
    assert.equal(pieces.known, 24);
    assert.equal(pieces.adopters.length, 25);
  }
});

/**
 * Months of a side as the server would send them again.
 *
 * @param {Side} side
 * @param {number} first
 * @param {number} months
 */
function cut(side, first, months) {
  /** @template {import("../../simulation/server/static/js/model/rows.js").Numbers} Row
   *  @param {import("../../simulation/server/static/js/model/rows.js").Rows<Row>} rows @returns {Row} */
  const of = (rows) =>
    rows.length === 1
      ? /** @type {Row} */ (rows.data.subarray(0, 0))
      : /** @type {Row} */ (rows.data.subarray(first * rows.width, (first + months) * rows.width));
  return {
    ...{ side: side.world.side, first, months, attribution: of(side.attribution), phi: of(side.phi) },
    ...{ w1: of(side.w1), t50: of(side.t50), adopters: of(side.adopters), members: of(side.members) },
    ...{ anywhere: of(side.anywhere), eligible: of(side.eligible), mayJoin: of(side.mayJoin) },
    enterprises: of(side.enterprises),
  };
}

test("two sides part in the first month in which adopters, members or those who are there differ", () => {
  const world = worldOf();
  for (const what of /** @type {const} */ (["adopters", "members", "enterprises"])) {
    const sides = [0, 1].map((more) => {
      const side = new Side(world, 6);
      const block = blockOf(world, { first: 1, months: 9, channels: 6, changed: true }, draws(5));
      block[what][block[what].length - 1] += more;
      side.append(block);
      return side;
    });
    assert.equal(firstDivergence(sides[0], sides[1]), 9, what);
    assert.equal(firstDivergence(sides[0], sides[0]), null);
  }
});

test("sides are comparable where regions, technologies and clock are the same", () => {
  const side = new Side(worldOf(), 6);
  assert.ok(comparable(side, new Side({ ...worldOf(), name: "other", months: 12 }, 6)));
  for (const other of [
    worldOf({ regions: 3 }),
    worldOf({ technologies: 3 }),
    { ...worldOf(), steps_per_year: 4 },
  ])
    assert.ok(!comparable(side, new Side(other, 6)));
});

test("money is summed over policies up to the month, and the total is the whole plan", () => {
  const world = worldOf();
  const side = new Side({ ...world, policies: [...world.policies, ...world.policies] }, 6);
  assert.deepEqual(side.moneyAt(10), { planned: 20, spent: 10, total: 48 });
});

test("regions are linked by the platform on which their members are most, and no link is stronger than can be", () => {
  const world = worldOf({ regions: 2, platforms: 2 });
  const side = new Side(world, 6);
  const block = blockOf(world, { first: 1, months: 1, channels: 6 }, draws(1));
  block.members.set([9, 4, 1, 1]);
  side.append(block);
  assert.deepEqual(side.links(0), []);
  assert.deepEqual(side.links(1), [[0, 1, 6]]);
  assert.deepEqual(side.memberShares(1), [0.9, 0.4]);
  assert.equal(side.strongestLink, 10);
});
