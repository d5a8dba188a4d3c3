/**
 * What a server's clock shows, told from its replies. A reading is taken between the sending of a call
 * and the arrival of its reply: where the estimate lies outside of that, the reading is believed, so that
 * the estimate is never ahead of the server, and behind it by a round trip at most.
 * Clocks of this process that jump do not matter: only a monotonic one is read.
 */
export class ServerClock {
  /** µs that the server is ahead of this process's monotonic clock. */
  #ahead = Number.NaN;

  /**
   * @param at what the server's clock showed, µs since the epoch.
   * @param sent when it was asked, ms of the monotonic clock.
   */
  read(at: number, sent: number): void {
    const least = at - performance.now() * 1_000;
    const most = at - sent * 1_000;
    if (!(this.#ahead >= least && this.#ahead <= most)) this.#ahead = least;
  }

  /** Whether anything is known of it. */
  get known(): boolean {
    return !Number.isNaN(this.#ahead);
  }

  /** µs since the epoch, a whole number; NaN where nothing is known. */
  now(): number {
    return Math.floor(this.#ahead + performance.now() * 1_000);
  }
}
