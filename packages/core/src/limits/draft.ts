import { convertedTat, fitsQuota, fitsRate } from "./arithmetic.ts";
import type { CounterTable } from "./counter-table.ts";
import { periodEnd, periodStart } from "./period.ts";
import { type QuotaPolicy, type QuotaVariant, type RatePolicy, variantOf } from "./policy.ts";
import type { Charge } from "./store.ts";

/**
 * What one charge of a call would do to its counter. Nothing is written before every charge of the
 * call is known to fit, so a refused call leaves no trace, not even an empty counter.
 */
export class Draft {
  /** The counter's row, or a negative number where there is none yet. */
  row = -1;
  /** The charge before it in the same call on the same counter, which it comes on top of. */
  twin: Draft | undefined = undefined;
  /** The policy's variant, in which the numbers below are expressed. */
  variant = 0;
  /** The counter that the charge is held against: a TAT in µs, or units used. */
  before = 0;
  /** The counter after the charge; `before` where it does not fit. */
  after = 0;
  /** A rate's credits so far in µs, or the start of a quota's period in µs. */
  side = 0;
}

/** Finds out what a charge would do to the row of its draft, and whether it fits. */
export function draftCharge(
  draft: Draft,
  table: CounterTable,
  { policy, cost }: Charge,
  now: number,
): boolean {
  draft.variant = policy.variant;
  return policy.kind === "rate"
    ? draftRate(draft, table, policy, cost, now)
    : draftQuota(draft, table, policy, cost, now);
}

function draftRate(
  draft: Draft,
  table: CounterTable,
  policy: RatePolicy,
  cost: number,
  now: number,
): boolean {
  const { row, twin } = draft;
  let tat = now;
  let credits = table.creditFloor;
  let variant = policy.variant;
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
  draft.before = tat;
  draft.side = credits;
  draft.after = fits && cost > 0 ? (tat > now ? tat : now) + cost * policy.interval : tat;
  return fits;
}

function draftQuota(
  draft: Draft,
  table: CounterTable,
  policy: QuotaPolicy,
  cost: number,
  now: number,
): boolean {
  const { row, twin } = draft;
  const current = periodStart(policy.per, now);
  let used = 0;
  let period = current;
  let variant = policy.variant;
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
    if (per !== policy.per) {
      // What was used in a period that still runs goes over into the new kind of period.
      if (now >= periodEnd(per, period)) used = 0;
      period = periodStart(policy.per, Math.max(now, period));
    }
  }
  // A period later than the clock's, after the clock stepped back, stays.
  if (period < current) {
    used = 0;
    period = current;
  }
  const fits = fitsQuota(policy, used, cost);
  draft.before = used;
  draft.side = period;
  draft.after = fits ? Math.min(used + cost, Number.MAX_SAFE_INTEGER) : used;
  return fits;
}

/** The nearest charge before the one at `i` that is on the same counter. */
export function twinOf(
  charges: readonly Charge[],
  drafts: readonly Draft[],
  i: number,
): Draft | undefined {
  const { policy, partition } = charges[i] as Charge;
  for (let j = i - 1; j >= 0; j--) {
    const other = charges[j] as Charge;
    if (other.policy.index === policy.index && other.partition === partition) return drafts[j];
  }
  return undefined;
}

/**
 * The outcome's two numbers a charge. Literals for the usual lengths: an array of doubles of exactly
 * that size, where pushing would leave room for seventeen.
 */
export function marksOf(drafts: readonly Draft[], count: number, allowed: boolean): number[] {
  if (count === 0) return [];
  const a = drafts[0] as Draft;
  const a0 = allowed ? a.after : a.before;
  if (count === 1) return [a0, a.side];
  const b = drafts[1] as Draft;
  const b0 = allowed ? b.after : b.before;
  if (count === 2) return [a0, a.side, b0, b.side];
  const c = drafts[2] as Draft;
  const c0 = allowed ? c.after : c.before;
  const marks = [a0, a.side, b0, b.side, c0, c.side];
  for (let i = 3; i < count; i++) {
    const draft = drafts[i] as Draft;
    marks.push(allowed ? draft.after : draft.before, draft.side);
  }
  return marks;
}
