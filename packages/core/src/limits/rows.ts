import type { Policy } from "./policy.ts";

/**
 * Rows of numbers in pages of typed arrays, so that they grow without ever being copied. A row is
 * 32 bytes:
 *
 * | bytes | what | of a rate | of a quota |
 * | --- | --- | --- | --- |
 * | 0–7 | value | the TAT, µs | units used |
 * | 8–15 | side | credits given so far, µs | start of the period, µs |
 * | 16–19 | variant of the policy, or `free` | | |
 * | 20–23 | next row, or a negative number | | |
 * | 24–27 | quota of the latest policy, rounded | | |
 * | 28–31 | when the row began, by its table's count | | |
 */
export class Rows {
  readonly #pages: Page[] = [];

  value(row: number): number {
    return this.#page(row).numbers[(row & rowMask) * 4] as number;
  }

  side(row: number): number {
    return this.#page(row).numbers[(row & rowMask) * 4 + 1] as number;
  }

  variant(row: number): number {
    return this.#page(row).links[(row & rowMask) * 8 + 4] as number;
  }

  write(row: number, policy: Policy, value: number, side: number): void {
    const { numbers, links, floats } = this.#page(row);
    numbers[(row & rowMask) * 4] = value;
    numbers[(row & rowMask) * 4 + 1] = side;
    links[(row & rowMask) * 8 + 4] = policy.variant;
    floats[(row & rowMask) * 8 + 6] = policy.quota;
  }

  /** Writes the numbers of a row, in the variant that they are in. */
  update(row: number, value: number, side: number): void {
    const { numbers } = this.#page(row);
    numbers[(row & rowMask) * 4] = value;
    numbers[(row & rowMask) * 4 + 1] = side;
  }

  protected next(row: number): number {
    return this.#page(row).links[(row & rowMask) * 8 + 5] as number;
  }

  protected link(row: number, next: number): void {
    this.#page(row).links[(row & rowMask) * 8 + 5] = next;
  }

  /** The quota as a 32-bit float. */
  protected quota(row: number): number {
    return this.#page(row).floats[(row & rowMask) * 8 + 6] as number;
  }

  protected born(row: number): number {
    return this.#page(row).links[(row & rowMask) * 8 + 7] as number;
  }

  /** The owner's string of an owner's own row, the partition's of a partition's. */
  protected key(row: number): string {
    return this.#page(row).keys[row & rowMask] as string;
  }

  /** Gives a row to a key. */
  protected begin(row: number, key: string, born: number): void {
    const { keys, links } = this.#page(row);
    keys[row & rowMask] = key;
    links[(row & rowMask) * 8 + 7] = born;
  }

  /** Takes a row from its key. */
  protected clear(row: number): void {
    const { keys, links } = this.#page(row);
    keys[row & rowMask] = "";
    links[(row & rowMask) * 8 + 4] = free;
  }

  /** Makes room for a row, the one after the last. */
  protected extend(row: number): void {
    if ((row & rowMask) === 0) this.#pages.push(new Page());
  }

  #page(row: number): Page {
    return this.#pages[row >>> rowBits] as Page;
  }
}

/** The variant of a row that has none. */
export const free = -1;

const rowBits = 12;
const rowsPerPage = 1 << rowBits;
const rowMask = rowsPerPage - 1;

/** 4,096 rows; three views of the same bytes, so that a row is one piece of memory. */
class Page {
  readonly numbers: Float64Array;
  readonly links: Int32Array;
  readonly floats: Float32Array;
  readonly keys: string[] = new Array<string>(rowsPerPage).fill("");

  constructor() {
    const bytes = new ArrayBuffer(rowsPerPage * 32);
    this.numbers = new Float64Array(bytes);
    this.links = new Int32Array(bytes);
    this.floats = new Float32Array(bytes);
  }
}
