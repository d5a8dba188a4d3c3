/** What a request is charged: from the requirement, the account's plan and what was already charged for it. */

import type { Denial } from "../../decision/decision.ts";
import type { Facts } from "../../facts/facts.ts";
import type { QuotaPolicy, RatePolicy } from "../../limits/policy.ts";
import { failed, outcomeWithout, remaining, retryAt } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { show } from "../../support/show.ts";
import { isLateAnswer } from "../../support/silence.ts";
import { type Account, entitlementOf } from "../account.ts";
import type { Cost, FeatureUse, LimitUse, SharedCharges } from "../requirement.ts";
import { type CompiledLimit, quotaOf } from "../start/compiled-limits.ts";
import { noCharges, type Walk } from "../walk/walk.ts";
import { paid } from "./settling.ts";

/** A cost or a partition that the config's own function computed wrongly for this request. */
export class UnchargeableRequest {
  readonly detail: string;
  readonly cause: unknown;
  constructor(detail: string, cause?: unknown) {
    this.detail = detail;
    this.cause = cause;
  }
}

/**
 * The largest of the costs.
 * @throws UnchargeableRequest where one is not a non-negative safe integer.
 */
function costOf(costs: readonly Cost[], facts: Facts): number {
  let largest = 0;
  for (let i = 0; i < costs.length; i++) {
    let cost = costs[i] as Cost;
    if (typeof cost === "function") {
      try {
        cost = cost(facts);
      } catch (error) {
        throw new UnchargeableRequest("What this request costs cannot be told.", error);
      }
      if (!Number.isSafeInteger(cost) || cost < 0) {
        const given = isLateAnswer(cost) ? "a promise" : show(cost);
        throw new UnchargeableRequest(
          "What this request costs is not a whole number from 0 to 2^53 - 1.",
          new RangeError(`a cost function of the config gave ${given}`),
        );
      }
    }
    if (cost > largest) largest = cost;
  }
  return largest;
}

/** The charges by address, before anyone is identified. */
export function shieldCharges(walk: Walk): readonly Charge[] {
  const charges: Charge[] = [];
  for (const use of walk.requirement.shield)
    pushCharge(charges, walk, use.limit.base, "", costOf(use.costs, walk.facts));
  return charges;
}

/** The charges of the account: metered features first, then limits, as their denials are ordered. */
export function accountCharges(walk: Walk): readonly Charge[] {
  const { uses, limits } = walk.requirement;
  if (uses.length + limits.length === 0) return noCharges;
  return sharedCharges(walk)?.charges ?? ownCharges(walk);
}

function ownCharges(walk: Walk): Charge[] {
  const { uses, limits } = walk.requirement;
  const charges: Charge[] = [];
  for (let i = 0; i < uses.length; i++) {
    const use = uses[i] as FeatureUse;
    const { value } = entitlementOf(walk.account as Account, use.feature.name, walk.now);
    const policy = quotaOf(use.feature, value as number);
    pushCharge(charges, walk, policy, "", costOf(use.costs, walk.facts));
  }
  for (let i = 0; i < limits.length; i++) {
    const use = limits[i] as LimitUse;
    const policy = policyOf(use.limit, walk);
    if (policy === undefined) continue;
    pushCharge(charges, walk, policy, partitionOf(use.limit, walk), costOf(use.costs, walk.facts));
  }
  return charges;
}

/** Whoever names no tenant is on the default plan: leaving the name out must not pay. */
function policyOf(limit: CompiledLimit, walk: Walk): RatePolicy | undefined {
  const { account, principal, engine } = walk;
  const plan =
    account !== undefined || principal === undefined ? account?.plan : engine.defaultPlan;
  return plan === undefined ? limit.base : limit.byPlan[plan.index];
}

function partitionOf(limit: CompiledLimit, walk: Walk): string {
  const by = limit.by;
  if (by === "tenant") return "";
  if (by === "principal" || by === "apiKey") return walk.principal?.id ?? "";
  try {
    const partition: unknown = (by as (facts: Facts) => string)(walk.facts);
    if (typeof partition === "string" && partition !== "" && partition.length <= 256)
      return partition;
    isLateAnswer(partition);
    throw new TypeError(`limits.${limit.name}.by gave no string of 1 to 256 characters`);
  } catch (error) {
    throw new UnchargeableRequest("Whom this request counts for cannot be told.", error);
  }
}

