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
  const difference = units - cost;
  if (difference === 0) return;
  if (policy.kind === "quota" && now >= periodEnd(policy.per, charged.side)) return;
  let row = table.find(table.head(owner, partition), policy);
  const isNew = row < 0;
  if (isNew) {
    // Of a counter that is gone there is nothing to give back.
    if (difference < 0) return;
    row = table.claim(owner, partition, policy, now);
  }
  if (policy.kind === "rate") {
    settleRate(table, row, isNew, policy, difference, charged, now);
  } else if (isNew) {
    table.writeQuota(row, policy, { value: difference, side: charged.side }, now);
    // What was charged to a counter that is gone is not taken off the one that came after it.
  } else if (difference > 0 || !table.isYounger(row, quotasLost)) {
    settleQuota(table, row, policy, difference, charged.side, now);
  }
}

function settleQuota(
  table: CounterTable,
  row: number,
  policy: QuotaPolicy,
  difference: number,
  period: number,
  now: number,
): void {
  // In the kind of period that it is counted in, which may be another by now.
  const { per, variant } = variantOf(table.variant(row)) as QuotaVariant;
  const isSameKind = per === policy.per;
  const used = settledUse(table.value(row), table.period(row), isSameKind, period, difference);
  if (used === undefined) return;
  const quota = { per, variant, quota: policy.quota };
  table.writeQuota(row, quota, { value: used, side: period }, now);
}

function settleRate(
  table: CounterTable,
  row: number,
  isNew: boolean,
  policy: RatePolicy,
  difference: number,
  charged: Numbers,
  now: number,
): void {
  const current = isNew ? policy : (variantOf(table.variant(row)) as RatePolicy);
  let value = isNew ? now : table.value(row);
  let side = isNew ? table.creditFloor : table.credits(row);
  if (difference > 0) {
    value = chargedTat(value, now, difference, current.interval);
  } else {
    const credit = refundWorth(-difference * policy.interval, charged, side, now);
    if (credit <= 0) return;
    value -= credit;
    side += credit;
  }
  table.writeRate(row, current, { value, side }, now);
}
