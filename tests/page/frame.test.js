// The binary frame of docs/browser.md, written here as that page says and read by the page.
import assert from "node:assert/strict";
import test from "node:test";
import { readFrame } from "../../simulation/server/static/js/model/frame.js";
import { blockOf, draws, worldOf } from "./worlds.js";

/** @import { Block, World } from "./worlds.js" */

/** A frame. @param {number} id @param {{world: World, block: Block}[]} parts */
function written(id, parts) {
  /** @type {Uint8Array[]} */
  const pieces = [new TextEncoder().encode("HCF1"), bytesOf(Uint32Array.of(id, parts.length, 0))];
  for (const { world, block } of parts) {
    const [R, K, H] = [world.regions.length, world.technologies.length, world.platforms.length];
    const changed = block.enterprises.length / R;
    const head = [block.side === "a" ? 0 : 1, block.first, block.months, R, K, H, changed, 0];
    const { attribution, phi, w1, t50, adopters, members, eligible, mayJoin, enterprises } = block;
    const anywhere = Uint32Array.from(block.anywhere, (n) => (Number.isNaN(n) ? 0xffffffff : n));
    const arrays = [attribution, phi, w1, t50, adopters, members, anywhere, eligible, mayJoin, enterprises];
    pieces.push(...[Uint32Array.from(head), ...arrays].map(bytesOf));
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    pieces.push(new Uint8Array((8 - (length % 8)) % 8));
  }
  return new Uint8Array(pieces.flatMap((piece) => [...piece])).buffer;
}

/** @param {Uint32Array | Float64Array} array */
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

test("a frame is read as it was written, whatever the number of channels, months and regions", () => {
  const draw = draws(1);
  for (let id = 0; id < 200; id++) {
    const channels = 1 + draw(9);
    const parts = ["a", "b"].slice(0, 1 + draw(2)).map((side) => {
      const sizes = { regions: 1 + draw(4), technologies: 1 + draw(4), platforms: draw(3) };
      const world = { ...worldOf(sizes), side: /** @type {"a" | "b"} */ (side) };
      const what = { first: 1 + draw(9), months: draw(5), channels, changed: draw(2) > 0 };
      return { world, block: blockOf(world, what, draw) };
    });
    const frame = readFrame(written(id, parts), channels);
    assert.equal(frame.id, id);
    assert.deepEqual(
      frame.blocks,
      parts.map(({ block }) => block),
    );
  }
});

test("a number of members that the server does not know is not a number on the page", () => {
  const world = worldOf();
  const block = blockOf(world, { first: 1, months: 1, channels: 6 }, draws(2));
  block.anywhere[0] = NaN;
  assert.deepEqual(readFrame(written(0, [{ world, block }]), 6).blocks[0].anywhere, Float64Array.of(NaN));
});

test("bytes that are no frame are refused", () => {
  assert.throws(() => readFrame(new Uint8Array(16).buffer, 6), /not a frame/);
});
