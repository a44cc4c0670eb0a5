// Scales, colours, numbers and places on the page.
import assert from "node:assert/strict";
import test from "node:test";
import { differenceColour, shareColour, sideLooks } from "../../simulation/server/static/js/draw/colours.js";
import { date, decimal, money, percent, signed } from "../../simulation/server/static/js/draw/numbers.js";
import { crisp, spread } from "../../simulation/server/static/js/draw/plot.js";
import { laidOut } from "../../simulation/server/static/js/figures/land.js";
import { fillOf } from "../../simulation/server/static/js/figures/map_fill.js";
import { regionsOf } from "../../simulation/server/static/js/figures/raster.js";
import { Side } from "../../simulation/server/static/js/model/side.js";
import { chosenOf, shownRows } from "../../simulation/server/static/js/scene.js";
import { blockOf, draws, worldOf } from "./worlds.js";

test("labels that are spread keep their order and their distance, and stay between the ends", () => {
  const draw = draws(1);
  for (let round = 0; round < 500; round++) {
    const wanted = Array.from({ length: 1 + draw(8) }, () => draw(1000) / 10);
    const places = spread(wanted, 10, 0, 100);
    const room = Math.min(10, 100 / Math.max(1, wanted.length - 1));
    const order = wanted.map((_, i) => i).sort((i, j) => wanted[i] - wanted[j] || places[i] - places[j]);
    order.forEach((i, rank) => {
      assert.ok(places[i] >= -1e-9 && places[i] <= 100 + 1e-9);
      if (rank) assert.ok(places[i] - places[order[rank - 1]] >= room - 1e-9, `${wanted} ${places}`);
    });
  }
  assert.deepEqual(spread([20, 50], 10, 0, 100), [20, 50], "what is apart already stays");
});

test("lines of one pixel lie in the middle of it", () => {
  for (const value of [0, 0.4, 0.6, 7.99]) assert.equal(crisp(value) % 1, 0.5);
});

