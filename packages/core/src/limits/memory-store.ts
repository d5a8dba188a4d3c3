import { FluxError } from "../errors.ts";
import { isAmount } from "./arithmetic.ts";
import { CounterTable } from "./counter-table.ts";
import { Pending } from "./pending.ts";
import { settleCharge } from "./settlement.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "./store.ts";

export interface MemoryStoreOptions {
  /**
   * Counters held at most, an integer from 16 to 2^30; default: 1,000,000 (about 72 bytes each, and
   * the keys). Half are for client addresses, half for everybody else, so that whoever has many
   * addresses cannot push out a tenant's counters. Where a half is full of counters in use, the least
   * used of a sample makes room: limits before quotas, each by the share that is used of it.
   */
  readonly maxKeys?: number | undefined;
}

/** A store that never makes anybody wait. */
export interface MemoryStore extends Store {
  /** Counters held now. */
  readonly size: number;
  connect(host: StoreHost): void;
  charge(owner: string, charges: readonly Charge[], dryRun?: boolean, at?: number): Outcome;
  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void;
}

/**
 * A store in the memory of this process: synchronous, atomic, bounded, without timers. Several
 * processes count each for itself.
 *
 * A counter that no longer says anything (a limit that is full again, a quota whose period is over)
 * is freed as others come, from 10 seconds after that moment on. So a clock that steps back by at
 * most 10 seconds opens nothing. Where it steps back by more, to before that moment, a counter that
 * was freed begins anew: its limit admits a whole burst, or its quota a whole period's units, once
 * more. Counters that were not freed keep what they have counted, however far the clock steps.
 * @throws FluxError `config_invalid` where `maxKeys` is out of range.
 */
export function memoryStore({ maxKeys = 1_000_000 }: MemoryStoreOptions = {}): MemoryStore {
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 16 || maxKeys > 2 ** 30) {
    throw new FluxError(
      "config_invalid",
      `memoryStore: maxKeys must be an integer from 16 to 2^30, got ${maxKeys}`,
    );
  }
  return new CountingStore(maxKeys);
}

class CountingStore implements MemoryStore {
  readonly atomic = true;
  readonly synchronous = true;
  readonly #strangers: CounterTable;
  readonly #known: CounterTable;
  /** What the call that is being decided would write; used again by every call. */
  readonly #pending = new Pending();
  #host: StoreHost = unconnected;
  /** The latest moment that a call was decided at, µs. */
  #latest = 0;

  constructor(maxKeys: number) {
    const half = maxKeys >>> 1;
    this.#strangers = new CounterTable(half);
    this.#known = new CounterTable(maxKeys - half);
  }

  get size(): number {
    return this.#strangers.held + this.#known.held;
  }

  connect(host: StoreHost): void {
    this.#host = host;
  }

  /**
   * @throws FluxError `cost_invalid` for a cost that is no non-negative safe integer, `config_invalid`
   *   for a clock that does not give ms since the epoch.
   */
  charge(owner: string, charges: readonly Charge[], dryRun = false, at?: number): Outcome {
    const now = toMicroseconds(at === undefined ? this.#host.now() : at);
    if (now > this.#latest) this.#latest = now;
    const table = this.#tableOf(owner);
    const pending = this.#pending;
    const allowed = pending.judge(table, owner, charges, now);
    if (allowed && !dryRun) pending.write(table, owner, charges, now);
    const marks = pending.marks(charges.length, allowed);
    return new MemoryOutcome(allowed, now, marks, dryRun, table.quotasLost);
  }

  /** @throws FluxError `settle_invalid` for an amount that is no non-negative safe integer. */
  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void {
    const { owner, charges } = receipt;
    const { outcome } = receipt;
    // What another process has counted is not on these counters: there is nothing to give back.
    if (!(outcome instanceof MemoryOutcome) || !outcome.allowed || outcome.dryRun) return;
    for (const units of actual) {
      if (units !== undefined && !isAmount(units)) throw invalidAmount(units);
    }
    // A clock that stepped back would let a refund give back what a later charge has spent.
    const now = Math.max(this.#latest, toMicroseconds(this.#host.now()));
    const table = this.#tableOf(owner);
    outcome.settled ??= [];
    for (let i = 0; i < charges.length; i++) {
      const units = actual[i];
      if (units === undefined || outcome.settled[i] === true) continue;
      outcome.settled[i] = true;
      const value = outcome.marks[2 * i] as number;
      const side = outcome.marks[2 * i + 1] as number;
      const charge = charges[i] as Charge;
      settleCharge(table, owner, charge, [value, side], outcome.quotasLost, units, now);
    }
  }

  #tableOf(owner: string): CounterTable {
    return owner.startsWith("ip:") ? this.#strangers : this.#known;
  }
}

class MemoryOutcome implements Outcome {
  readonly allowed: boolean;
  readonly at: number;
  readonly marks: readonly number[];
  readonly dryRun: boolean;
  /** The table's count when this was decided: whether its units are on the counters of today. */
  readonly quotasLost: number;
  /** Which charges are settled; made by the first settlement. */
  settled: boolean[] | undefined = undefined;

  constructor(
    allowed: boolean,
    at: number,
    marks: readonly number[],
    dryRun: boolean,
    quotasLost: number,
  ) {
    this.allowed = allowed;
    this.at = at;
    this.marks = marks;
    this.dryRun = dryRun;
    this.quotasLost = quotasLost;
  }
}

const unconnected: StoreHost = {
  now() {
    throw new FluxError("config_invalid", "memoryStore: it has no clock before defineFlux had it");
  },
};

/** The year 2112: up to here, a moment and the longest refill add up to a safe integer. */
const latestMilliseconds = 2 ** 52 / 1_000;

function toMicroseconds(milliseconds: number): number {
  if (milliseconds >= 0 && milliseconds <= latestMilliseconds) {
    return Math.floor(milliseconds * 1_000);
  }
  throw new FluxError(
    "config_invalid",
    `now must give milliseconds since the epoch, up to the year 2112; it gave ${milliseconds}`,
  );
}

function invalidAmount(units: number): FluxError {
  return new FluxError(
    "settle_invalid",
    `what was used must be a non-negative safe integer, got ${units}`,
  );
}
