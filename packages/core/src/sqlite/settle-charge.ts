import {
  boundedSum,
  chargedTat,
  type Numbers,
  refundWorth,
  settledUse,
} from "../limits/arithmetic.ts";
import { periodEnd } from "../limits/period.ts";
import type { Policy, QuotaPolicy, RatePolicy } from "../limits/policy.ts";
import { hour } from "./durations.ts";
import type { PendingCounter } from "./pending.ts";
import { unitOf } from "./unit.ts";

/** What a receipt says of one of its charges, and the outcome's two numbers of it. */
export interface Charged extends Numbers {
  readonly policy: Policy;
  readonly cost: number;
  /** What told its row from others of the same name; 0 where it had none. */
  readonly born: number;
}

/** µs that a limit's settlement is remembered for. There is nothing to give back after hours or days. */
const remembered = 60 * 24 * hour;

/**
 * Until when it is remembered that a charge was settled, µs; `undefined` where it cannot be settled any
 * more, since its quota's period is over.
 */
export function rememberedUntil({ policy, value, side }: Charged, now: number): number | undefined {
  if (policy.kind === "rate") return boundedSum(Math.max(value, now), remembered);
  const end = periodEnd(policy.per, side);
  return now < end ? end : undefined;
}

/**
 * Turns what one charge reserved into what was used.
 * @param units really used, not what was reserved.
 * @param now the clock in µs, not before the counter's latest charge.
 */
export function settleCharge(
  counter: PendingCounter,
  charged: Charged,
  units: number,
  now: number,
): void {
  const { policy, cost, born } = charged;
  if (units === cost) return;
  // What was charged to a row that is gone cannot be taken off the one that came after it.
  if (units < cost && counter.stored?.born !== born) return;
  if (policy.kind === "quota") settleQuota(counter, policy, units - cost, charged.side);
  else if (units > cost) {
    counter.value = chargedTat(counter.value, now, units - cost, counter.unit);
    counter.keep();
  } else giveBack(counter, policy, cost - units, charged, now);
}

function settleQuota(
  counter: PendingCounter,
  policy: QuotaPolicy,
  difference: number,
  period: number,
): void {
  const isSameKind = counter.unit === unitOf(policy);
  const value = settledUse(counter.value, counter.side, isSameKind, period, difference);
  if (value === undefined) return;
  counter.value = value;
  counter.side = period;
  counter.keep();
}

function giveBack(
  counter: PendingCounter,
  policy: RatePolicy,
  units: number,
  charged: Charged,
  now: number,
): void {
  // Counted in units of another worth since, or by a process whose config is another.
  if (counter.unit !== policy.interval) return;
  const credit = refundWorth(units * policy.interval, charged, counter.side, now);
  if (credit <= 0) return;
  counter.value -= credit;
  counter.side = boundedSum(counter.side, credit);
  counter.keep();
}
