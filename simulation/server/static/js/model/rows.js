/** @typedef {Float32Array | Float64Array | Uint32Array} Numbers */

/** A table that grows by rows of one width, in one typed array. @template {Numbers} Row */
export class Rows {
  /** @param {new (length: number) => Row} Type @param {number} width */
  constructor(Type, width) {
    this.Type = Type;
    this.width = width;
    this.length = 0;
    this.data = new Type(width * 64);
  }

  /** Add rows, given one after the other. @param {ArrayLike<number>} values */
  append(values) {
    const end = this.length * this.width + values.length;
    if (end > this.data.length) {
      const larger = new this.Type(Math.max(end, 2 * this.data.length));
      larger.set(this.data);
      this.data = larger;
    }
    this.data.set(values, this.length * this.width);
    this.length += this.width ? values.length / this.width : 0;
  }

  /** One row, without copying. @param {number} index */
  row(index) {
    return /** @type {Row} */ (this.data.subarray(index * this.width, (index + 1) * this.width));
  }

  /** The row that holds in a month, where the last one goes on holding. @param {number} month */
  held(month) {
    return this.row(Math.min(month, this.length - 1));
  }
}
