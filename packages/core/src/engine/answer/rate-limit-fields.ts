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
    for (const { charge, outcome, i } of toldCharges(walk)) {
      if (!isTold(charge.policy, names)) continue;
      const items = itemsOf(charge.policy, outcome.marks[2 * i + 1] as number);
      fields.policy = joined(fields.policy, items.policy);
      fields.limit = joined(fields.limit, limitOf(items, charge, outcome, i, walk.now));
    }
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
  const { items, policy } = writtenOf(charges, outcome, names);
  if (policy === "") return;
  fields.policy = joined(fields.policy, policy);
  for (let i = 0; i < charges.length; i++) {
    const item = items[i];
    if (item === undefined) continue;
    const limit = limitOf(item, charges[i] as Charge, outcome, i, now);
    fields.limit = joined(fields.limit, limit);
  }
}

const joined = (list: string, item: string) => (list === "" ? item : `${list}, ${item}`);

function limitOf(items: Items, charge: Charge, outcome: Outcome, i: number, now: number): string {
  const seconds = (resetAt(charge, outcome, i) - now) / 1_000;
  return limitItem(items.prefix, remaining(charge, outcome, i), seconds);
}

function isTold(policy: Policy, names: "limits" | "all"): boolean {
  if (policy.kind === "quota" && names === "limits") return false;
  return policy.quota !== Number.POSITIVE_INFINITY;
}

/** What is the same in every response that tells of these charges. */
interface Written {
  readonly names: "limits" | "all";
  /** `undefined` for what is not told. */
  readonly items: readonly (Items | undefined)[];
  /** The whole of `RateLimit-Policy`, as far as it is of these. */
  readonly policy: string;
}

/** Of charges that many requests share. */
const shared = new WeakMap<readonly Charge[], Written>();

function writtenOf(charges: readonly Charge[], outcome: Outcome, names: Written["names"]): Written {
  const known = shared.get(charges);
  if (known !== undefined && known.names === names && isCurrent(known, outcome)) return known;
  const items = charges.map(({ policy }, i) =>
    isTold(policy, names) ? itemsOf(policy, outcome.marks[2 * i + 1] as number) : undefined,
  );
  const policy = items.flatMap((item) => (item === undefined ? [] : [item.policy])).join(", ");
  const written = { names, items, policy };
  // Nobody can change what is frozen.
  if (Object.isFrozen(charges)) shared.set(charges, written);
  return written;
}

/** Whether the periods are still those that were written of. */
function isCurrent({ items }: Written, { marks }: Outcome): boolean {
  for (let i = 0; i < items.length; i++) {
    const period = items[i]?.period ?? 0;
    if (period !== 0 && period !== marks[2 * i + 1]) return false;
  }
  return true;
}

interface Items {
  readonly policy: string;
  readonly prefix: string;
  /** Of a quota: the start of the period that the window is of, as months differ in length; 0 of a rate. */
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
