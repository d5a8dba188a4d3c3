import { fnv1a } from "../support/fnv1a.ts";
import { Shard } from "./shard.ts";

/**
 * A map from strings to integers from 0 to 2^30, in shards that grow each for itself, so that no growth
 * moves more than a sliver of the keys at once.
 */
export class ShardedMap {
  /**
   * Where a key goes is another place in each process, so that keys that meet in one cannot be prepared. It is no
   * keyed hash of cryptography: who could measure this process for long enough might find some.
   */
  readonly #seed = crypto.getRandomValues(new Int32Array(1))[0] as number;
  readonly #shards: (Shard | undefined)[];
  #size = 0;

  /** @param most keys that it will hold at most, as far as is known. */
  constructor(most: number) {
    this.#shards = new Array(Math.ceil(most / keysPerShard)).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): number | undefined {
    const hash = this.#hash(key);
    return this.#shards[this.#numberOf(hash)]?.get(key, hash);
  }

  set(key: string, value: number): void {
    const hash = this.#hash(key);
    const number = this.#numberOf(hash);
    this.#shards[number] ??= new Shard();
    if (this.#shards[number].set(key, hash, value)) this.#size++;
  }

  delete(key: string): void {
    const hash = this.#hash(key);
    if (this.#shards[this.#numberOf(hash)]?.delete(key, hash)) this.#size--;
  }

  /** All of the key counts: of a part of it, somebody could choose the rest. */
  #hash(key: string): number {
    let hash = fnv1a(key, this.#seed, 0);
    // The finalizer of MurmurHash3: as even as chance, where the product alone leaves patterns.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  /** The shard's, by the upper bits of the hash; inside of it the lower ones decide. */
  #numberOf(hash: number): number {
    return Math.floor((hash >>> 0) * 2 ** -32 * this.#shards.length);
  }
}

/** In a full map: a little less than two thirds of 16,384 slots, so that chance does not double them again. */
const keysPerShard = 10_000;
