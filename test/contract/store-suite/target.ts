/**
 * What the suite needs of a store. A target's test file is this:
 *
 * ```ts
 * import { describeStore } from "./suite.ts";
 * import { stillClock } from "./target.ts";
 *
 * describeStore({
 *   name: "sqlite",
 *   clock: "still",
 *   lacks: { conversion: "why it cannot, in words that a reader of the test's name understands" },
 *   async make() {
 *     const clock = stillClock();
 *     const directory = await mkdtemp(join(tmpdir(), "flux-sqlite-"));
 *     return {
 *       clock,
 *       open: () => sqliteStore({ file: join(directory, "counters.db") }),
 *       close: () => rm(directory, { recursive: true }),
 *     };
 *   },
 * });
 * ```
 *
 * `make` is called once a file; every case takes owners and limits of names of its own, on the same
 * counters. `open` gives a store as one process has it: it is called once for most cases, again for each
 * further process. The suite calls `connect` with the clock, and `close` at the end of the case.
 *
 * What a store lacks is listed with the reason. Cases that need it are skipped, and say so in their names; a
 * case of its own shows that it is lacking, and fails on the day that it is not.
 */
import type { Store } from "@flux/core";

/** What a store may lack, in words that follow its name. */
export const abilities = {
  atomic: "makes several charges all or none",
  gcra: "refills a rate continuously, up to a burst of its own",
  shared: "counts together with others on the same counters",
  settlesOthers: "settles the receipts of others",
  conversion: "keeps a counter's used units when another variant of its policy takes over",
  overrun: "charges what was used beyond what was charged",
  boundRefunds: "gives nothing back that has refilled",
  settlesOnce: "settles a charge once, whichever process does it",
  steady: "opens nothing when its clock steps back",
  unlimited: "counts what is unlimited",
} as const;

export type Ability = keyof typeof abilities;

export interface StoreTarget {
  readonly name: string;
  /**
   * The time that its stores live in: one that stands still unless the suite moves it, one that runs and
   * can be moved, or one that runs and cannot. Without moving it, what takes more than moments is left out.
   */
  readonly clock: "still" | "movable" | "running";
  /** What the store lacks, each with its reason: "…, since …". */
  readonly lacks?: { readonly [ability in Ability]?: string };
  /** How many random sequences the property tests run; default: 100. */
  readonly runs?: number;
  make(): Promise<RunningTarget> | RunningTarget;
}

export interface RunningTarget {
  readonly clock: SuiteClock;
  /** A store, not connected yet, on the same counters as all others of this target. */
  open(): Store | Promise<Store>;
  /** Ends servers and removes files. The stores are closed by then. */
  close(): void | Promise<void>;
}

export interface SuiteClock {
  /** ms since the epoch: what the stores' host is told. */
  now(): number;
  /** Moves it on, or back where `ms` is negative; not there where it cannot be moved. */
  advance?(ms: number): void | Promise<void>;
}

/** For stores that have no clock of their own: it stands still, and begins in the middle of a month. */
export function stillClock(start = Date.UTC(2030, 10, 22, 12)): SuiteClock {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** For stores that go by the clock of their server, which goes by this machine's. */
export const runningClock: SuiteClock = { now: () => Date.now() };
