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
  readonly #entries: Entry[] = [];

  /**
   * Makes all charges, or none; a dry run finds out which.
   * @param own the first row of the owner's own chain.
   * @returns whether all of them fit.
   * @throws FluxError `cost_invalid`
   */
  charge(
    table: CounterTable,
    owner: string,
    own: number,
    charges: readonly Charge[],
    dryRun: boolean,
    now: number,
  ): boolean {
    const entries = this.#entries;
    while (entries.length < charges.length) entries.push(new Entry());
    let allowed = true;
    for (let i = 0; i < charges.length; i++) {
      const charge = charges[i] as Charge;
      const { policy, partition, cost } = charge;
      if (!isAmount(cost)) throw invalidCost(charge);
      const head = partition === "" ? own : table.head(owner, partition);
      const entry = entries[i] as Entry;
      entry.row = table.find(head, policy);
      entry.twin = twinOf(charges, entries, i);
      const fits =
        policy.kind === "rate"
          ? judgeRate(entry, table, policy, cost, now)
          : judgeQuota(entry, table, policy, cost, now);
      if (!fits) allowed = false;
      entry.variant = policy.variant;
    }
    if (allowed && !dryRun) this.#write(table, owner, charges, now);
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

  /** The outcome's two numbers a charge. */
  marks(count: number, allowed: boolean): number[] {
    const marks = new Array<number>(2 * count);
    for (let i = 0; i < count; i++) {
      const entry = this.#entries[i] as Entry;
      marks[2 * i] = allowed ? entry.value : entry.before;
      marks[2 * i + 1] = entry.side;
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
