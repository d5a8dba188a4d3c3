/**
 * Where a map splits, how many keys a shard of a full one has, and how much of a key decides where it
 * goes. A `Map` doubles at a power of two: with a little less than 2,048 keys a shard is well filled,
 * and soon copied.
 */
const splitting = { at: 4_096, keysPerShard: 1_900, hashed: 16 } as const;

/**
 * A map from strings to small integers that never stalls: a plain `Map` until it is large, then many
 * of them, so that no growth rehashes more than a sliver of the keys at once (a `Map` of a million
 * keys stops the process for tens of milliseconds each time it doubles).
 */
export class SplitMap {
  /** Of which shard a key is cannot be foreseen, so nobody can choose keys that all meet in one. */
  readonly #seed = (Math.random() * 2 ** 32) | 0;
  readonly #shardCount: number;
  #whole: Map<string, number> | undefined = new Map();
  #shards: Map<string, number>[] = [];
  #size = 0;

  /** @param most keys that it will hold at most, as far as is known. */
  constructor(most: number) {
    this.#shardCount = Math.ceil(most / splitting.keysPerShard);
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): number | undefined {
    return (this.#whole ?? this.#shardOf(key)).get(key);
  }

  set(key: string, value: number): void {
    const map = this.#whole ?? this.#shardOf(key);
    const before = map.size;
    map.set(key, value);
    this.#size += map.size - before;
    if (map === this.#whole && map.size > splitting.at) this.#split(map);
  }

  delete(key: string): void {
    if ((this.#whole ?? this.#shardOf(key)).delete(key)) this.#size--;
  }

  #split(whole: Map<string, number>): void {
    this.#whole = undefined;
    for (let i = 0; i < this.#shardCount; i++) this.#shards.push(new Map());
    for (const [key, value] of whole) this.#shardOf(key).set(key, value);
  }

  /** By the end of the key, where names that are counted up or drawn at random differ. */
  #shardOf(key: string): Map<string, number> {
    let hash = this.#seed;
    for (let i = Math.max(0, key.length - splitting.hashed); i < key.length; i++) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    }
    // The finalizer of MurmurHash3: as even as chance, where the product alone leaves patterns.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return this.#shards[(hash >>> 0) % this.#shardCount] as Map<string, number>;
  }
}
