/** The rate-limit fields of a decision, written straight from its charges: most responses carry them. */
import type { RateLimitFields } from "../../http/response-headers.ts";
import { limitItem, limitPrefix, policyItem } from "../../http/structured-fields.ts";
import type { Policy } from "../../limits/policy.ts";
import { remaining, resetAt } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { sharedCharges } from "../charges/charging.ts";
import { authLevels } from "../requirement.ts";
import type { Walk } from "../walk/walk.ts";
import { counterWindow } from "./limit-states.ts";
import { toldCharges } from "./told-charges.ts";

/** What of the config a caller may be told: nothing before it is known, unless nobody asks who it is. */
export function namesFor(walk: Walk): "none" | "limits" | "all" {
  if (walk.principal !== undefined) return "all";
  return walk.requirement.auth === authLevels.required ? "none" : "limits";
}

/** What responses have in common that tell of the same charges. */
export interface CommonFields {
  /** Of each charge; `undefined` for what is not told. */
  readonly items: readonly (PolicyItems | undefined)[];
  /** The whole of `RateLimit-Policy`, as far as it is of these charges. */
  readonly policy: string;
}

interface PolicyItems {
  /** The item of `RateLimit-Policy`. */
  readonly policy: string;
  /** What the item of `RateLimit` begins with. */
  readonly prefix: string;
  /** Of a quota: the start of the period that the window is of, as months differ in length; 0 of a rate. */
  readonly period: number;
}

/** `undefined` where there is nothing to tell, or nobody who may be told. */
export function rateLimitFields(walk: Walk): RateLimitFields | undefined {
  const names = namesFor(walk);
  if (names === "none") return undefined;
  const fields = { "RateLimit-Policy": "", RateLimit: "" };
  if (walk.previous === undefined) {
    const { outcome, shielded } = walk;
    if (outcome !== undefined)
      append(fields, ofAccount(walk, outcome, names), walk.charges, outcome, walk.now);
    if (shielded !== undefined) {
      const shield = fieldsOf(shielded.charges, shielded.outcome, names);
      append(fields, shield, shielded.charges, shielded.outcome, walk.now);
    }
  } else
    for (const { charge, outcome, i } of toldCharges(walk)) {
      if (!isTold(charge.policy, names)) continue;
      const items = itemsOf(charge.policy, outcome.marks[2 * i + 1] as number);
      fields["RateLimit-Policy"] = joined(fields["RateLimit-Policy"], items.policy);
      fields.RateLimit = joined(fields.RateLimit, limitOf(items, charge, outcome, i, walk.now));
    }
  return fields.RateLimit === "" ? undefined : fields;
}

function append(
  fields: { "RateLimit-Policy": string; RateLimit: string },
  common: CommonFields,
  charges: readonly Charge[],
  outcome: Outcome,
  now: number,
): void {
  if (common.policy === "") return;
  fields["RateLimit-Policy"] = joined(fields["RateLimit-Policy"], common.policy);
  for (let i = 0; i < charges.length; i++) {
    const item = common.items[i];
    if (item === undefined) continue;
    const limit = limitOf(item, charges[i] as Charge, outcome, i, now);
    fields.RateLimit = joined(fields.RateLimit, limit);
  }
}

const joined = (list: string, item: string) => (list === "" ? item : `${list}, ${item}`);

function limitOf(
  item: PolicyItems,
  charge: Charge,
  outcome: Outcome,
  i: number,
  now: number,
): string {
  const seconds = (resetAt(charge, outcome, i) - now) / 1_000;
  return limitItem(item.prefix, remaining(charge, outcome, i), seconds);
}

function isTold(policy: Policy, names: "limits" | "all"): boolean {
  return (policy.kind === "rate" || names === "all") && policy.quota !== Infinity;
}

/** Of the account's charges; kept where all accounts of the plan share them. Such callers are known, and told all. */
function ofAccount(walk: Walk, outcome: Outcome, names: "limits" | "all"): CommonFields {
  const shared = names === "all" ? sharedCharges(walk) : undefined;
  if (shared?.charges !== walk.charges) return fieldsOf(walk.charges, outcome, names);
  if (shared.fields === undefined || !isCurrent(shared.fields, outcome))
    shared.fields = fieldsOf(walk.charges, outcome, names);
  return shared.fields;
}

function fieldsOf(
  charges: readonly Charge[],
  outcome: Outcome,
  names: "limits" | "all",
): CommonFields {
  const items = charges.map(({ policy }, i) =>
    isTold(policy, names) ? itemsOf(policy, outcome.marks[2 * i + 1] as number) : undefined,
  );
  const policy = items.flatMap((item) => item?.policy ?? []).join(", ");
  return { items, policy };
}

/** Whether the periods are still those that were written of. */
function isCurrent({ items }: CommonFields, outcome: Outcome): boolean {
  for (let i = 0; i < items.length; i++) {
    const period = items[i]?.period ?? 0;
    if (period !== 0 && period !== outcome.marks[2 * i + 1]) return false;
  }
  return true;
}

const itemsByPolicy = new WeakMap<Policy, PolicyItems>();

/** What is the same in every response: written once for each policy, and period. */
function itemsOf(policy: Policy, mark: number): PolicyItems {
  const period = policy.kind === "quota" ? mark : 0;
  const known = itemsByPolicy.get(policy);
  if (known !== undefined && known.period === period) return known;
  const items = {
    policy: policyItem(policy.name, policy.quota, counterWindow(policy, mark)),
    prefix: limitPrefix(policy.name),
    period,
  };
  itemsByPolicy.set(policy, items);
  return items;
}
