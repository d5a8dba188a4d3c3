/**
 * A map that never holds more than `capacity` entries and costs no bookkeeping on a hit in its
 * younger half. Two generations: when the young one is half the capacity, it becomes the old one and
 * the former old one is dropped; a hit in the old one moves the entry over. So what is in use stays.
 */
export class BoundedMap<K, V> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  #turns = 0;

  /** @param capacity entries, at least 2. */
  constructor(capacity: number) {
    this.#half = Math.max(1, Math.floor(capacity / 2));
  }

  /** How often the young generation became the old one: what was not read since may be dropped by the next turn. */
  get turns(): number {
    return this.#turns;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turns += 1;
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Deletes every entry that the test accepts; walks the whole map. */
  deleteWhere(test: (value: V, key: K) => boolean): void {
    for (const generation of [this.#young, this.#old])
      for (const [key, value] of generation) if (test(value, key)) generation.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  /** Entries held; one that stands in both generations counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
