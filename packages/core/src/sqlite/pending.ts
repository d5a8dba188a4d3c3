import { boundedSum, chargedTat, convertedTat, fitsQuota, fitsRate } from "../limits/arithmetic.ts";
import { grace } from "../limits/host-clock.ts";
import { periodEnd, periodFrom, periodStart, usedStill } from "../limits/period.ts";
import type { Policy, QuotaPolicy, RatePolicy } from "../limits/policy.ts";
import type { Charge } from "../limits/store.ts";
import type { CounterName, Counters, Row } from "./counters.ts";
import { minute } from "./durations.ts";
import { type Key, keyOf } from "./key.ts";
import { perOf, unitOf } from "./unit.ts";

/** A counter as the charges of one call, or a settlement, would leave it. */
export class PendingCounter implements CounterName {
  readonly owner: Key;
  readonly partition: Key;
  readonly policy: string;
  /** `undefined` where there is no row yet. */
  readonly stored: Row | undefined;
  unit: number;
  value: number;
  side: number;
  /** What is to be written; `undefined`: nothing. A look moves the numbers above, but not these. */
  kept: Pick<Row, "unit" | "value" | "side"> | undefined = undefined;

  constructor(counters: Counters, owner: Key, partition: string, policy: Policy, now: number) {
    this.owner = owner;
    this.partition = keyOf(partition);
    this.policy = policy.id;
    this.stored = counters.find(this);
    this.unit = this.stored?.unit ?? unitOf(policy);
    const isRate = policy.kind === "rate";
    this.value = this.stored?.value ?? (isRate ? now : 0);
    this.side = this.stored?.side ?? (isRate ? 0 : periodStart(policy.per, now));
  }

  /** Keeps the numbers as they are now. */
  keep(): void {
    const { unit, value, side } = this;
    this.kept = { unit, value, side };
  }

  /**
   * Writes what was kept, once.
   * @param born for the row where it is new.
   * @param now the clock, µs.
   */
  write(counters: Counters, born: number, now: number): void {
    const { stored, kept } = this;
    if (kept === undefined) return;
    this.kept = undefined;
    const { unit, value, side } = kept;
    const at = stored === undefined ? now : Math.max(stored.at, now);
    const ends = unit > 0 ? value : periodEnd(perOf(unit), side);
    const needed = boundedSum(ends, grace);
    if (stored === undefined) {
      counters.insert(this, { unit, value, side, at, born, expires: boundedSum(needed, minute) });
      return;
    }
    // Never sooner than before, and then for a while to come: the index is spared.
    const expires = needed <= stored.expires ? stored.expires : boundedSum(needed, minute);
    counters.update(this, stored, { unit, value, side, at, born: stored.born, expires });
  }
}

/** What the charges of one call would do to their counters. Nothing is written before all are known to fit. */
export interface Judgement {
  readonly allowed: boolean;
  /** The counter of each charge; charges of the same counter have the same. */
  readonly counters: readonly PendingCounter[];
  /** The outcome's. */
  readonly marks: readonly number[];
}

/** Finds out what each charge would do, and whether all of them fit. */
export function judge(
  table: Counters,
  owner: string,
  charges: readonly Charge[],
  now: number,
): Judgement {
  const key = keyOf(owner);
  const counters: PendingCounter[] = [];
  const before: number[] = [];
  const after: number[] = [];
  let allowed = true;
  for (let i = 0; i < charges.length; i++) {
    const { policy, partition, cost } = charges[i] as Charge;
    const twin = twinOf(charges, i);
    const counter =
      twin === undefined
        ? new PendingCounter(table, key, partition, policy, now)
        : (counters[twin] as PendingCounter);
    counters.push(counter);
    if (policy.kind === "rate") takeOver(counter, policy, now);
    else turnOver(counter, policy, now);
    before.push(counter.value, counter.side);
    const fits =
      policy.kind === "rate"
        ? fitsRate(policy, counter.value, now, cost)
        : fitsQuota(policy, counter.value, cost);
    if (!fits) allowed = false;
    else if (cost > 0) add(counter, policy, cost, now);
    after.push(counter.value, counter.side);
  }
  return { allowed, counters, marks: allowed ? after : before };
}

function add(counter: PendingCounter, policy: Policy, cost: number, now: number): void {
  counter.value =
    policy.kind === "rate"
      ? chargedTat(counter.value, now, cost, policy.interval)
      : boundedSum(counter.value, cost);
  counter.keep();
}

/** Expresses a rate's counter in this variant of its policy: the units owed stay the same. */
function takeOver(counter: PendingCounter, policy: RatePolicy, now: number): void {
  if (counter.unit === policy.interval) return;
  // Receipts from before the change count in µs of another worth: nothing is left to give back.
  if (counter.value > now) counter.side = boundedSum(counter.side, counter.value - now);
  counter.value = convertedTat(counter.value, now, counter.unit, policy.interval);
  counter.unit = policy.interval;
}

/** Brings a quota's counter into the period that runs, and into the kind of period that is asked for. */
function turnOver(counter: PendingCounter, policy: QuotaPolicy, now: number): void {
  // What was used in a period that still runs goes over into another kind of period.
  counter.value = usedStill(counter.value, perOf(counter.unit), counter.side, now);
  counter.side = periodFrom(policy.per, counter.side, now);
  counter.unit = unitOf(policy);
}

/** The place of an earlier charge of the same counter. */
function twinOf(charges: readonly Charge[], i: number): number | undefined {
  const { policy, partition } = charges[i] as Charge;
  for (let j = 0; j < i; j++) {
    const other = charges[j] as Charge;
    if (other.policy.index === policy.index && other.partition === partition) return j;
  }
  return undefined;
}

/** Whether nothing is asked for, so that nothing is written. */
export function isPeek(charges: readonly Charge[]): boolean {
  for (let i = 0; i < charges.length; i++) if ((charges[i] as Charge).cost !== 0) return false;
  return true;
}
