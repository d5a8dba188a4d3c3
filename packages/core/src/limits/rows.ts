/** 2^12. */
const rowsPerPage = 4_096;

/**
 * Rows of numbers in pages of typed arrays, so that they grow without ever being copied. A row is
 * 24 bytes:
 *
 * | bytes | of a rate | of a quota |
 * | --- | --- | --- |
 * | 0–7 | the TAT, µs | units used |
 * | 8–15 | credits given so far, µs | 8–11: start of the period, hours since the epoch |
 * | | | 12–15: when the row began, by its table's count |
 * | 16–19 | twice the variant of the policy, and 1 if it was near its limit; or `free` | the same |
 * | 20–23 | next row, or a negative number | the same |
 *
 * What is shifted and masked by, and an hour's µs, with which every period of the calendar starts, are written out: a
 * bundler makes a variable of a constant, which V8 reads and checks each time.
 */
export class Rows {
  readonly #pages: Page[] = [];

  /** A rate's TAT in µs, or the units used of a quota. */
  value(row: number): number {
    return this.#page(row).numbers[(row & 0xfff) * 3] as number;
  }

  /** What was given back to a rate so far, µs. */
  credits(row: number): number {
    return this.#page(row).numbers[(row & 0xfff) * 3 + 1] as number;
  }

  /** The start of a quota's period, µs. */
  period(row: number): number {
    return (this.#page(row).links[(row & 0xfff) * 6 + 2] as number) * 3_600_000_000;
  }

  /** The variant of a row's policy, or `free`. */
  variant(row: number): number {
    return this.state(row) >> 1;
  }

  /** What `stateOf` made of a row's variant, or `free`. */
  protected state(row: number): number {
    return this.#page(row).links[(row & 0xfff) * 6 + 4] as number;
  }

  protected putState(row: number, state: number): void {
    this.#page(row).links[(row & 0xfff) * 6 + 4] = state;
  }

  protected putRate(row: number, tat: number, credits: number): void {
    const numbers = this.#page(row).numbers;
    const start = (row & 0xfff) * 3;
    numbers[start] = tat;
    numbers[start + 1] = credits;
  }

  /** Writes a rate's TAT alone, or a quota's units. */
  protected putValue(row: number, value: number): void {
    this.#page(row).numbers[(row & 0xfff) * 3] = value;
  }

  protected putQuota(row: number, used: number, period: number): void {
    const { numbers, links } = this.#page(row);
    numbers[(row & 0xfff) * 3] = used;
    links[(row & 0xfff) * 6 + 2] = period / 3_600_000_000;
  }

  /** The row of a variant in a chain, or a negative number. */
  protected seek(head: number, variant: number): number {
    let row = head;
    while (row >= 0) {
      const links = this.#page(row).links;
      const start = (row & 0xfff) * 6;
      if ((links[start + 4] as number) >> 1 === variant) break;
      row = links[start + 5] as number;
    }
    return row;
  }

  protected next(row: number): number {
    return this.#page(row).links[(row & 0xfff) * 6 + 5] as number;
  }

  protected link(row: number, next: number): void {
    this.#page(row).links[(row & 0xfff) * 6 + 5] = next;
  }

  /** When a quota's row began. */
  protected born(row: number): number {
    return this.#page(row).links[(row & 0xfff) * 6 + 3] as number;
  }

  /** The owner's string of an owner's own row, the partition's of a partition's. */
  protected key(row: number): string {
    return this.#page(row).keys[row & 0xfff] as string;
  }

  /** Gives a row to a key. */
  protected begin(row: number, key: string, born: number): void {
    const { keys, links } = this.#page(row);
    keys[row & 0xfff] = key;
    links[(row & 0xfff) * 6 + 3] = born;
    links[(row & 0xfff) * 6 + 4] = free;
  }

  /** Takes a row from its key. */
  protected clear(row: number): void {
    const { keys, links } = this.#page(row);
    keys[row & 0xfff] = "";
    links[(row & 0xfff) * 6 + 4] = free;
  }

  /** Makes room for a row, the one after the last. */
  protected extend(row: number): void {
    if ((row & 0xfff) === 0) this.#pages.push(new Page());
  }

  #page(row: number): Page {
    return this.#pages[row >>> 12] as Page;
  }
}

/** The variant of a row that has none, and its state. */
export const free = -1;

/** A variant, and whether the counter was near its limit when it was written, in one number. */
export function stateOf(variant: number, isNear: boolean): number {
  return isNear ? variant * 2 + 1 : variant * 2;
}

/** 4,096 rows; two views of the same bytes, so that a row is one piece of memory. */
class Page {
  readonly numbers: Float64Array;
  readonly links: Int32Array;
  readonly keys: string[] = new Array<string>(rowsPerPage).fill("");

  constructor() {
    const bytes = new ArrayBuffer(rowsPerPage * 24);
    this.numbers = new Float64Array(bytes);
    this.links = new Int32Array(bytes);
  }
}