/** Adds a charge, less what an earlier guard of the same request has charged of it. */
function pushCharge(
  charges: Charge[],
  walk: Walk,
  policy: Charge["policy"],
  partition: string,
  cost: number,
): void {
  const already = alreadyCharged(walk, policy, partition);
  if (already === 0 || cost > already) charges.push({ policy, partition, cost: cost - already });
}

function alreadyCharged(walk: Walk, policy: Charge["policy"], partition: string): number {
  let already = 0;
  for (let earlier = walk.previous; earlier !== undefined; earlier = earlier.previous)
    if (!earlier.peeks)
      already +=
        charged(earlier.charges, earlier.outcome, policy, partition) +
        charged(
          earlier.shielded?.charges ?? noCharges,
          earlier.shielded?.outcome,
          policy,
          partition,
        );
  return already;
}

function charged(
  charges: readonly Charge[],
  outcome: Outcome | undefined,
  policy: Charge["policy"],
  partition: string,
): number {
  for (const charge of charges)
    if (charge.policy.index === policy.index && charge.partition === partition)
      return paid(outcome, charge);
  return 0;
}

/**
 * The charges where nothing about them depends on this one request: constant costs, counted for the
 * account itself, on a plan without overrides. Made once for each plan.
 */
export function sharedCharges(walk: Walk): SharedCharges | undefined {
  const { requirement, account } = walk;
  if (!requirement.sharesCharges || walk.previous !== undefined) return undefined;
  if (account === undefined || account.overrides !== undefined) return undefined;
  const slot = account.plan === undefined ? 0 : account.plan.index + 1;
  const known = requirement.sharedCharges[slot];
  if (known !== undefined) return known;
  const charges = ownCharges(walk);
  // So that no foreign store changes what others are charged; Flux's own changes nothing, and a frozen list reads slower.
  if (walk.engine.checksOutcomes) Object.freeze(charges);
  const shared = { charges, fields: undefined };
  requirement.sharedCharges[slot] = shared;
  return shared;
}

/**
 * This guard has refused, so what earlier ones charged of the same counters goes back: the refusal is told as
 * that of one guard that asks for all of it at once. Whether a charge fits is the same in both readings.
 */
export function takeBack(walk: Walk, outcome: Outcome): void {
  const already = ({ policy, partition }: Charge) => alreadyCharged(walk, policy, partition);
  walk.outcome = outcomeWithout(outcome, walk.charges, already);
  walk.charges = walk.charges.map((charge) => ({ ...charge, cost: charge.cost + already(charge) }));
}

/** The denials of a refused call, one for each charge that did not pass. */
export function chargeDenials(charges: readonly Charge[], outcome: Outcome): Denial[] {
  const denials: Denial[] = [];
  for (let i = 0; i < charges.length; i++) {
    const charge = charges[i] as Charge;
    if (!failed(charge, outcome, i)) continue;
    const { policy, cost } = charge;
    const left = remaining(charge, outcome, i);
    const at = retryAt(charge, outcome, i);
    denials.push(
      policy.kind === "quota"
        ? {
            code: "quota_exceeded",
            check: "quota",
            name: policy.name,
            detail: quotaDetail(policy, cost, left),
            retryAt: at,
          }
        : {
            code: "rate_limited",
            check: "limit",
            name: policy.name,
            detail: limitDetail(policy, cost, left),
            retryAt: at,
          },
    );
  }
  return denials;
}

function quotaDetail(policy: QuotaPolicy, cost: number, left: number): string {
  const { name, per, quota } = policy;
  if (cost > quota)
    return `This asks for ${cost} ${name} at once; the plan has ${quota} in a whole ${per}.`;
  if (left === 0) return `All ${quota} ${name} of this ${per} are used up.`;
  return `This asks for ${cost} ${name}; ${left} of ${quota} ${are(left)} left this ${per}.`;
}

function limitDetail(policy: RatePolicy, cost: number, left: number): string {
  const { name, burst } = policy;
  if (cost > burst)
    return `This costs ${cost} of the limit ${name}, which never allows more than ${burst} at once.`;
  if (left === 0) return `The limit ${name} is exhausted.`;
  return `This costs ${cost} of the limit ${name}, and ${left} ${are(left)} left.`;
}

const are = (units: number) => (units === 1 ? "is" : "are");
