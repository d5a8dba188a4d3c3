/** The config's limits and metered features as policies, one for each plan that changes them. */
import type { FeatureInput, LimitBy } from "../../config/config-types.ts";
import type { ParsedLimit } from "../../config/schema.ts";
import type { CompiledPlan } from "../../entitlements/catalogue.ts";
import {
  type LeaseDefinition,
  type QuotaPolicy,
  quotaPolicy,
  type RatePolicy,
  ratePolicy,
} from "../../limits/policy.ts";
import { BoundedMap } from "../../support/bounded-map.ts";

export interface CompiledLimit {
  readonly name: string;
  readonly by: LimitBy;
  readonly base: RatePolicy;
  /** By plan index; `undefined`: unlimited on that plan. */
  readonly byPlan: readonly (RatePolicy | undefined)[];
}

export interface MeteredFeature {
  readonly name: string;
  readonly per: "hour" | "day" | "month";
  readonly lease: LeaseDefinition | undefined;
  /** By quota: the plans', and what tenants' own overrides bring. */
  readonly policies: BoundedMap<number, QuotaPolicy>;
}

/** How many quotas of a feature are remembered. */
const mostQuotas = 4_096;

export interface PolicyNumbers {
  readonly quota: number;
  /** Milliseconds. */
  readonly window: number;
  readonly burst?: number | undefined;
}

/** What plans change of a limit. */
export type ChangesOfPlans = ParsedLimit["plans"];

/** What a limit is on a plan: the base, changed by each ancestor in turn. `undefined`: unlimited. */
export function numbersOnPlan(
  limit: PolicyNumbers & { readonly plans: ChangesOfPlans },
  lineage: readonly string[],
): PolicyNumbers | undefined {
  let numbers: PolicyNumbers | undefined = limit;
  for (const name of [...lineage].reverse()) {
    if (!Object.hasOwn(limit.plans, name)) continue;
    const change = limit.plans[name] as ChangesOfPlans[string];
    if (change === "unlimited") numbers = undefined;
    else
      numbers = {
        ...(numbers ?? limit),
        ...(typeof change === "number" ? { quota: change } : change),
      };
  }
  return numbers;
}

export function compileLimit(
  name: string,
  limit: ParsedLimit,
  plans: ReadonlyMap<string, CompiledPlan>,
): CompiledLimit {
  const policy = (numbers: PolicyNumbers) => ratePolicy({ ...numbers, name, lease: limit.lease });
  return {
    name,
    by: limit.by,
    base: policy(limit),
    byPlan: [...plans.values()].map(({ lineage }) => {
      const numbers = numbersOnPlan(limit, lineage);
      return numbers === undefined ? undefined : policy(numbers);
    }),
  };
}

export function compileMetered(
  name: string,
  feature: Extract<FeatureInput, { kind: "metered" }>,
): MeteredFeature {
  return {
    name,
    per: feature.per,
    lease: feature.lease as LeaseDefinition | undefined,
    policies: new BoundedMap(mostQuotas),
  };
}

/** The policy of a metered feature at a quota. */
export function quotaOf(feature: MeteredFeature, quota: number): QuotaPolicy {
  let policy = feature.policies.get(quota);
  if (policy === undefined) {
    const { name, per, lease } = feature;
    policy = quotaPolicy({ name, per, quota, lease });
    feature.policies.set(quota, policy);
  }
  return policy;
}