test("colour maps begin and end at their ends, and no difference is white", () => {
  assert.deepEqual([shareColour.at(-1), shareColour.at(2)], [shareColour.at(0), shareColour.at(1)]);
  assert.notEqual(shareColour.at(0), shareColour.at(1));
  assert.match(differenceColour.at(0), /^#f[c-f]f[c-f]f[c-f]$/);
  assert.notEqual(differenceColour.at(-0.5), differenceColour.at(0.5));
});

test("two sides of one style are told apart by colour and dashes", () => {
  const style = { colour: "#0072B2", dash: [], marker: "s" };
  const { a, b } = sideLooks(style, style);
  assert.deepEqual(a, style);
  assert.notEqual(b.colour, a.colour);
  assert.notDeepEqual(b.dash, a.dash);
});

test("numbers are written with a true minus, and a sign where they do not round to nothing", () => {
  assert.equal(percent(-0.125), "−12.5\u202f%");
  assert.equal(percent(NaN), "–");
  assert.equal(money(12_345.6), "12,346");
  assert.equal(signed(0.0001, decimal), "0.000");
  assert.equal(signed(-0.0001, decimal), "0.000");
  assert.equal(signed(0.5, decimal), "+0.500");
  assert.equal(date(13, 12), "year 1 month 1");
  assert.equal(date(5, 4), "year 1 step 1");
});

test("bubbles of a map stay inside the box, largest where enterprises are most", () => {
  const draw = draws(4);
  for (let round = 0; round < 20; round++) {
    const { regions } = worldOf({ regions: 1 + draw(20) });
    for (const region of regions)
      Object.assign(region, { x: draw(4000), y: draw(2000), enterprises: draw(500) });
    const map = { map: "m", box: [0, 0, 4000, 2000], regions: regions.map(() => []), surroundings: [] };
    const box = { x: 10, y: 20, width: 600, height: 300 };
    const { bubbles, shapes, around } = laidOut(
      { ...map, tiles: { lines: 1, columns: 1 }, fault: "" },
      regions,
      box,
    );
    assert.deepEqual([shapes.filter(Boolean), around], [[], null]);
    for (const { x, y, radius, row } of bubbles) {
      assert.ok(x - radius >= 10 && x + radius <= 610 && y - radius >= 20 && y + radius <= 320);
      for (const other of bubbles)
        if (regions[other.row].enterprises > regions[row].enterprises) assert.ok(other.radius >= radius);
    }
  }
});

test("an outline is drawn where its corners lie in the box, north up", () => {
  const { regions } = worldOf({ regions: 1 });
  const outline = [[0, 0, 100, 0, 100, 50]];
  const map = { map: "m", box: [0, 0, 100, 50], regions: [outline], surroundings: outline };
  const { shapes } = laidOut({ ...map, tiles: { lines: 1, columns: 1 }, fault: "" }, regions, {
    ...{ x: 0, y: 0, width: 200, height: 100 },
  });
  assert.equal(shapes[0]?.d, "M0.0 100.0L200.0 100.0L200.0 0.0Z");
});

test("the raster has a row for each region of either side, in the order of both", () => {
  const draw = draws(6);
  const all = worldOf({ regions: 12 });
  for (let round = 0; round < 100; round++) {
    const sides = ["a", "b"].map((name) => {
      const regions = all.regions.filter(() => draw(3) > 0);
      const world = { ...all, regions, order: regions.map((_, r) => r), eligible: [], may_join: [] };
      return [name, new Side(world, 6)];
    });
    const ids = regionsOf(/** @type {any} */ ({ sides })).map(({ id }) => id);
    for (const [, side] of /** @type {[string, Side][]} */ (sides)) {
      const own = side.world.regions.map(({ id }) => id);
      assert.deepEqual(
        ids.filter((id) => own.includes(id)),
        own,
      );
    }
    assert.equal(new Set(ids).size, ids.length);
  }
});

test("at the end, where all regions have half, a map shows when; before it, and where one has not, shares", () => {
  const world = worldOf({ regions: 2, technologies: 1, platforms: 0 });
  const sideOf = (/** @type {number} */ last) => {
    const side = new Side(world, 6);
    const block = blockOf(world, { first: 1, months: 24, channels: 6 }, draws(1));
    for (let m = 0; m < 24; m++) block.adopters.set([m < 12 ? 4 : 9, m < 18 ? 4 : last], 2 * m);
    side.append(block);
    return side;
  };
  const sceneAt = (/** @type {Side[]} */ sides, /** @type {number} */ month) =>
    /** @type {any} */ ({ sides: sides.map((side) => ["a", side]), at: () => month });
  const [all, lagging] = [sideOf(9), sideOf(4)];
  const end = fillOf(sceneAt([all], 24));
  assert.equal(end.kind, "half");
  assert.deepEqual(
    end.ends.map((year) => year.toFixed(2)),
    ["1.02", "1.52"],
  );
  assert.deepEqual([end.colour(all, 0), end.colour(all, 1)], [shareColour.at(1), shareColour.at(0)]);
  assert.equal(end.tell(all, 1), "1.5 y");
  for (const scene of [sceneAt([all], 23), sceneAt([lagging], 24), sceneAt([all, lagging], 24)]) {
    const fill = fillOf(scene);
    assert.deepEqual([fill.kind, fill.ends], ["share", [0, 1]]);
    assert.equal(fill.colour(all, 0), shareColour.at(Math.fround(0.9)));
  }
});

test("technologies are chosen by name, by direction, or all", () => {
  const world = worldOf({ technologies: 3 });
  world.technologies[1].direction = "green";
  assert.equal(shownRows("all", world), null);
  assert.deepEqual(chosenOf("all", world), [true, true, true]);
  assert.deepEqual(shownRows("direction:green", world), [1]);
  assert.deepEqual(chosenOf("technology:t2", world), [false, false, true]);
  assert.deepEqual(shownRows("technology:none", world), []);
});
