/** ms that a reading of the server's clock is held to. */
const remembered = 10_000;

/**
 * What the server's clock shows, told from its replies. A reading is a little old when it arrives, so the
 * estimate is behind the server by at most a round trip; of a cluster's nodes it is the one ahead.
 * Clocks of this process that jump do not matter: only a monotonic one is read.
 */
export class ServerClock {
  /** µs that the server is ahead of this process's monotonic clock: now and in the span before. */
  #ahead = Number.NEGATIVE_INFINITY;
  #before = Number.NEGATIVE_INFINITY;
  #turns = 0;

  /** @param at what the server's clock showed, µs since the epoch. */
  read(at: number): void {
    const now = performance.now();
    if (now > this.#turns) {
      this.#before = now > this.#turns + remembered ? Number.NEGATIVE_INFINITY : this.#ahead;
      this.#ahead = Number.NEGATIVE_INFINITY;
      this.#turns = now + remembered;
    }
    this.#ahead = Math.max(this.#ahead, at - now * 1_000);
  }

  /** Whether anything is known of it. */
  get known(): boolean {
    return this.#ahead > Number.NEGATIVE_INFINITY;
  }

  /** µs since the epoch, a whole number. */
  now(): number {
    return Math.floor(Math.max(this.#ahead, this.#before) + performance.now() * 1_000);
  }
}
