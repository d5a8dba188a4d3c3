import { boundedSum } from "./arithmetic.ts";
import type { CounterTable } from "./counter-table.ts";
import { periodEnd } from "./period.ts";
import { type QuotaPolicy, type QuotaVariant, type RatePolicy, variantOf } from "./policy.ts";
import type { Charge } from "./store.ts";

/**
 * Turns what one charge reserved into what was used.
 * @param marks the two numbers that the outcome has of the charge.
 * @param quotasLost what the table's was when the charge was made.
 * @param units really used, not what was reserved.
 * @param now the clock in µs, not before the latest charge.
 */
export function settleCharge(
  table: CounterTable,
  owner: string,
  charge: Charge,
  marks: readonly [value: number, side: number],
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
    settleQuota(table, row, owner, partition, policy, units - cost, marks[1], now);
  } else if (units > cost) {
    chargeMore(table, row, owner, partition, policy, units - cost, now);
  } else if (row >= 0) {
    giveBack(table, row, policy, cost - units, marks, now);
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
    if (difference > 0) table.add(owner, partition, policy, difference, period, now);
  } else if (table.side(row) === period) {
    const used = Math.max(0, boundedSum(table.value(row), difference));
    table.update(row, used, period);
  } else if (difference > 0 && isOlder(table, row, policy, period)) {
    // A peek, which writes nothing, was the first of its period.
    table.write(row, policy, difference, period);
  }
}

function isOlder(table: CounterTable, row: number, policy: QuotaPolicy, period: number): boolean {
  const { per } = variantOf(table.variant(row)) as QuotaVariant;
  return per === policy.per && table.side(row) < period;
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
    const tat = boundedSum(now, units * policy.interval);
    table.add(owner, partition, policy, tat, table.creditFloor, now);
  } else {
    const { interval } = variantOf(table.variant(row)) as RatePolicy;
    const tat = boundedSum(Math.max(now, table.value(row)), units * interval);
    table.update(row, tat, table.side(row));
  }
}

/**
 * A refund must not make room that the requests that stand have used up. Of what the charge added to
 * the TAT there is to give back what still lies in the future, less what was given to others since:
 * more would be credit for time in which the counter has refilled, or was full anyway.
 */
function giveBack(
  table: CounterTable,
  row: number,
  policy: RatePolicy,
  units: number,
  [tat, creditsThen]: readonly [number, number],
  now: number,
): void {
  const credits = table.side(row);
  const credit = Math.min(units * policy.interval, tat - (credits - creditsThen) - now);
  if (credit <= 0) return;
  table.update(row, table.value(row) - credit, credits + credit);
}
