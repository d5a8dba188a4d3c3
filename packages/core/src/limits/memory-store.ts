import { FluxError } from "../errors.ts";
import { checkActual } from "./amounts.ts";
import { CounterTable } from "./counter-table.ts";
import { toMicroseconds, unconnected } from "./host-clock.ts";
import { Pending } from "./pending.ts";
import { settleCharge } from "./settlement.ts";
import type { Charge, Outcome, Receipt, Store, StoreHost } from "./store.ts";

export interface MemoryStoreOptions {
  /**
   * Counters held at most, an integer from 16 to 2^30; default: 1,000,000. There are never more. A full
   * store takes about 60 bytes for each, and the keys. A partition takes more where its owner has few
   * of them: 100 bytes where there are ten, 300 where there is one.
   *
   * Half are for client addresses, half for everybody else, so that whoever has many addresses cannot
   * push out a tenant's counters. In a half that is full, these make room, in this order:
   *
   * 1. limits of which less than half of the burst is used, and quotas whose period is over;
   * 2. partitions of one owner that fill a quarter of the half, so that a tenant that makes up
   *    partitions loses its own counters;
   * 3. quotas of which less than half is used;
   * 4. counters near their limit: limits before quotas.
   *
   * So a counter of which half or more is used is never given up (2 aside) while there is one of which
   * less than a quarter is used, as long as the clock does not step back. In between, a limit that was
   * near and is refilling may still pass for near; for a limit that refills within half a second, up
   * to an eighth of a second longer.
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
 * processes count each for itself. One call may make `maxKeys / 2` charges at most.
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
  #host: StoreHost = unconnected("memoryStore");
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
   *   for a clock that does not give ms since the epoch, and for more charges than `maxKeys` has room for.
   */
  charge(owner: string, charges: readonly Charge[], dryRun = false, at?: number): Outcome {
    const now = toMicroseconds(at === undefined ? this.#host.now() : at);
    if (now > this.#latest) this.#latest = now;
    const table = this.#tableOf(owner);
    if (charges.length > table.bound) throw tooMany(charges.length, table.bound);
    const own = table.head(owner, "");
    let allowed = true;
    let marks = dryRun ? undefined : table.chargeLight(owner, own, charges, now);
    if (marks === undefined) {
      allowed = this.#pending.charge(table, owner, own, charges, dryRun, now);
      marks = this.#pending.marks(charges.length, allowed);
    }
    return new MemoryOutcome(allowed, now, marks, dryRun, table.quotasLost);
  }

  /** @throws FluxError `settle_invalid` for an amount that is no non-negative safe integer. */
  settle(receipt: Receipt, actual: readonly (number | undefined)[]): void {
    checkActual(actual);
    const { owner, charges, outcome } = receipt;
    // What another process has counted is not on these counters: there is nothing to give back.
    if (!(outcome instanceof MemoryOutcome) || !outcome.allowed || outcome.dryRun) return;
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
      settleCharge(table, owner, charge, { value, side }, outcome.quotasLost, units, now);
    }
  }

  #tableOf(owner: string): CounterTable {
    return isStranger(owner) ? this.#strangers : this.#known;
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

/** Whether an owner starts with `ip:`; by its codes, in half the time that `startsWith` takes. */
function isStranger(owner: string): boolean {
  return (
    owner.charCodeAt(0) === 0x69 && owner.charCodeAt(1) === 0x70 && owner.charCodeAt(2) === 0x3a
  );
}

function tooMany(count: number, bound: number): FluxError {
  return new FluxError(
    "config_invalid",
    `memoryStore: a call makes ${count} charges, and there is room for ${bound} counters: raise maxKeys to ${2 * count} at least`,
  );
}
