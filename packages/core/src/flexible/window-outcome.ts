import type { Outcome } from "../limits/store.ts";
import type { Counter } from "./counter.ts";

/** What settles a charge. */
interface Charged {
  readonly counter: Counter;
  readonly key: string;
  /** When the window that it was charged in has ended, by `clock`. */
  readonly windowEnd: number;
}

/** What became of one charge, and privately what settles it: in this process, once. */
export class WindowOutcome implements Outcome {
  readonly allowed: boolean;
  readonly at: number;
  readonly marks: readonly number[];
  readonly windowed = true;
  #charged: Charged | undefined;

  constructor(
    allowed: boolean,
    at: number,
    marks: readonly number[],
    charged: Charged | undefined,
  ) {
    this.allowed = allowed;
    this.at = at;
    this.marks = marks;
    this.#charged = charged;
  }

  /** What there is to settle: the first time alone. */
  settle(): Charged | undefined {
    const charged = this.#charged;
    this.#charged = undefined;
    return charged;
  }
}
