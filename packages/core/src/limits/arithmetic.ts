import type { QuotaPolicy, RatePolicy } from "./policy.ts";

/** Whether a number is one of units: a non-negative safe integer. */
export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Whether a rate's counter has room for a cost. A cost above the burst never fits. */
export function fitsRate(policy: RatePolicy, tat: number, at: number, cost: number): boolean {
  if (cost === 0) return true;
  // First, so that the product below cannot leave the safe integers.
  if (cost > policy.burst) return false;
  return (tat > at ? tat - at : 0) + cost * policy.interval <= policy.tolerance;
}

/** Whether a counter of units has room for a cost: a quota's, or a rate's that is counted in windows. */
export function fitsQuota(policy: Pick<QuotaPolicy, "quota">, used: number, cost: number): boolean {
  return cost === 0 || cost <= policy.quota - used;
}

/** A sum of units or of µs that stays a safe integer; only overruns can reach the bound. */
export function boundedSum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** A rate's TAT after another variant of its policy took over: the units owed stay the same. */
export function convertedTat(tat: number, at: number, from: RatePolicy, to: RatePolicy): number {
  if (tat <= at) return tat;
  return boundedSum(at, Math.ceil(((tat - at) / from.interval) * to.interval));
}
