import type { LimitState } from "../../decision/decision.ts";
import { periodEnd } from "../../limits/period.ts";
import type { Policy } from "../../limits/policy.ts";
import { failed, remaining, resetAt } from "../../limits/state.ts";
import type { Walk } from "../walk/walk.ts";
import { toldCharges } from "./told-charges.ts";

/** The state of each counter that this request touched. */
export function limitStates(walk: Walk): readonly LimitState[] {
  return toldCharges(walk).map(({ charge, outcome, i, taken }) => ({
    name: charge.policy.name,
    kind: charge.policy.kind === "rate" ? "limit" : "feature",
    quota: orUnlimited(charge.policy.quota),
    window: counterWindow(charge.policy, outcome.marks[2 * i + 1] as number),
    remaining: orUnlimited(remaining(charge, outcome, i)),
    resetAt: resetAt(charge, outcome, i),
    asked: charge.cost,
    charged: taken,
    passed: !failed(charge, outcome, i),
  }));
}

export function orUnlimited(units: number): number | "unlimited" {
  return units === Infinity ? "unlimited" : units;
}

/** Seconds. @param mark of a quota: the start of its period, µs. */
export function counterWindow(policy: Policy, mark: number): number {
  const microseconds = policy.kind === "rate" ? policy.window : periodEnd(policy.per, mark) - mark;
  return microseconds / 1e6;
}
