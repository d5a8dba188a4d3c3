import type { Policy } from "./policy.ts";

/** One counter to charge, within the owner that the call names. */
export interface Charge {
  readonly policy: Policy;
  /**
   * Whose counter inside the owner: `""` for the owner itself, else a principal's or a key's id or a
   * computed value. Any string; no two partitions and no two owners ever share a counter.
   */
  readonly partition: string;
  /** Units: a non-negative safe integer. 0 peeks: it always passes and writes nothing. */
  readonly cost: number;
}

/** What became of a call. What it means for one charge is read by the functions of `state.ts`. */
export interface Outcome {
  /** Whether everything was charged; otherwise nothing was. */
  readonly allowed: boolean;
  /** When the store decided, in µs since the epoch. */
  readonly at: number;
  /**
   * Two numbers a charge, in the order of the charges: the counter after the charge or, where the
   * call was refused, the counter that the charge was held against.
   * A rate: its theoretical arrival time (TAT, µs since the epoch: the moment at which it is full
   * again), and a mark that binds a refund to the counter's history.
   * A quota: the units used, and the start of the period (µs since the epoch).
   * Where `windowed`, of a rate: the units used, and the end of the window (µs since the epoch).
   */
  readonly marks: readonly number[];
  /** Whether this was answered without the source of truth, e.g. by local counting. */
  readonly degraded?: boolean;
  /**
   * How far the host's clock is ahead of the one that `at` and `marks` were read from, in µs;
   * default: 0. Times that a caller is told are the host's.
   */
  readonly ahead?: number;
  /** Whether rates were counted in fixed windows, as a store does that knows no GCRA; default: `false`. */
  readonly windowed?: boolean;
  /** What the store needs to settle this in another process: opaque, carried in receipts. */
  readonly ticket?: string;
}

/** What settles a call later: what was asked for and what became of it. */
export interface Receipt {
  readonly owner: string;
  readonly charges: readonly Charge[];
  readonly outcome: Outcome;
}

/** What a store may ask of the Flux instance that it serves. */
export interface StoreHost {
  /** The instance's clock: ms since the epoch. */
  now(): number;
}

/**
 * Where counters live. All charges of one call belong to one owner.
 *
 * Whatever implements this holds to the following. A rate's charge passes when
 * `max(TAT, at) + cost × interval − at ≤ tolerance` (where `windowed`: when `used + cost ≤ quota` in
 * its window), a quota's when `used + cost ≤ quota` in the period that `at` is in. Charges of one call
 * on the same counter add up. A clock that steps back opens nothing. A counter charged by another
 * variant of its policy keeps its used units.
 */
export interface Store {
  /** Whether several charges are made all or none. */
  readonly atomic: boolean;

  /**
   * Whether `charge` always answers at once, dry runs too, and never with a promise: then readings
   * that nobody waits for, such as `decision.feature()` and a denial's `remedy`, may ask it.
   * Default: `false`.
   */
  readonly synchronous?: boolean;

  /**
   * How many processes count in this store together, as far as it knows, this one included: an integer
   * of at least 1; default: 1. While the store cannot be reached, each counts for itself and admits its
   * share.
   */
  readonly processes?: number;

  /**
   * Why this store cannot hold a policy, in words that go on after its name; `undefined` where it can.
   * `defineFlux` asks it of every limit on every plan, of `auth.failures`, and once of every metered
   * feature, whose units it does not tell (`quota` is `Infinity`); and refuses the config. Leases are not
   * asked about: a store that knows none ignores them. Default: it can.
   */
  refuses?(policy: Policy): string | undefined;

  /** Called once by `defineFlux`, before the first charge. */
  connect?(host: StoreHost): void | Promise<void>;

  /** Resolves when the store can be charged, now; rejects where it cannot. Default: as `connect` went. */
  ready?(): void | Promise<void>;

  /**
   * Makes all charges, or none.
   * @param owner the tenant, or the principal where there is none; `ip:` and an address for strangers.
   * @param dryRun answers as the charge would, and writes nothing; such an outcome cannot be settled.
   * @param at the decision's reading of the clock in ms since the epoch, for stores without a clock
   *   of their own; default: the host's `now()`.
   */
  charge(
    owner: string,
    charges: readonly Charge[],
    dryRun?: boolean,
    at?: number,
  ): Outcome | Promise<Outcome>;

  /**
   * Turns what was charged into what was used. Each charge of a receipt can be settled once; what
   * comes later is ignored, as is a quota whose period is over. (That less was used of a rate, a store
   * need not remember for longer than the rate takes to be full.)
   * Less than was charged is given back: on a quota all of it, on a rate what has not been refilled
   * in the meantime. More than was charged is charged too, and may overrun. A receipt may have
   * come from another process, as plain data; a store that shares no counters with it ignores it.
   * @param actual units used, a charge each; `undefined` leaves the charge as it is, and open.
   */
  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void | Promise<void>;

  /** Drops what the store has cached of an owner. Counters stay. */
  reset?(owner: string): void | Promise<void>;

  /** Lets go of connections. */
  close?(): void | Promise<void>;
}
