import { boundedSum, chargedTat, convertedTat, fitsQuota, fitsRate } from "./arithmetic.ts";
import type { CounterTable } from "./counter-table.ts";
import { periodFrom, periodStart, usedStill } from "./period.ts";
import {
  type Policy,
  type QuotaPolicy,
  type QuotaVariant,
  type RatePolicy,
  variantOf,
} from "./policy.ts";

/** What one charge would do to its counter. */
export class Entry {
  /** The counter's row, or a negative number where there is none yet. */
  row = -1;
  /** The charge before it in the same call on the same counter, which it comes on top of. */
  twin: Entry | undefined = undefined;
  /** The policy's variant, in which the numbers below are expressed. */
  variant = 0;
  /** The counter that the charge is held against: a TAT in µs, or units used. */
  before = Number.NaN;
  /** The counter after the charge; as before where it does not fit. */
  value = Number.NaN;
  /** A rate's credits so far in µs, or the start of a quota's period in µs. */
  side = Number.NaN;
}

export function writeEntry(table: CounterTable, entry: Entry, policy: Policy, now: number): void {
  if (policy.kind === "rate") table.writeRate(entry.row, policy, entry, now);
  else table.writeQuota(entry.row, policy, entry, now);
}

export function judgeRate(
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
    tat = twin.value;
    credits = twin.side;
    variant = twin.variant;
  } else if (row >= 0) {
    tat = table.value(row);
    credits = table.credits(row);
    variant = table.variant(row);
  }
  if (variant !== policy.variant) {
    // Receipts from before the change count in µs of another worth: nothing is left to give back.
    if (tat > now) credits += tat - now;
    const { interval } = variantOf(variant) as RatePolicy;
    tat = convertedTat(tat, now, interval, policy.interval);
  }
  entry.before = tat;
  entry.side = credits;
  const fits = fitsRate(policy, tat, now, cost);
  entry.value = fits && cost > 0 ? chargedTat(tat, now, cost, policy.interval) : tat;
  return fits;
}

export function judgeQuota(
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
    used = twin.value;
    period = twin.side;
    variant = twin.variant;
  } else if (row >= 0) {
    used = table.value(row);
    period = table.period(row);
    variant = table.variant(row);
  }
  if (period < current || variant !== policy.variant) {
    // What was used in a period that still runs goes over into another kind of period.
    const { per } = variantOf(variant) as QuotaVariant;
    used = usedStill(used, per, period, now);
    period = periodFrom(policy.per, period, now);
  }
  const fits = fitsQuota(policy, used, cost);
  entry.before = used;
  entry.side = period;
  entry.value = fits ? boundedSum(used, cost) : used;
  return fits;
}
