import type { FeatureState } from "../../decision/decision.ts";
import { outcomeWithout, remaining, resetAt, used } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { entitlementOf } from "../account.ts";
import { paid } from "../charges/settling.ts";
import { quotaOf } from "../start/compiled-limits.ts";
import type { Walk } from "../walk/walk.ts";
import { orUnlimited } from "./limit-states.ts";

/**
 * What the account is entitled to of a feature. The use of a metered one is looked up in the store where
 * that answers at once; else it is what this request's own charge said, if there was one.
 */
export function featureState(walk: Walk, key: string): FeatureState {
  const kind = walk.engine.featureKinds.get(key);
  const account = walk.account;
  if (kind === undefined || account === undefined)
    return { granted: false, kind: kind ?? "boolean", value: false };
  const { granted, value } = entitlementOf(account, key, walk.now);
  const metered = walk.engine.metered.get(key);
  const state = { granted, kind, value: typeof value === "number" ? orUnlimited(value) : value };
  if (metered === undefined || !granted) return state;
  const policy = quotaOf(metered, value as number);
  const peek: Charge = { policy, partition: "", cost: 0 };
  const seen = look(walk, account.owner, peek);
  if (seen === undefined) return state;
  return {
    ...state,
    used: used(...seen),
    remaining: orUnlimited(remaining(...seen)),
    resetAt: resetAt(...seen),
  };
}

/** What the charges said, less what has been given back of them since, and with what was charged on top. */
function asSettled(charges: readonly Charge[], outcome: Outcome): Outcome {
  if (!outcome.allowed) return outcome;
  return outcomeWithout(outcome, charges, (charge) => charge.cost - paid(outcome, charge));
}

function look(walk: Walk, owner: string, peek: Charge): [Charge, Outcome, number] | undefined {
  const { engine } = walk;
  if (engine.store.synchronous === true)
    try {
      return [peek, engine.store.charge(owner, [peek], true, engine.now()) as Outcome, 0];
    } catch (error) {
      engine.report("store", "The store could not be read", error);
    }
  for (let each: Walk | undefined = walk; each !== undefined; each = each.previous) {
    const i = each.charges.findIndex((charge) => charge.policy.id === peek.policy.id);
    const charge = each.charges[i];
    if (charge !== undefined && each.outcome !== undefined)
      return [charge, asSettled(each.charges, each.outcome), i];
  }
  return undefined;
}
