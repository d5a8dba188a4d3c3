/**
 * What a request was charged, carried to a guard in another process as plain data. The guard identifies
 * the caller anew; only the charges are believed, and only those of the same owner.
 */
import type { Facts } from "../../facts/facts.ts";
import type { Policy } from "../../limits/policy.ts";
import type { Charge } from "../../limits/store.ts";
import type { Engine } from "../engine.ts";
import { quotaOf } from "../start/compiled-limits.ts";
import { Walk } from "../walk/walk.ts";
import { receiptsOf } from "./settling.ts";

/** What one request was charged, by one call of the store each. JSON-serialisable. */
export interface ChargeReceipt {
  readonly receipts: readonly CarriedCharges[];
}

/** The charges of one owner. */
export interface CarriedCharges {
  /** The tenant or principal, or `ip:` and an address. */
  readonly owner: string;
  /** When the store decided: µs since the epoch. */
  readonly at: number;
  readonly charges: readonly CarriedCharge[];
}

export interface CarriedCharge {
  /** `limit:` or `feature:` and the name. */
  readonly policy: string;
  /** Of a limit the plan by whose numbers it was charged, where there was one; of a feature its quota. */
  readonly variant?: string | number | "unlimited";
  readonly partition: string;
  readonly cost: number;
  /** What the store noted of it. */
  readonly marks: readonly [value: number, side: number];
}

export function receiptOf(walk: Walk): ChargeReceipt | undefined {
  const receipts = receiptsOf(walk, true).map(({ owner, charges, outcome }) => ({
    owner,
    at: outcome.at,
    charges: charges.map(({ policy, partition, cost }, i) => ({
      policy: policy.id,
      ...variantOf(walk.engine, policy),
      partition,
      cost,
      marks: [outcome.marks[2 * i], outcome.marks[2 * i + 1]] as [number, number],
    })),
  }));
  return receipts.length === 0 ? undefined : { receipts };
}

/** The walk of an earlier guard that would have made these charges, the first of a chain. */
export function walkOfReceipt(
  engine: Engine,
  facts: Facts,
  { receipts }: ChargeReceipt,
): Walk | undefined {
  let previous: Walk | undefined;
  // The latest comes first in a receipt, and last in a chain.
  for (const { owner, at, charges } of [...receipts].reverse()) {
    const known = charges.flatMap((charge) => {
      const policy = policyOf(engine, charge);
      return policy === undefined ? [] : [{ policy, charge }];
    });
    const walk = new Walk(engine, facts, previous);
    walk.carried = true;
    const made: Charge[] = known.map(({ policy, charge: { partition, cost } }) => ({
      policy,
      partition,
      cost,
    }));
    const outcome = { allowed: true, at, marks: known.flatMap(({ charge }) => charge.marks) };
    if (owner.startsWith("ip:")) {
      walk.shieldOwner = owner;
      walk.shieldCharges = made;
      walk.shieldOutcome = outcome;
    } else {
      walk.owner = owner;
      walk.charges = made;
      walk.outcome = outcome;
    }
    previous = walk;
  }
  return previous;
}

function variantOf(engine: Engine, policy: Policy): Pick<CarriedCharge, "variant"> {
  if (policy.kind === "quota")
    return { variant: policy.quota === Number.POSITIVE_INFINITY ? "unlimited" : policy.quota };
  const limit = engine.limits.get(policy.name);
  for (const plan of engine.plans.values())
    if (limit?.byPlan[plan.index] === policy) return { variant: plan.name };
  return {};
}

/** `undefined` where this config has no such policy (any more). */
function policyOf(engine: Engine, { policy: id, variant }: CarriedCharge): Policy | undefined {
  const [kind, name] = [id.slice(0, id.indexOf(":")), id.slice(id.indexOf(":") + 1)];
  if (kind === "feature") {
    const feature = engine.metered.get(name);
    const quota = variant === "unlimited" ? Number.POSITIVE_INFINITY : Number(variant);
    return feature === undefined ? undefined : quotaOf(feature, quota);
  }
  const limit = engine.limits.get(name);
  const plan = variant === undefined ? undefined : engine.plans.get(String(variant));
  return (plan === undefined ? undefined : limit?.byPlan[plan.index]) ?? limit?.base;
}
