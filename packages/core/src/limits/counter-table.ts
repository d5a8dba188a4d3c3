import { copyOf } from "../support/copy-of.ts";
import { periodStart } from "./period.ts";
import { indexOf, type Policy, variantOf } from "./policy.ts";
import { free, Rows } from "./rows.ts";
import { SplitMap } from "./split-map.ts";

/**
 * The rows of counters, found by owner, partition and policy.
 *
 * The rows of one key are a chain, whose first row a directory knows by the key. Directory 0 lists
 * the owners' own rows; every owner that has partitions has a directory of theirs, so that keys are
 * never glued together. A chain ends with `-1 - directory`: a row finds its way back from there.
 *
 * Nothing here has a timer. Every claim of a row looks at a few others and frees those that no longer
 * tell anything; where a full table finds none, it gives up the least of a sample (see `#worth`).
 */
export class CounterTable extends Rows {
  readonly #bound: number;
  readonly #directories: (Directory | undefined)[] = [{ owner: "", heads: new SplitMap() }];
  readonly #freeDirectories: number[] = [];
  /** The directory of each owner that has partitions. */
  readonly #partitions = new SplitMap();
  /** Rows ever used; all above are free, but not in the list of free rows. */
  #size = 0;
  #firstFree = none;
  #hand = 0;
  #held = 0;

  /**
   * What a new rate row's credits start at: so high that a receipt of an earlier row of the same key,
   * which is gone, can never be worth a credit on the new one.
   */
  creditFloor = 0;

  /**
   * Quotas given up so far, as a signed 32-bit number that goes around. A receipt that is older than
   * a quota's row, by this count, is of an earlier row of the same key: its units are not on this one.
   */
  quotasLost = 0;

  /** @param bound rows held at most. */
  constructor(bound: number) {
    super();
    this.#bound = bound;
  }

  /** Rows held. */
  get held(): number {
    return this.#held;
  }

