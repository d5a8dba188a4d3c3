import type { LimitState } from "../../decision/decision.ts";
import { periodEnd } from "../../limits/period.ts";
import type { Policy } from "../../limits/policy.ts";
import { failed, remaining, resetAt } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import type { Walk } from "../walk/walk.ts";

/**
 * The state of each counter that this request touched, the latest word of each. Where this guard refused,
 * what earlier ones charged to the account has been given back, and is not told; a peek refuses nobody.
 */
export function limitStates(walk: Walk): readonly LimitState[] {
  const states = new Map<string, LimitState>();
  for (let each: Walk | undefined = walk; each !== undefined; each = each.previous) {
    // What an earlier peek has seen is nothing that this decision asked for.
    if (each !== walk && each.peeks) continue;
    if (each === walk || walk.keepsEarlier) collect(states, each.charges, each.outcome, each.peeks);
    collect(states, each.shieldCharges, each.shieldOutcome, each.peeks);
  }
  return [...states.values()];
}

function collect(
  states: Map<string, LimitState>,
  charges: readonly Charge[],
  outcome: Outcome | undefined,
  peeks: boolean,
): void {
  if (outcome === undefined) return;
  for (let i = 0; i < charges.length; i++) {
    const charge = charges[i] as Charge;
    const { policy } = charge;
    const taken = outcome.allowed && !peeks ? charge.cost : 0;
    const known = states.get(policy.id);
    // An earlier guard's charge on the same counter adds to what was charged; its state is outdated.
    states.set(
      policy.id,
      known === undefined
        ? stateOf(charge, outcome, i, taken)
        : { ...known, charged: known.charged + taken },
    );
  }
}

function stateOf(charge: Charge, outcome: Outcome, i: number, taken: number): LimitState {
  const { policy, cost } = charge;
  return {
    name: policy.name,
    kind: policy.kind === "rate" ? "limit" : "feature",
    quota: orUnlimited(policy.quota),
    window: counterWindow(policy, outcome.marks[2 * i + 1] as number),
    remaining: orUnlimited(remaining(charge, outcome, i)),
    resetAt: resetAt(charge, outcome, i),
    asked: cost,
    charged: taken,
    passed: !failed(charge, outcome, i),
  };
}

export function orUnlimited(units: number): number | "unlimited" {
  return units === Number.POSITIVE_INFINITY ? "unlimited" : units;
}

/** Seconds. @param mark of a quota: the start of its period, µs. */
export function counterWindow(policy: Policy, mark: number): number {
  const microseconds = policy.kind === "rate" ? policy.window : periodEnd(policy.per, mark) - mark;
  return microseconds / 1e6;
}
