/**
 * How late this process itself is. A machine that is busy with something else lets nobody keep a time
 * budget to the millisecond; how far it was out is measured beside, and allowed for.
 */
export class Lateness {
  readonly #every = 4;
  /** When each look was due and when it came, ms of the monotonic clock. */
  readonly #looks: { readonly due: number; readonly came: number }[] = [];
  #timer: ReturnType<typeof setTimeout>;
  #due: number;

  constructor() {
    this.#due = performance.now() + this.#every;
    this.#timer = setTimeout(this.#look, this.#every);
  }

  readonly #look = () => {
    const came = performance.now();
    // A timer rounds to whole milliseconds: the first is no lateness.
    this.#looks.push({ due: Math.min(came, this.#due + 1), came });
    this.#due = came + this.#every;
    this.#timer = setTimeout(this.#look, this.#every);
  };

  /** ms in which nothing could be done, of a span of time. */
  within(from: number, to: number): number {
    let sum = 0;
    for (let i = this.#firstAfter(from); i < this.#looks.length; i++) {
      const { due, came } = this.#looks[i] as { due: number; came: number };
      if (due > to) break;
      sum += Math.min(came, to) - Math.max(due, from);
    }
    return sum;
  }

  /** The longest single one, ms. */
  get worst(): number {
    return this.#looks.reduce((most, { due, came }) => Math.max(most, came - due), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #firstAfter(from: number): number {
    let low = 0;
    let high = this.#looks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#looks[middle] as { came: number }).came < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
