/** The rate-limit fields of a decision, written straight from its charges: most responses carry them. */
import type { RateLimitFields } from "../../http/response-headers.ts";
import { limitItem, limitPrefix, policyItem } from "../../http/structured-fields.ts";
import type { Policy } from "../../limits/policy.ts";
import { remaining, resetAt } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { authLevels } from "../requirement.ts";
import type { Walk } from "../walk/walk.ts";
import { counterWindow } from "./limit-states.ts";
import { toldCharges } from "./told-charges.ts";

/** What of the config a caller may be told: nothing before it is known, unless nobody asks who it is. */
export function namesFor(walk: Walk): "none" | "limits" | "all" {
  if (walk.principal !== undefined) return "all";
  return walk.requirement.auth === authLevels.required ? "none" : "limits";
}

/** `undefined` where there is nothing to tell, or nobody who may be told. */
export function rateLimitFields(walk: Walk): RateLimitFields | undefined {
  const names = namesFor(walk);
  if (names === "none") return undefined;
  const fields = { policy: "", limit: "" };
  if (walk.previous === undefined) {
    append(fields, walk.charges, walk.outcome, walk.now, names);
    append(fields, walk.shieldCharges, walk.shieldOutcome, walk.now, names);
  } else
    for (const { charge, outcome, i } of toldCharges(walk))
      appendOne(fields, charge, outcome, i, walk.now, names);
  return fields.policy === "" ? undefined : fields;
}

interface Fields {
  policy: string;
  limit: string;
}

function append(
  fields: Fields,
  charges: readonly Charge[],
  outcome: Outcome | undefined,
  now: number,
  names: "limits" | "all",
): void {
  if (outcome === undefined) return;
  for (let i = 0; i < charges.length; i++)
    appendOne(fields, charges[i] as Charge, outcome, i, now, names);
}

function appendOne(
  fields: Fields,
  charge: Charge,
  outcome: Outcome,
  i: number,
  now: number,
  names: "limits" | "all",
): void {
  const { policy } = charge;
  if (policy.kind === "quota" && names === "limits") return;
  if (policy.quota === Number.POSITIVE_INFINITY) return;
  const items = itemsOf(policy, outcome.marks[2 * i + 1] as number);
  const seconds = (resetAt(charge, outcome, i) - now) / 1_000;
  const separator = fields.policy === "" ? "" : ", ";
  fields.policy += separator + items.policy;
  fields.limit += separator + limitItem(items.prefix, remaining(charge, outcome, i), seconds);
}

interface Items {
  readonly policy: string;
  readonly prefix: string;
  /** Of a quota: the start of the period that the window is of, as months differ in length. */
  readonly period: number;
}

const written = new WeakMap<Policy, Items>();

/** What is the same in every response: written once for each policy, and period. */
function itemsOf(policy: Policy, mark: number): Items {
  const period = policy.kind === "quota" ? mark : 0;
  const known = written.get(policy);
  if (known !== undefined && known.period === period) return known;
  const items = {
    policy: policyItem(policy.name, policy.quota, counterWindow(policy, mark)),
    prefix: limitPrefix(policy.name),
    period,
  };
  written.set(policy, items);
  return items;
}
