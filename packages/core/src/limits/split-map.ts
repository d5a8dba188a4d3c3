import { ShardedMap } from "./sharded-map.ts";

/**
 * A map from strings to integers from 0 to 2^30 that never stalls: a plain `Map` until it is large, then
 * one in shards (a `Map` of a million keys stops the process for tens of milliseconds each time it
 * doubles).
 *
 * Each is the faster one where it is used. A `Map` uses the hash that the engine keeps with a string, but
 * follows a chain through other keys; a shard has to compute one, and looks at the key alone. That is
 * worth more as soon as the keys are beyond the processor's caches.
 */
export class SplitMap {
  readonly #most: number;
  /** All keys at first; later those that have not moved yet. */
  #whole: Map<string, number> | undefined = new Map();
  #moving: MapIterator<[string, number]> | undefined = undefined;
  #shards: ShardedMap | undefined = undefined;

  /** @param most keys that it will hold at most, as far as is known. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return (this.#whole?.size ?? 0) + (this.#shards?.size ?? 0);
  }

  get(key: string): number | undefined {
    return this.#whole?.get(key) ?? this.#shards?.get(key);
  }

  set(key: string, value: number): void {
    const whole = this.#whole;
    if (this.#shards !== undefined) {
      whole?.delete(key);
      this.#shards.set(key, value);
      this.#moveOne();
    } else if (whole !== undefined) {
      whole.set(key, value);
      if (whole.size <= large) return;
      this.#shards = new ShardedMap(this.#most);
      this.#moving = whole.entries();
    }
  }

  delete(key: string): void {
    if (this.#whole?.delete(key) !== true) this.#shards?.delete(key);
  }

  /** One at a time: all at once would be a stall of its own, while no code of a shard is compiled yet. */
  #moveOne(): void {
    const next = this.#moving?.next();
    if (next === undefined) return;
    if (next.done) {
      this.#moving = undefined;
      this.#whole = undefined;
    } else {
      const [key, value] = next.value;
      this.#whole?.delete(key);
      this.#shards?.set(key, value);
    }
  }
}

/** Keys of a `Map` that is large. */
const large = 4_096;
