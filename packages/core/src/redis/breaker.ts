/** How many calls in a row may go unanswered, and for how long nobody is asked to wait then, ms. */
const breaking = { after: 5, first: 500, longest: 5_000 } as const;

/**
 * A circuit breaker for one server. After a few calls in a row that were not answered in time it is open:
 * calls fail at once. After a while, or when an answer comes after all, it lets one call through as a
 * probe (half-open); an answer in time closes it, silence opens it for twice as long.
 */
export class Breaker {
  #silent = 0;
  #openUntil = 0;
  #span: number = breaking.first;
  #probing = false;

  /** Whether a call may be made now; whoever is told so must tell how it went. */
  permits(): boolean {
    if (this.#silent < breaking.after) return true;
    if (this.#probing || performance.now() < this.#openUntil) return false;
    this.#probing = true;
    return true;
  }

  /** Something was answered, be it an error. */
  answered(): void {
    if (this.#silent === 0) return;
    this.#silent = 0;
    this.#probing = false;
    this.#span = breaking.first;
  }

  /** An answer came that nobody waits for any more: the server was held up, and may be well again. */
  stirs(): void {
    this.#openUntil = 0;
  }

  /** Nothing came within the time budget. */
  silent(): void {
    this.#silent++;
    if (this.#silent < breaking.after) return;
    // Of calls that were under way together, only the first to fail opens it.
    if (!this.#probing && performance.now() < this.#openUntil) return;
    if (this.#probing) this.#span = Math.min(this.#span * 2, breaking.longest);
    // Not all processes come back at the same moment.
    this.#openUntil = performance.now() + this.#span * (0.75 + Math.random() / 2);
    this.#probing = false;
  }
}
