import { chargedTat, type Numbers, refundWorth, settledUse } from "./arithmetic.ts";
import type { CounterTable } from "./counter-table.ts";
import { periodEnd } from "./period.ts";
import { type QuotaPolicy, type QuotaVariant, type RatePolicy, variantOf } from "./policy.ts";
import type { Charge } from "./store.ts";

/**
 * Turns what one charge reserved into what was used.
 * @param charged the two numbers that the outcome has of the charge.
 * @param quotasLost what the table's was when the charge was made.
 * @param units really used, not what was reserved.
 * @param now the clock in µs, not before the latest charge.
 */
export function settleCharge(
  table: CounterTable,
  owner: string,
  charge: Charge,
  charged: Numbers,
  quotasLost: number,
  units: number,
  now: number,
): void {
  const { policy, partition, cost } = charge;
  if (units === cost) return;
  const row = table.find(table.head(owner, partition), policy);
  if (policy.kind === "quota") {
    // What was charged to a counter that is gone cannot be taken off the one that came after it.
    if (units < cost && row >= 0 && table.isYounger(row, quotasLost)) return;
    settleQuota(table, row, owner, partition, policy, units - cost, charged.side, now);
  } else if (units > cost) {
    chargeMore(table, row, owner, partition, policy, units - cost, now);
  } else if (row >= 0) {
    giveBack(table, row, policy, cost - units, charged, now);
  }
}

function settleQuota(
  table: CounterTable,
  row: number,
  owner: string,
  partition: string,
  policy: QuotaPolicy,
  difference: number,
  period: number,
  now: number,
): void {
  if (now >= periodEnd(policy.per, period)) return;
  if (row < 0) {
    if (difference <= 0) return;
    const claimed = table.claim(owner, partition, policy, now);
    table.writeQuota(claimed, policy, { value: difference, side: period }, now);
    return;
  }
  // In the kind of period that it is counted in, which may be another by now.
  const { per, variant } = variantOf(table.variant(row)) as QuotaVariant;
  const isSameKind = per === policy.per;
  const used = settledUse(table.value(row), table.period(row), isSameKind, period, difference);
  if (used === undefined) return;
  const quota = { per, variant, quota: policy.quota };
  table.writeQuota(row, quota, { value: used, side: period }, now);
}

function chargeMore(
  table: CounterTable,
  row: number,
  owner: string,
  partition: string,
  policy: RatePolicy,
  units: number,
  now: number,
): void {
  if (row < 0) {
    const claimed = table.claim(owner, partition, policy, now);
    const value = chargedTat(now, now, units, policy.interval);
    table.writeRate(claimed, policy, { value, side: table.creditFloor }, now);
  } else {
    const current = variantOf(table.variant(row)) as RatePolicy;
    const value = chargedTat(table.value(row), now, units, current.interval);
    table.writeRate(row, current, { value, side: table.credits(row) }, now);
  }
}

function giveBack(
  table: CounterTable,
  row: number,
  policy: RatePolicy,
  units: number,
  charged: Numbers,
  now: number,
): void {
  const credits = table.credits(row);
  const credit = refundWorth(units * policy.interval, charged, credits, now);
  if (credit <= 0) return;
  const current = variantOf(table.variant(row)) as RatePolicy;
  const value = table.value(row) - credit;
  table.writeRate(row, current, { value, side: credits + credit }, now);
}
