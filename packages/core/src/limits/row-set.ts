/**
 * A set of rows as bits, which finds a member without looking through the others: a tree of words of
 * 32 bits, three levels to a page, in which a bit says whether the word below has any.
 */
export class RowSet {
  readonly #pages: (Page | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(row: number): boolean {
    const page = this.#pages[row >>> pageBits];
    // A shift takes the last five bits of what it is told.
    return (
      page !== undefined && ((page.words[(row & pageMask) >>> 5] as number) & (1 << row)) !== 0
    );
  }

  /** @param row no member yet. */
  add(row: number): void {
    const number = row >>> pageBits;
    while (this.#pages.length <= number) this.#pages.push(undefined);
    let page = this.#pages[number];
    if (page === undefined) {
      page = { words: new Int32Array(wordsPerPage), size: 0 };
      this.#pages[number] = page;
    }
    mark(page.words, row & pageMask);
    page.size++;
    this.#size++;
  }

  delete(row: number): void {
    if (!this.has(row)) return;
    const page = this.#pages[row >>> pageBits] as Page;
    unmark(page.words, row & pageMask);
    page.size--;
    this.#size--;
    if (page.size === 0) this.#pages[row >>> pageBits] = undefined;
  }

  /** The first member from a row on, going around; -1 where there is none. */
  from(row: number): number {
    if (this.#size === 0) return -1;
    const count = this.#pages.length;
    const first = row >>> pageBits;
    const isBeyond = first >= count;
    // Once around, to the page where it began, whose first rows come last.
    for (let i = 0; i <= count; i++) {
      const number = isBeyond ? i : (first + i) % count;
      const page = this.#pages[number];
      if (page === undefined) continue;
      const found = firstFrom(page.words, i === 0 && !isBeyond ? row & pageMask : 0);
      if (found >= 0) return number * rowsPerPage + found;
    }
    return -1;
  }

  /** Moves all members to another set, which has none of them. */
  moveTo(other: RowSet): void {
    for (let number = 0; number < this.#pages.length; number++) {
      const page = this.#pages[number];
      if (page === undefined) continue;
      while (other.#pages.length <= number) other.#pages.push(undefined);
      const to = other.#pages[number];
      if (to === undefined) {
        other.#pages[number] = page;
      } else {
        for (let i = 0; i < wordsPerPage; i++) {
          to.words[i] = (to.words[i] as number) | (page.words[i] as number);
        }
        to.size += page.size;
      }
    }
    other.#size += this.#size;
    this.#pages.length = 0;
    this.#size = 0;
  }
}

interface Page {
  readonly words: Int32Array;
  size: number;
}

const pageBits = 15;
const rowsPerPage = 1 << pageBits;
const pageMask = rowsPerPage - 1;
/** Where each level's words begin in a page, and how many bits it has. */
const levels = [
  { base: 0, bits: rowsPerPage },
  { base: 1_024, bits: 1_024 },
  { base: 1_056, bits: 32 },
] as const;
const wordsPerPage = 1_057;

function mark(words: Int32Array, row: number): void {
  let bit = row;
  for (const { base } of levels) {
    const word = base + (bit >>> 5);
    const before = words[word] as number;
    words[word] = before | (1 << bit);
    if (before !== 0) return;
    bit >>>= 5;
  }
}

function unmark(words: Int32Array, row: number): void {
  let bit = row;
  for (const { base } of levels) {
    const word = base + (bit >>> 5);
    const after = (words[word] as number) & ~(1 << bit);
    words[word] = after;
    if (after !== 0) return;
    bit >>>= 5;
  }
}

/** Goes up until a word has a bit from here on, and down to the first bit under that. */
function firstFrom(words: Int32Array, row: number): number {
  let bit = row;
  for (let level = 0; level < levels.length; level++) {
    const { base, bits } = levels[level] as (typeof levels)[number];
    if (bit >= bits) return -1;
    const word = (words[base + (bit >>> 5)] as number) & (-1 << bit);
    if (word === 0) {
      bit = (bit >>> 5) + 1;
      continue;
    }
    bit = (bit & ~31) + lowest(word);
    for (let below = level - 1; below >= 0; below--) {
      bit = bit * 32 + lowest(words[(levels[below]?.base as number) + bit] as number);
    }
    return bit;
  }
  return -1;
}

/** The number of a word's lowest bit. */
function lowest(word: number): number {
  return 31 - Math.clz32(word & -word);
}
