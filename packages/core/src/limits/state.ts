import { fitsQuota, fitsRate, worthOf } from "./arithmetic.ts";
import { periodEnd } from "./period.ts";
import type { RatePolicy } from "./policy.ts";
import type { Charge, Outcome } from "./store.ts";

/**
 * What an outcome says of one of its charges. Every function takes the charge, the outcome and the
 * charge's position `i` in the call, and reads without asking the store again.
 */

/** Whether this charge is one that the call was refused for. */
export function failed(charge: Charge, outcome: Outcome, i: number): boolean {
  return !outcome.allowed && !fits(charge, outcome, i);
}

/** Units that can be spent at once at the moment of the outcome; `Infinity` where unlimited. */
export function remaining(charge: Charge, outcome: Outcome, i: number): number {
  const { policy } = charge;
  if (policy.kind === "quota" || outcome.windowed === true)
    return Math.max(0, policy.quota - mark(outcome, i));
  const room = policy.tolerance - debt(outcome, i);
  return room <= 0 ? 0 : Math.floor(room / policy.interval);
}

/** Units used and not refilled: of a quota in its period, of a rate at the moment of the outcome. */
export function used(charge: Charge, outcome: Outcome, i: number): number {
  const { policy } = charge;
  if (policy.kind === "quota" || outcome.windowed === true) return mark(outcome, i);
  return Math.ceil(debt(outcome, i) / policy.interval);
}

/** When the counter is full again (a rate) or begins anew (a quota): ms since the epoch, rounded up. */
export function resetAt(charge: Charge, outcome: Outcome, i: number): number {
  const { policy } = charge;
  if (policy.kind === "quota")
    return milliseconds(outcome, periodEnd(policy.per, side(outcome, i)));
  if (outcome.windowed === true) return milliseconds(outcome, side(outcome, i));
  return milliseconds(outcome, outcome.at + debt(outcome, i));
}

/**
 * When a call of this cost would pass, if nobody else spends in the meantime: ms since the epoch,
 * rounded up, not before the outcome. `undefined` means never: the cost is above the burst or the quota.
 */
export function retryAt(charge: Charge, outcome: Outcome, i: number): number | undefined {
  const { policy, cost } = charge;
  if (fits(charge, outcome, i)) return milliseconds(outcome, outcome.at);
  if (policy.kind === "quota" || outcome.windowed === true)
    return cost > policy.quota ? undefined : resetAt(charge, outcome, i);
  if (cost > policy.burst) return undefined;
  return milliseconds(outcome, retryAtRate(policy, cost, outcome, i));
}

/**
 * An outcome as it would be without some units of each charge. Marks of quotas and of windows are in units, those of
 * other limits in time.
 */
export function outcomeWithout(
  outcome: Outcome,
  charges: readonly Charge[],
  unitsOf: (charge: Charge) => number,
): Outcome {
  const marks = [...outcome.marks];
  charges.forEach((charge, i) => {
    const units = unitsOf(charge);
    const worth = outcome.windowed === true ? units : worthOf(charge.policy, units);
    marks[2 * i] = Math.max(0, (marks[2 * i] as number) - worth);
  });
  // A store's outcome may be an instance of a class, whose accessors are not copied.
  return { ...outcome, allowed: outcome.allowed, at: outcome.at, marks };
}

function retryAtRate(policy: RatePolicy, cost: number, outcome: Outcome, i: number): number {
  return outcome.at + debt(outcome, i) + cost * policy.interval - policy.tolerance;
}

function fits({ policy, cost }: Charge, outcome: Outcome, i: number): boolean {
  return policy.kind === "quota" || outcome.windowed === true
    ? fitsQuota(policy, mark(outcome, i), cost)
    : fitsRate(policy, mark(outcome, i), outcome.at, cost);
}

/** µs until a rate's counter is full. */
function debt(outcome: Outcome, i: number): number {
  return Math.max(0, mark(outcome, i) - outcome.at);
}

function mark(outcome: Outcome, i: number): number {
  return outcome.marks[2 * i] as number;
}

function side(outcome: Outcome, i: number): number {
  return outcome.marks[2 * i + 1] as number;
}

/** ms since the epoch by the host's clock. */
function milliseconds({ ahead = 0 }: Outcome, microseconds: number): number {
  return Math.ceil((microseconds + ahead) / 1_000);
}
