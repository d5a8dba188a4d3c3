import { copyOf } from "../support/copy-of.ts";
import { indexOf, type Policy } from "./policy.ts";
import { Rows } from "./rows.ts";
import { SplitMap } from "./split-map.ts";

/**
 * Rows found by owner, partition and policy.
 *
 * The rows of one key are a chain, whose first row a directory knows by the key. Directory 0 lists
 * the owners' own rows; every owner that has partitions has a directory of theirs, so that keys are
 * never glued together. A chain ends with `-1 - directory`: a row finds its way back from there.
 */
export class Chains extends Rows {
  /** Rows held at most. */
  readonly bound: number;
  readonly #directories: (Directory | undefined)[];
  /** The first row of each owner's own chain. */
  readonly #owners: SplitMap;
  readonly #freeDirectories: number[] = [];
  /** The directory of each owner that has partitions. */
  readonly #partitions: SplitMap;
  #crowds = 0;

  constructor(bound: number) {
    super();
    this.bound = bound;
    const owners = new Directory("", bound);
    this.#directories = [owners];
    this.#owners = owners.heads;
    this.#partitions = new SplitMap(bound);
  }

  /** The first row of a key's chain, or a negative number. */
  head(owner: string, partition: string): number {
    return (partition === "" ? this.#owners.get(owner) : this.#headOf(owner, partition)) ?? none;
  }

  /** The row of a policy (in whatever variant) in a chain, or a negative number. */
  find(head: number, policy: Policy): number {
    const row = this.seek(head, policy.variant);
    return row >= 0 || head < 0 ? row : this.#findOther(head, policy);
  }

  /** Whether there is an owner whose partitions are a crowd. */
  protected get isCrowded(): boolean {
    return this.#crowds > 0;
  }

  /** Whether a row is one of a crowd: of one owner's partitions, where they fill much of the table. */
  protected isOfCrowd(row: number): boolean {
    if (this.#crowds === 0) return false;
    const directory = this.#directoryOf(row);
    return directory > 0 && this.#isCrowd(this.#directories[directory] as Directory);
  }

  /** Lists a row under its key. */
  protected join(row: number, owner: string, partition: string, born: number): void {
    const number = partition === "" ? 0 : this.#partitionsOf(owner);
    const key = partition === "" ? owner : copyOf(partition);
    const directory = this.#directories[number] as Directory;
    let last = directory.heads.get(key);
    if (last === undefined) {
      directory.heads.set(key, row);
    } else {
      // At the end, so that a chain has the order in which its rows were made: that in which calls charge them.
      for (let next = last; next >= 0; next = this.next(next)) last = next;
      this.link(last, row);
    }
    this.link(row, -1 - number);
    this.begin(row, key, born);
    const wasCrowd = this.#isCrowd(directory);
    directory.rows++;
    if (number > 0 && !wasCrowd && this.#isCrowd(directory)) this.#crowds++;
  }

  /** Takes a row out of its chain, and what becomes empty by that out of its directory. */
  protected leave(row: number): void {
    const number = this.#directoryOf(row);
    const directory = this.#directories[number] as Directory;
    const wasCrowd = this.#isCrowd(directory);
    directory.rows--;
    if (number > 0 && wasCrowd && !this.#isCrowd(directory)) this.#crowds--;
    const { heads, owner } = directory;
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
      if (number === 0 || heads.size > 0) return;
      this.#partitions.delete(owner);
      this.#directories[number] = undefined;
      this.#freeDirectories.push(number);
    }
  }

  #headOf(owner: string, partition: string): number | undefined {
    const directory = this.#partitions.get(owner);
    return directory === undefined ? undefined : this.#heads(directory).get(partition);
  }

  /** The row of a policy in another variant. */
  #findOther(head: number, policy: Policy): number {
    for (let row = head; row >= 0; row = this.next(row)) {
      if (indexOf(this.variant(row)) === policy.index) return row;
    }
    return none;
  }

  #isCrowd(directory: Directory): boolean {
    return directory.rows > this.bound * crowd;
  }

  #partitionsOf(owner: string): number {
    const known = this.#partitions.get(owner);
    if (known !== undefined) return known;
    const number = this.#freeDirectories.pop() ?? this.#directories.length;
    this.#directories[number] = new Directory(owner, this.bound);
    this.#partitions.set(owner, number);
    return number;
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

export const none = -1;
/** The part of a table's rows from which on one owner's partitions are a crowd. */
const crowd = 1 / 4;

class Directory {
  /** Whose partitions; `""` for the directory of all owners. */
  readonly owner: string;
  /** The first row of each key. */
  readonly heads: SplitMap;
  rows = 0;

  constructor(owner: string, bound: number) {
    this.owner = owner;
    this.heads = new SplitMap(bound);
  }
}
