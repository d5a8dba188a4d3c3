import type { ParsedConfig } from "../../config/schema.ts";
import type { CompiledPlan } from "../../entitlements/catalogue.ts";
import { readOverrides } from "../../entitlements/overrides.ts";
import { compilePathParameter } from "../../route/path-parameter.ts";
import { TenantDirectory } from "../../tenant/directory.ts";
import { compileResolveTenant } from "../../tenant/resolve.ts";
import type { Account } from "../account.ts";
import type { Engine } from "../engine.ts";

interface Surroundings {
  readonly plans: ReadonlyMap<string, CompiledPlan>;
  readonly plainAccount: Engine["plainAccount"];
  readonly now: () => number;
  readonly report: Engine["report"];
}

/** The tenants of a config: how one is found, and how its record is loaded and read. */
export function compileTenants(
  config: ParsedConfig,
  surroundings: Surroundings,
): Engine["tenants"] {
  const { tenant } = config;
  if (tenant === undefined) return undefined;
  const { from, load, cache, timeout, onError } = tenant;
  const { plainAccount, now, report } = surroundings;
  const bound = boundIssuers(config);
  const allListed = [...bound.values()].every(Array.isArray);
  return {
    resolve: compileResolveTenant(from, {
      readPath: "path" in from ? compilePathParameter(from.path) : undefined,
      speaksFor: bound.size === 0 ? undefined : compileSpeaksFor(bound, report),
    }),
    byPrincipal: "claim" in from && typeof from.claim !== "function" && allListed,
    directory:
      load === undefined
        ? undefined
        : new TenantDirectory<Account>({
            load,
            compile: (id, record) => readAccount(id, record, config, surroundings),
            fallback: onError === "allow" ? (id) => plainAccount(id, true) : undefined,
            ...cache,
            timeout,
            now,
            onError: (message, error) => report("tenant", message, error),
          }),
  };
}

/** By issuer, for which tenants it may speak: those of a list, or those that a function accepts. */
type BoundIssuers = ReadonlyMap<string, readonly string[] | ((tenant: string) => boolean)>;

/** The issuers that may not speak for every tenant. What a list holds when the config is read is what counts. */
function boundIssuers({ auth }: ParsedConfig): BoundIssuers {
  const bound = new Map<string, readonly string[] | ((tenant: string) => boolean)>();
  for (const { issuer, tenants } of auth.jwt ?? [])
    if (tenants !== undefined)
      bound.set(issuer, typeof tenants === "function" ? tenants : [...tenants]);
  return bound;
}

/** Which issuers may speak for which tenants. */
function compileSpeaksFor(
  bound: BoundIssuers,
  report: Engine["report"],
): (issuer: string, tenant: string) => boolean {
  return (issuer, tenant) => {
    const tenants = bound.get(issuer);
    if (tenants === undefined) return true;
    if (typeof tenants !== "function") return tenants.includes(tenant);
    try {
      return tenants(tenant) === true;
    } catch (error) {
      report("tenant", `auth.jwt[].tenants of ${issuer} threw`, error);
      return false;
    }
  };
}

/** A tenant's record as an account; a string says what is wrong with it. */
function readAccount(
  id: string,
  record: unknown,
  { features }: ParsedConfig,
  { plans, plainAccount, report }: Surroundings,
): Account | string {
  if (typeof record !== "object" || record === null || Array.isArray(record))
    return "it is no object";
  const { plan, status, overrides: given } = record as Record<string, unknown>;
  if (!isTextOrNothing(status)) return "its status is no string";
  if (!isTextOrNothing(plan)) return "its plan is no string";
  const account = plainAccount(id, true);
  const on = typeof plan === "string" ? plans.get(plan) : account.plan;
  if (on === undefined && typeof plan === "string")
    return `its plan ${JSON.stringify(plan)} is none of the config's (${[...plans.keys()].join(", ") || "there are none"})`;
  if (on === undefined && plans.size > 0)
    return "it names no plan, and the config has no defaultPlan";
  const { overrides, malformed, unknown } = readOverrides(features, given);
  if (malformed !== undefined) return malformed;
  if (unknown.length > 0)
    report(
      "tenant",
      `The record of tenant ${JSON.stringify(id)} overrides unknown features: ${unknown.join(", ")}`,
    );
  return { ...account, plan: on, suspended: status === "suspended", overrides };
}

const isTextOrNothing = (given: unknown) =>
  given === undefined || given === null || typeof given === "string";
