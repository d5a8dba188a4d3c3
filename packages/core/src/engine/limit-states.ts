import type { LimitState } from "../decision/decision.ts";
import { periodEnd } from "../limits/period.ts";
import { failed, remaining, resetAt } from "../limits/state.ts";
import type { Charge, Outcome } from "../limits/store.ts";
import { stands } from "./settling.ts";
import type { Walk } from "./walk.ts";

/** The state of each counter that this request touched, the latest word of each. */
export function limitStates(walk: Walk): readonly LimitState[] {
  if (walk.previous === undefined && walk.outcome === undefined && walk.shieldOutcome === undefined)
    return [];
  const states = new Map<string, LimitState>();
  for (let each: Walk | undefined = walk; each !== undefined; each = each.previous) {
    collect(states, each.charges, each.outcome, each !== walk);
    collect(states, each.shieldCharges, each.shieldOutcome, each !== walk);
  }
  return [...states.values()];
}

function collect(
  states: Map<string, LimitState>,
  charges: readonly Charge[],
  outcome: Outcome | undefined,
  earlier: boolean,
): void {
  if (outcome === undefined) return;
  for (let i = 0; i < charges.length; i++) {
    const charge = charges[i] as Charge;
    const { policy } = charge;
    const known = states.get(policy.id);
    if (known === undefined) states.set(policy.id, stateOf(charge, outcome, i));
    else if (earlier && stands(outcome))
      states.set(policy.id, { ...known, charged: known.charged + charge.cost });
  }
}

function stateOf(charge: Charge, outcome: Outcome, i: number): LimitState {
  const { policy, cost } = charge;
  return {
    name: policy.name,
    kind: policy.kind === "rate" ? "limit" : "feature",
    quota: policy.quota,
    window:
      policy.kind === "rate"
        ? policy.window / 1e6
        : periodLength(policy.per, outcome.marks[2 * i + 1] as number),
    remaining: remaining(charge, outcome, i),
    resetAt: resetAt(charge, outcome, i),
    charged: stands(outcome) ? cost : 0,
    passed: !failed(charge, outcome, i),
  };
}

const periodLength = (per: "hour" | "day" | "month", start: number) =>
  (periodEnd(per, start) - start) / 1e6;
