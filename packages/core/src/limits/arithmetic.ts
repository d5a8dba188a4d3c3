/** What charges and settlements do to counters' numbers, whoever keeps them. */
import type { Policy, QuotaPolicy, RatePolicy } from "./policy.ts";

/**
 * The two numbers of a counter: the TAT of a rate in µs, or the units used of a quota; and a rate's
 * credits in µs, or the start of a quota's period in µs. In an object, since engines box a number of
 * more than 31 bits wherever it is handed over alone.
 */
export interface Numbers {
  readonly value: number;
  readonly side: number;
}

/** What units add to a counter's value. */
export const worthOf = (policy: Policy, units: number): number =>
  policy.kind === "rate" ? units * policy.interval : units;

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

/** A rate's TAT after units of `interval` µs each were charged, whether they fit or not. */
export function chargedTat(tat: number, at: number, units: number, interval: number): number {
  return boundedSum(tat > at ? tat : at, units * interval);
}

/**
 * A rate's TAT after another variant of its policy took over: the units owed stay the same.
 * @param from µs a unit until now.
 * @param to µs a unit from now on.
 */
export function convertedTat(tat: number, at: number, from: number, to: number): number {
  if (tat <= at) return tat;
  return boundedSum(at, Math.ceil(((tat - at) / from) * to));
}

/**
 * What a refund on a rate is worth; 0 or less where there is nothing to give back, µs.
 *
 * A refund must not make room that the requests that stand have used up. Of what the charge added to
 * the TAT there is to give back what still lies in the future, less what was given to others since:
 * more would be credit for time in which the counter has refilled, or was full anyway.
 * @param asked what was charged for nothing, µs.
 * @param charged what the outcome has of the charge.
 * @param credits of the counter today, µs.
 */
export function refundWorth(asked: number, charged: Numbers, credits: number, now: number): number {
  return Math.min(asked, charged.value - (credits - charged.side) - now);
}

/**
 * The units used of a quota after a settlement, in the period that was charged; `undefined` where the
 * settlement changes nothing.
 * @param used units on the counter.
 * @param current the start of the counter's period, µs.
 * @param isSameKind whether that is of the kind that was charged.
 * @param period the start of the period that was charged, µs; it still runs.
 * @param difference units used beyond those charged, or less than 0.
 */
export function settledUse(
  used: number,
  current: number,
  isSameKind: boolean,
  period: number,
  difference: number,
): number | undefined {
  if (current === period) return Math.max(0, boundedSum(used, difference));
  // A peek, which writes nothing, may have been the first of its period.
  return difference > 0 && isSameKind && current < period ? difference : undefined;
}
