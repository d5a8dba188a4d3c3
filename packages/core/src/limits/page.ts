/** Rows of counters lie in pages, so that a table grows without ever copying itself. */
export const rowBits = 12;
const rowsPerPage = 1 << rowBits;
export const rowMask = rowsPerPage - 1;

/** Where a row begins in `numbers` and in `links`, as a power of two: 32 bytes. */
export const numbersShift = 2;
export const linksShift = 3;

/** What lies where in a row: places in `numbers`, then, after those 16 bytes, in `links`. */
export const valueAt = 0;
export const sideAt = 1;
export const variantAt = 4;
export const nextAt = 5;
export const quotaAt = 6;
export const bornAt = 7;

/** 4,096 rows; three views of the same bytes, so that a row is one piece of memory. */
export class Page {
  readonly numbers: Float64Array;
  readonly links: Int32Array;
  /** For the one field that may be rounded. */
  readonly floats: Float32Array;
  /** The owner's string of an owner's own row, the partition's of a partition's. */
  readonly keys: string[] = new Array<string>(rowsPerPage).fill("");

  constructor() {
    const bytes = new ArrayBuffer(rowsPerPage << 5);
    this.numbers = new Float64Array(bytes);
    this.links = new Int32Array(bytes);
    this.floats = new Float32Array(bytes);
  }
}
