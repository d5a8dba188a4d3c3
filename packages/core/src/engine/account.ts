/**
 * The account on whose behalf a request acts, with all that the engine decides by: a tenant, or the
 * principal itself where the config knows no tenants.
 */
import type { CompiledPlan, Entitlement } from "../entitlements/catalogue.ts";
import { notEntitled } from "../entitlements/catalogue.ts";
import type { Override } from "../entitlements/overrides.ts";
import type { TenantState } from "../tenant/tenant.ts";

export interface Account extends TenantState {
  /** `false` where the principal stands for itself. */
  readonly isTenant: boolean;
  /** Under which its counters live; `tenant:` or `principal:` and the id, so that kinds never meet. */
  readonly owner: string;
  /** `undefined` where the config has no plans. */
  readonly plan: CompiledPlan | undefined;
  readonly overrides: ReadonlyMap<string, Override> | undefined;
}

/** What an account is entitled to of a feature at a time (epoch ms): its own override while that holds, else its plan. */
export function entitlementOf(account: Account, feature: string, now: number): Entitlement {
  const override = account.overrides?.get(feature);
  if (override !== undefined && now < override.expiresAt) return override.entitlement;
  return account.plan?.entitlements.get(feature) ?? notEntitled;
}

/** The name under which an account's counters live: a tenant and a principal of one id never meet. */
export function accountOwner(id: string, isTenant: boolean): string {
  return `${isTenant ? "tenant" : "principal"}:${id}`;
}
