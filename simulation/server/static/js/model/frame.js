// The binary frame of docs/browser.md, laid over the buffer without copying.

const UNKNOWN = 0xffffffff;

/**
 * The months of one side that a frame brings.
 *
 * @typedef {object} Block
 * @property {"a" | "b"} side
 * @property {number} first
 * @property {number} months
 * @property {Float64Array} attribution
 * @property {Float64Array} phi
 * @property {Float64Array} w1
 * @property {Float64Array} t50
 * @property {Uint32Array} adopters
 * @property {Uint32Array} members
 * @property {Float64Array} anywhere
 * @property {Uint32Array} eligible
 * @property {Uint32Array} mayJoin
 * @property {Uint32Array} enterprises
 */

/**
 * Read a frame of a server that attributes adoptions to this number of channels (C).
 *
 * Returns {id, blocks}; a block has side ("a" or "b"), first, months (n), and the arrays attribution (n, K, C), phi, w1,
 * t50 (n), adopters (n, R, K), members (n, H, R), anywhere (n), eligible (E, R, K), mayJoin (E, H, R), enterprises
 * (E, R), rows first; E is n where enterprises enter and leave, else 0. Throws if the bytes are not a frame.
 *
 * @param {ArrayBuffer} buffer
 * @param {number} channels
 */
export function readFrame(buffer, channels) {
  const head = new DataView(buffer, 0, 16);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== "HCF1") throw new Error(`not a frame: ${magic}`);
  /** @type {Block[]} */
  const blocks = [];
  let at = 16;
  for (let block = 0; block < head.getUint32(8, true); block++) {
    const [side, first, months, regions, technologies, platforms, changed] = new Uint32Array(buffer, at, 8);
    at += 32;
    /**
     * @template {Float64Array | Uint32Array} Numbers
     * @param {new (buffer: ArrayBuffer, at: number, length: number) => Numbers} Type
     * @param {number} length
     */
    const take = (Type, length) => {
      const array = new Type(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    blocks.push({
      side: side === 0 ? "a" : "b",
      first,
      months,
      attribution: take(Float64Array, months * technologies * channels),
      phi: take(Float64Array, months),
      w1: take(Float64Array, months),
      t50: take(Float64Array, months),
      adopters: take(Uint32Array, months * regions * technologies),
      members: take(Uint32Array, months * platforms * regions),
      anywhere: Float64Array.from(take(Uint32Array, months), (count) => (count === UNKNOWN ? NaN : count)),
      eligible: take(Uint32Array, changed * regions * technologies),
      mayJoin: take(Uint32Array, changed * platforms * regions),
      enterprises: take(Uint32Array, changed * regions),
    });
    at = Math.ceil(at / 8) * 8;
  }
  return { id: head.getUint32(4, true), blocks };
}
