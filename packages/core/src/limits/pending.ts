import { invalidCost, isAmount } from "./amounts.ts";
import type { CounterTable } from "./counter-table.ts";
import { Entry, judgeQuota, judgeRate, writeEntry } from "./entry.ts";
import { isSameCounter } from "./same-counter.ts";
import type { Charge } from "./store.ts";

/**
 * What the charges of one call would do to their counters. Nothing is written before every charge is
 * known to fit, so a refused call leaves no trace, not even an empty counter. The entries are used
 * again by every call, which so makes no objects but its outcome.
 */
export class Pending {
  readonly #first = new Entry();
  readonly #entries: Entry[] = [this.#first];

  /**
   * Makes all charges, or none; a dry run finds out which.
   * @returns whether all of them fit.
   * @throws FluxError `cost_invalid`
   */
  charge(
    table: CounterTable,
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    now: number,
  ): boolean {
    return charges.length === 1
      ? this.#chargeOne(table, owner, charges[0] as Charge, dryRun, now)
      : this.#chargeAll(table, owner, charges, dryRun, now);
  }

  #chargeAll(
    table: CounterTable,
    owner: string,
    charges: readonly Charge[],
    dryRun: boolean,
    now: number,
  ): boolean {
    const fits = this.#judge(table, owner, charges, now);
    if (fits && !dryRun) this.#write(table, owner, charges, now);
    return fits;
  }

  /**
   * One alone needs no second look at what it would do. What every charge runs through is kept so
   * short, and what is rare so far apart, that V8 inlines all of it here and puts no number in a box to hand it
   * on: its `--max-inlined-bytecode-size-cumulative` is 920 bytes in Node 24.
   */
  #chargeOne(
    table: CounterTable,
    owner: string,
    charge: Charge,
    dryRun: boolean,
    now: number,
  ): boolean {
    const { policy, partition, cost } = charge;
    const isRate = policy.kind === "rate";
    if (!isAmount(cost)) throw invalidCost(charge);
    const entry = this.#first;
    entry.row = table.find(table.head(owner, partition), policy);
    entry.twin = undefined;
    const fits = isRate
      ? judgeRate(entry, table, policy, cost, now)
      : judgeQuota(entry, table, policy, cost, now);
    if (fits && !dryRun && cost > 0) {
      if (entry.row < 0) entry.row = table.claim(owner, partition, policy, now);
      if (isRate) table.writeRate(entry.row, policy, entry, now);
      else table.writeQuota(entry.row, policy, entry, now);
    }
    return fits;
  }

  #judge(table: CounterTable, owner: string, charges: readonly Charge[], now: number): boolean {
    const entries = this.#entries;
    while (entries.length < charges.length) entries.push(new Entry());
    let allowed = true;
    const own = table.head(owner, "");
    for (let i = 0; i < charges.length; i++) {
      const charge = charges[i] as Charge;
      const { policy, partition, cost } = charge;
      if (!isAmount(cost)) throw invalidCost(charge);
      const head = partition === "" ? own : table.head(owner, partition);
      const entry = entries[i] as Entry;
      entry.row = table.find(head, policy);
      entry.twin = i === 0 ? undefined : twinOf(charges, entries, i);
      const fits =
        policy.kind === "rate"
          ? judgeRate(entry, table, policy, cost, now)
          : judgeQuota(entry, table, policy, cost, now);
      if (!fits) allowed = false;
      entry.variant = policy.variant;
    }
    return allowed;
  }

  #write(table: CounterTable, owner: string, charges: readonly Charge[], now: number): void {
    let isComplete = true;
    for (let i = 0; i < charges.length; i++) {
      const { policy, cost } = charges[i] as Charge;
      if (cost === 0) continue;
      const entry = this.#entries[i] as Entry;
      if (entry.row < 0) isComplete = false;
      else writeEntry(table, entry, policy, now);
    }
    if (!isComplete) this.#create(table, owner, charges, now);
  }

  /** After the counters that exist: written, none of them can pass for idle here. */
  #create(table: CounterTable, owner: string, charges: readonly Charge[], now: number): void {
    for (let i = 0; i < charges.length; i++) {
      const { policy, partition, cost } = charges[i] as Charge;
      const entry = this.#entries[i] as Entry;
      if (entry.row >= 0) continue;
      if (entry.twin !== undefined) entry.row = entry.twin.row;
      if (cost === 0) continue;
      if (entry.row < 0) {
        const entries = this.#entries;
        entry.row = table.claim(owner, partition, policy, now, entries, charges.length);
      }
      writeEntry(table, entry, policy, now);
    }
  }

  /**
   * The outcome's two numbers a charge. Literals for the usual lengths: an array of doubles of
   * exactly that size, where pushing would leave room for seventeen.
   */
  marks(count: number, allowed: boolean): number[] {
    const a = this.#first;
    // One alone that was refused is as it was before.
    return count === 1 ? [a.value, a.side] : this.#marksOfAll(count, allowed);
  }

  #marksOfAll(count: number, allowed: boolean): number[] {
    if (count === 0) return [];
    const entries = this.#entries;
    const a = this.#first;
    const a0 = allowed ? a.value : a.before;
    const b = entries[1] as Entry;
    const b0 = allowed ? b.value : b.before;
    if (count === 2) return [a0, a.side, b0, b.side];
    const c = entries[2] as Entry;
    const c0 = allowed ? c.value : c.before;
    const marks = [a0, a.side, b0, b.side, c0, c.side];
    for (let i = 3; i < count; i++) {
      const entry = entries[i] as Entry;
      marks.push(allowed ? entry.value : entry.before, entry.side);
    }
    return marks;
  }
}

/** The nearest charge before the one at `i` that is on the same counter. */
function twinOf(
  charges: readonly Charge[],
  entries: readonly Entry[],
  i: number,
): Entry | undefined {
  const { row } = entries[i] as Entry;
  for (let j = i - 1; j >= 0; j--) {
    const entry = entries[j] as Entry;
    if (row >= 0 ? entry.row === row : isSameCounter(charges[i] as Charge, charges[j] as Charge)) {
      return entry;
    }
  }
  return undefined;
}
