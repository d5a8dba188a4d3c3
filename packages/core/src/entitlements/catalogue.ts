/**
 * What is sold, compiled: every plan with all that it inherits, so that a tenant's right to a feature is
 * one look-up.
 */
import type { FeaturesInput, PlanInput } from "../config/config-types.ts";
import { show } from "../support/show.ts";

export type FeatureKind = "boolean" | "static" | "metered";

/** A right to one feature. Not granted and missing are the same. */
export interface Entitlement {
  readonly granted: boolean;
  /** The static value; a metered feature's quota in units, `Infinity` where unlimited; else the grant. */
  readonly value: number | string | boolean;
}

export interface CompiledPlan {
  readonly name: string;
  /** Dense, from 0, in the config's order. */
  readonly index: number;
  /** This plan, then the one that it extends, and so on. */
  readonly lineage: readonly string[];
  readonly entitlements: ReadonlyMap<string, Entitlement>;
}

export const notEntitled: Entitlement = Object.freeze({ granted: false, value: false });

/** Entitlement of what a plan or an override gives; the value has passed `checkGrant`. */
export function entitlement(kind: FeatureKind, given: number | string | boolean): Entitlement {
  const value = kind === "metered" && given === "unlimited" ? Infinity : given;
  return Object.freeze({ granted: value !== false && value !== 0, value });
}

/**
 * What is wrong with a grant of a feature, or `undefined`.
 * @param kind the feature's; of one that there is not, the schema tells.
 */
export function checkGrant(kind: unknown, given: unknown): string | undefined {
  const expected = expectedGrant(kind, given);
  return expected === undefined ? undefined : `expected ${expected}, got ${show(given)}`;
}

function expectedGrant(kind: unknown, given: unknown): string | undefined {
  if (kind === "boolean")
    return typeof given === "boolean" ? undefined : "true or false (a boolean feature)";
  if (kind === "metered")
    return given === "unlimited" || (Number.isSafeInteger(given) && (given as number) >= 0)
      ? undefined
      : 'a whole number of units from 0 to 2^53 - 1, or "unlimited" (a metered feature)';
  if (kind !== "static") return undefined;
  if (typeof given === "number") return Number.isFinite(given) ? undefined : "a finite number";
  return typeof given === "string" || typeof given === "boolean"
    ? undefined
    : "a number, a string or a boolean (a static feature)";
}

/** Compiles plans whose references are known to be sound (no unknown `extends`, no cycle). */
export function compilePlans(
  features: FeaturesInput,
  plans: { readonly [plan: string]: PlanInput<FeaturesInput, string> },
): ReadonlyMap<string, CompiledPlan> {
  const compiled = new Map<string, CompiledPlan>();
  const compile = (name: string | undefined): CompiledPlan | undefined => {
    if (name === undefined) return undefined;
    if (compiled.has(name)) return compiled.get(name);
    const plan = plans[name] as PlanInput<FeaturesInput, string>;
    const base = compile(plan.extends);
    const entitlements = new Map(base?.entitlements);
    for (const [key, given] of Object.entries(plan.features ?? {})) {
      const { kind } = features[key] as FeaturesInput[string];
      entitlements.set(key, entitlement(kind, given as number | string | boolean));
    }
    const result: CompiledPlan = {
      name,
      index: compiled.size,
      lineage: [name, ...(base?.lineage ?? [])],
      entitlements,
    };
    compiled.set(name, result);
    return result;
  };
  for (const name of Object.keys(plans)) compile(name);
  return compiled;
}
