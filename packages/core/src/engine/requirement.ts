/** Requirements compiled: references resolved, checks made, what is charged laid out for each plan. */

import type { ParsedRequirement } from "../config/requirement-schema.ts";
import type { Names, ResponseOutcome } from "../config/requirement-types.ts";
import type { Facts } from "../facts/facts.ts";
import type { CompiledFlag } from "../flags/compile-flag.ts";
import type { Charge } from "../limits/store.ts";
import type { CommonFields } from "./answer/rate-limit-fields.ts";
import type { Check } from "./checks/check.ts";
import { featureCheck, flagCheck } from "./checks/entitlement-checks.ts";
import { permissionCheck } from "./checks/permission-checks.ts";
import type { CompiledLimit, MeteredFeature } from "./start/compiled-limits.ts";

/** How much identity is asked for; the larger one wins where requirements meet. */
export const authLevels = { none: 0, optional: 1, required: 2 } as const;

/** A cost or an amount: constant, or computed from the facts. */
export type Cost = number | ((facts: Facts) => number);

export interface LimitUse {
  readonly limit: CompiledLimit;
  /** Several where requirements meet; the largest is charged. */
  readonly costs: readonly Cost[];
}

export interface FeatureUse {
  readonly feature: MeteredFeature;
  readonly costs: readonly Cost[];
}

/** The charges of all accounts of a plan. */
export interface SharedCharges {
  readonly charges: readonly Charge[];
  /** What responses that tell of them have in common; kept here by whoever writes them. */
  fields: CommonFields | undefined;
}

export interface CompiledRequirement {
  readonly auth: (typeof authLevels)[keyof typeof authLevels];
  /** In the order of the denials; scheduled by what each needs. */
  readonly checks: readonly Check[];
  readonly uses: readonly FeatureUse[];
  /** Limits by address: charged before anyone is identified. */
  readonly shield: readonly LimitUse[];
  readonly limits: readonly LimitUse[];
  readonly refundOn: readonly ((outcome: ResponseOutcome) => boolean)[];
  readonly needsPrincipal: boolean;
  readonly needsAccount: boolean;
  /** Whether a metered feature is charged, not only peeked at. */
  readonly chargesFeatures: boolean;
  /** The route keys of the config that it comes from. */
  readonly routes: readonly string[];
  /** Whether its charges are the same for all accounts of a plan; then they are kept, by plan. */
  readonly sharesCharges: boolean;
  readonly sharedCharges: (SharedCharges | undefined)[];
  /** Tells it from every other requirement of the process. */
  readonly number: number;
}

/** What names in a requirement stand for. */
export interface Definitions {
  readonly flags: { get(key: string): CompiledFlag | undefined };
  readonly metered: ReadonlyMap<string, MeteredFeature>;
  readonly limits: ReadonlyMap<string, CompiledLimit>;
}

/** Compiles a requirement whose references are known to be sound. */
export function compileRequirement(
  requirement: ParsedRequirement,
  definitions: Definitions,
  route?: string,
): CompiledRequirement {
  const checks: Check[] = [];
  for (const field of ["scopes", "roles", "permissions"] as const) {
    const names: Names | undefined = requirement[field];
    if (names !== undefined) checks.push(permissionCheck(field, names));
  }
  const flags = requirement.flag;
  for (const [key, variant] of Object.entries(
    typeof flags === "string" ? { [flags]: undefined } : (flags ?? {}),
  ))
    checks.push(flagCheck(definitions.flags.get(key) as CompiledFlag, variant));
  const uses = Object.entries(requirement.use ?? {}).map(([name, amount]) => ({
    feature: definitions.metered.get(name) as MeteredFeature,
    costs: [amount as Cost],
  }));
  // Using a metered feature that the plan does not include is a denial of the feature, not of a quota.
  const features = [requirement.feature ?? [], Object.keys(requirement.use ?? {})].flat();
  for (const name of new Set(features)) checks.push(featureCheck(name));
  const limits = [requirement.limit ?? []].flat().map((name) => ({
    limit: definitions.limits.get(name) as CompiledLimit,
    costs: [(requirement.cost ?? 1) as Cost],
  }));
  const refundOn = requirement.refundOn;
  return finish({
    auth: authLevels[requirement.auth ?? "required"],
    checks,
    uses,
    shield: limits.filter(({ limit }) => limit.by === "ip"),
    limits: limits.filter(({ limit }) => limit.by !== "ip"),
    refundOn:
      refundOn === undefined
        ? []
        : [
            typeof refundOn === "function"
              ? (refundOn as (outcome: ResponseOutcome) => boolean)
              : ({ status }) => refundOn.includes(status),
          ],
    routes: route === undefined ? [] : [route],
  });
}

/** The checks' order, which is that of their denials; one requirement's are made in it. */
const kinds = ["request", "permission", "flag", "feature"];

/** A requirement that holds where all of the given ones hold. What several charge is charged once, by the largest. */
export function combine(requirements: readonly CompiledRequirement[]): CompiledRequirement {
  const [first, ...others] = requirements as [CompiledRequirement, ...CompiledRequirement[]];
  if (others.length === 0) return first;
  const checks = new Map<string, Check>();
  for (const check of requirements.flatMap((each) => each.checks)) checks.set(check.label, check);
  return finish({
    auth: Math.max(...requirements.map((each) => each.auth)) as CompiledRequirement["auth"],
    checks: [...checks.values()].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind)),
    uses: merge(
      requirements.flatMap((each) => each.uses),
      (use) => use.feature,
    ),
    shield: merge(
      requirements.flatMap((each) => each.shield),
      (use) => use.limit,
    ),
    limits: merge(
      requirements.flatMap((each) => each.limits),
      (use) => use.limit,
    ),
    refundOn: requirements.flatMap((each) => each.refundOn),
    routes: [...new Set(requirements.flatMap((each) => each.routes))],
  });
}

function merge<T extends { readonly costs: readonly Cost[] }>(
  uses: readonly T[],
  keyOf: (use: T) => unknown,
): readonly T[] {
  const merged = new Map<unknown, T>();
  for (const use of uses) {
    const costs = [...(merged.get(keyOf(use))?.costs ?? []), ...use.costs];
    const constants = costs.filter((cost) => typeof cost === "number");
    const largest = Math.max(...constants);
    merged.set(keyOf(use), {
      ...use,
      costs: [...new Set(costs)].filter((cost) => typeof cost === "function" || cost === largest),
    });
  }
  return [...merged.values()];
}

type Derived = Pick<
  CompiledRequirement,
  | "needsPrincipal"
  | "needsAccount"
  | "chargesFeatures"
  | "sharesCharges"
  | "sharedCharges"
  | "number"
>;

let requirements = 0;

function finish(parts: Omit<CompiledRequirement, keyof Derived>): CompiledRequirement {
  const { checks, uses, limits } = parts;
  const byTenant = limits.some(({ limit }) => limit.by === "tenant");
  // Whatever is used has a feature check, which needs the account.
  const needsAccount = byTenant || checks.some(({ needs }) => needs === "account");
  return {
    ...parts,
    needsAccount,
    needsPrincipal:
      needsAccount ||
      limits.some(({ limit }) => typeof limit.by === "string") ||
      checks.some(({ needs }) => needs === "principal"),
    chargesFeatures: uses.some(({ costs }) => costs.some((cost) => cost !== 0)),
    sharesCharges:
      [...uses, ...limits].every(({ costs }) => costs.every((cost) => typeof cost === "number")) &&
      limits.every(({ limit }) => limit.by === "tenant"),
    sharedCharges: [],
    number: ++requirements,
  };
}
