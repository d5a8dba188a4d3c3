import { FluxError } from "../errors.ts";
import { convertedTat, fitsQuota, fitsRate, isAmount } from "./arithmetic.ts";
import type { CounterTable } from "./counter-table.ts";
import { periodEnd, periodStart } from "./period.ts";
import { type QuotaPolicy, type QuotaVariant, type RatePolicy, variantOf } from "./policy.ts";
import type { Charge } from "./store.ts";

/**
 * What the charges of one call would do to their counters. Nothing is written before every charge is
 * known to fit, so a refused call leaves no trace, not even an empty counter. The entries are used
 * again by every call, which so makes no objects but its outcome.
 */
export class Pending {
  readonly #entries: Entry[] = [];

  /**
   * Finds out what each charge would do, and whether all of them fit.
   * @throws FluxError `cost_invalid`
   */
  judge(table: CounterTable, owner: string, charges: readonly Charge[], now: number): boolean {
    const entries = this.#entries;
    while (entries.length < charges.length) entries.push(new Entry());
    let allowed = true;
    let ownHead: number | undefined;
    for (let i = 0; i < charges.length; i++) {
      const charge = charges[i] as Charge;
      const { policy, partition, cost } = charge;
      if (!isAmount(cost)) throw invalidCost(charge);
      let head: number;
      if (partition !== "") head = table.head(owner, partition);
      else head = ownHead ??= table.head(owner, "");
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

  /** Makes the charges that were judged to fit. */
  write(table: CounterTable, owner: string, charges: readonly Charge[], now: number): void {
    let isComplete = true;
    for (let i = 0; i < charges.length; i++) {
      const { policy, cost } = charges[i] as Charge;
      if (cost === 0) continue;
      const entry = this.#entries[i] as Entry;
      if (entry.row < 0) isComplete = false;
      else table.write(entry.row, policy, entry.after, entry.side);
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
        entry.row = table.claim(now, this.#entries, charges.length);
        table.enter(entry.row, owner, partition);
      }
      table.write(entry.row, policy, entry.after, entry.side);
    }
  }

  /**
   * The outcome's two numbers a charge. Literals for the usual lengths: an array of doubles of
   * exactly that size, where pushing would leave room for seventeen.
   */
  marks(count: number, allowed: boolean): number[] {
    if (count === 0) return [];
    const entries = this.#entries;
    const a = entries[0] as Entry;
    const a0 = allowed ? a.after : a.before;
    if (count === 1) return [a0, a.side];
    const b = entries[1] as Entry;
    const b0 = allowed ? b.after : b.before;
    if (count === 2) return [a0, a.side, b0, b.side];
    const c = entries[2] as Entry;
    const c0 = allowed ? c.after : c.before;
    const marks = [a0, a.side, b0, b.side, c0, c.side];
    for (let i = 3; i < count; i++) {
      const entry = entries[i] as Entry;
      marks.push(allowed ? entry.after : entry.before, entry.side);
    }
    return marks;
  }
}

/** What one charge would do to its counter. */
class Entry {
  /** The counter's row, or a negative number where there is none yet. */
  row = -1;
  /** The charge before it in the same call on the same counter, which it comes on top of. */
  twin: Entry | undefined = undefined;
  /** The policy's variant, in which the numbers below are expressed. */
  variant = 0;
  /** The counter that the charge is held against: a TAT in µs, or units used. */
  before = Number.NaN;
  /** The counter after the charge; as before where it does not fit. */
  after = Number.NaN;
  /** A rate's credits so far in µs, or the start of a quota's period in µs. */
  side = Number.NaN;
}

function judgeRate(
  entry: Entry,
  table: CounterTable,
  policy: RatePolicy,
  cost: number,
  moment: number,
): boolean {
  // The plus tells V8 that this is a number: else it boxes whatever may be either this or a TAT.
  const now = +moment;
  const { row, twin } = entry;
  let variant = policy.variant;
  let tat = now;
  let credits = table.creditFloor;
  if (twin !== undefined) {
    tat = twin.after;
    credits = twin.side;
    variant = twin.variant;
  } else if (row >= 0) {
    tat = table.value(row);
    credits = table.side(row);
    variant = table.variant(row);
  }
  if (variant !== policy.variant) {
    // Receipts from before the change count in µs of another worth: nothing is left to give back.
    if (tat > now) credits += tat - now;
    tat = convertedTat(tat, now, variantOf(variant) as RatePolicy, policy);
  }
  const fits = fitsRate(policy, tat, now, cost);
  entry.before = tat;
  entry.side = credits;
  entry.after = fits && cost > 0 ? (tat > now ? tat : now) + cost * policy.interval : tat;
  return fits;
}

function judgeQuota(
  entry: Entry,
  table: CounterTable,
  policy: QuotaPolicy,
  cost: number,
  moment: number,
): boolean {
  const now = +moment;
  const { row, twin } = entry;
  const current = periodStart(policy.per, now);
  let variant = policy.variant;
  let used = 0;
  let period = current;
  if (twin !== undefined) {
    used = twin.after;
    period = twin.side;
    variant = twin.variant;
  } else if (row >= 0) {
    used = table.value(row);
    period = table.side(row);
    variant = table.variant(row);
  }
  if (variant !== policy.variant) {
    const { per } = variantOf(variant) as QuotaVariant;
    // What was used in a period that still runs goes over into the new kind of period.
    if (now >= periodEnd(per, period)) used = 0;
    period = periodStart(policy.per, Math.max(now, period));
  }
  // A period later than the clock's, after the clock stepped back, stays.
  if (period < current) {
    used = 0;
    period = current;
  }
  const fits = fitsQuota(policy, used, cost);
  entry.before = used;
  entry.side = period;
  entry.after = fits ? Math.min(used + cost, Number.MAX_SAFE_INTEGER) : used;
  return fits;
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
    if (row >= 0 ? entry.row === row : isSame(charges[i] as Charge, charges[j] as Charge)) {
      return entry;
    }
  }
  return undefined;
}

function isSame(one: Charge, other: Charge): boolean {
  return one.policy.index === other.policy.index && one.partition === other.partition;
}

function invalidCost({ policy, cost }: Charge): FluxError {
  return new FluxError(
    "cost_invalid",
    `the cost of ${policy.id} must be a non-negative safe integer, got ${cost}`,
  );
}