  /** The first row of a key's chain, or a negative number. */
  head(owner: string, partition: string): number {
    if (partition === "") return this.#heads(0).get(owner) ?? none;
    const directory = this.#partitions.get(owner);
    return directory === undefined ? none : (this.#heads(directory).get(partition) ?? none);
  }

  /** The row of a policy (in whatever variant) in a chain, or a negative number. */
  find(head: number, policy: Policy): number {
    const { variant, index } = policy;
    let row = head;
    while (row >= 0) {
      const found = this.variant(row);
      if (found === variant || indexOf(found) === index) return row;
      row = this.next(row);
    }
    return none;
  }

  /** Whether a quota's row began after a moment, told by what `quotasLost` was at that moment. */
  isYounger(row: number, quotasLost: number): boolean {
    return ((quotasLost - this.born(row)) | 0) < 0;
  }

  /**
   * A row to `enter` and `write` next.
   * @param at the clock, µs.
   * @param spared the first `count` of these rows are not given up for this one.
   */
  claim(at: number, spared: readonly { readonly row: number }[], count: number): number {
    for (let i = 0; i < probes.sweep && i < this.#size; i++) this.#sweep(at);
    if (this.#firstFree < 0 && this.#size >= this.#bound) this.#evict(at, spared, count);
    this.#held++;
    const row = this.#firstFree;
    if (row >= 0) {
      this.#firstFree = this.next(row);
      return row;
    }
    this.extend(this.#size);
    return this.#size++;
  }

  /** Lists a claimed row under its key. */
  enter(row: number, owner: string, partition: string): void {
    const directory = partition === "" ? 0 : this.#partitionsOf(owner);
    const key = partition === "" ? owner : copyOf(partition);
    const heads = this.#heads(directory);
    this.link(row, heads.get(key) ?? -1 - directory);
    this.begin(row, key, this.quotasLost);
    heads.set(key, row);
  }

  /** Claims, enters and writes a row. */
  add(
    owner: string,
    partition: string,
    policy: Policy,
    value: number,
    side: number,
    at: number,
  ): void {
    const row = this.claim(at, [], 0);
    this.enter(row, owner, partition);
    this.write(row, policy, value, side);
  }

  /** Looks at the row under the hand, and frees it where its absence says the same. */
  #sweep(at: number): void {
    const row = this.#hand;
    this.#hand = row + 1 < this.#size ? row + 1 : 0;
    if (this.variant(row) === free) return;
    const variant = variantOf(this.variant(row));
    if (variant.kind === "rate") {
      if (this.value(row) > at - grace) return;
      this.creditFloor = Math.max(this.creditFloor, this.side(row));
    } else if (this.side(row) >= periodStart(variant.per, Math.max(0, at - grace))) {
      return;
    }
    this.#free(row);
  }

  /** Gives up the least worth keeping among a few rows drawn at random. */
  #evict(at: number, spared: readonly { readonly row: number }[], count: number): void {
    let victim = none;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < probes.sample; i++) {
      const row = Math.floor(Math.random() * this.#size);
      const worth = this.#worth(row, at);
      if (worth < least && !isAmong(row, spared, count)) {
        victim = row;
        least = worth;
      }
    }
    // In a table not much larger than the call, the sample may have been of spared rows only.
    for (let row = 0; victim < 0 && row < this.#size; row++) {
      if (!isAmong(row, spared, count)) victim = row;
    }
    // A call of more new counters than the table has rows gets one row more.
    if (victim < 0) return;
    if (variantOf(this.variant(victim)).kind === "rate") {
      const debt = Math.max(0, this.value(victim) - at);
      this.creditFloor = Math.max(this.creditFloor, this.side(victim) + debt);
    } else {
      this.quotasLost = (this.quotasLost + 1) | 0;
    }
    this.#free(victim);
  }

  /**
   * What would be lost with a row: the share of its burst or quota that is used. A quota outweighs
   * every rate, since only its period's end gives it back. A row of a crowd (partitions of one owner
   * that fill a good part of the table) weighs less than any other, so that one tenant that makes
   * up partitions loses its own counters and no one else's.
   */
  #worth(row: number, at: number): number {
    const variant = variantOf(this.variant(row));
    const directory = this.#directoryOf(row);
    const crowded = directory > 0 && this.#heads(directory).size > this.#bound * crowd;
    if (variant.kind === "rate") {
      return Math.max(0, this.value(row) - at) / variant.tolerance - (crowded ? 2 : 0);
    }
    if (this.side(row) < periodStart(variant.per, at)) return Number.NEGATIVE_INFINITY;
    const quota = this.quota(row);
    const share = quota === 0 ? 1 : Math.min(1, this.value(row) / quota);
    return 1 + share - (crowded ? 2 : 0);
  }

  #free(row: number): void {
    this.#leave(row);
    this.clear(row);
    this.link(row, this.#firstFree);
    this.#firstFree = row;
    this.#held--;
  }

  /** Takes a row out of its chain, and what becomes empty by that out of its directory. */
  #leave(row: number): void {
    const directory = this.#directoryOf(row);
    const { heads, owner } = this.#directories[directory] as Directory;
    const key = this.key(row);
    const next = this.next(row);
    let before = heads.get(key) as number;
    if (before !== row) {
      while (this.next(before) !== row) before = this.next(before);
      this.link(before, next);
    } else if (next >= 0) {
      heads.set(key, next);
    } else {
      heads.delete(key);
      if (directory === 0 || heads.size > 0) return;
      this.#partitions.delete(owner);
      this.#directories[directory] = undefined;
      this.#freeDirectories.push(directory);
    }
  }

  #partitionsOf(owner: string): number {
    const known = this.#partitions.get(owner);
    if (known !== undefined) return known;
    const directory = this.#freeDirectories.pop() ?? this.#directories.length;
    this.#directories[directory] = { owner, heads: new SplitMap() };
    this.#partitions.set(owner, directory);
    return directory;
  }

  #directoryOf(row: number): number {
    let end = row;
    while (end >= 0) end = this.next(end);
    return -1 - end;
  }

  #heads(directory: number): SplitMap {
    return (this.#directories[directory] as Directory).heads;
  }
}

/** Rows looked at for each one claimed, and rows among which a full table chooses what to give up. */
const probes = { sweep: 4, sample: 16 } as const;
/** µs that an idle row is kept for, so that a clock that steps back by less opens nothing. */
const grace = 10_000_000;
/** The part of a table from which on one owner's partitions are a crowd. */
const crowd = 1 / 4;

const none = -1;
interface Directory {
  /** Whose partitions; `""` for the directory of all owners. */
  readonly owner: string;
  /** The first row of each key. */
  readonly heads: SplitMap;
}

function isAmong(row: number, spared: readonly { readonly row: number }[], count: number): boolean {
  for (let i = 0; i < count; i++) if (spared[i]?.row === row) return true;
  return false;
}
