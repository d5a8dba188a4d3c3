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
  { plans, plainAccount, now, report }: Surroundings,
): Engine["tenants"] {
  const { tenant } = config;
  if (tenant === undefined) return undefined;
  const { from, load, cache, timeout, onError } = tenant;
  const resolve = compileResolveTenant(from, {
    readPath: "path" in from ? compilePathParameter(from.path) : undefined,
    speaksFor: compileSpeaksFor(config, report),
  });
  const byPrincipal = "claim" in from && typeof from.claim !== "function" && !asksIssuers(config);
  if (load === undefined) return { resolve, byPrincipal, directory: undefined };
  const directory = new TenantDirectory<Account>({
    load,
    compile: (id, record) => readAccount(id, record, config, plans, plainAccount, report),
    fallback: onError === "allow" ? (id) => plainAccount(id, true) : undefined,
    ...cache,
    timeout,
    now,
    onError: (message, error) => report("tenant", message, error),
  });
  return { resolve, byPrincipal, directory };
}

/** Whether a function of the config says for which tenants an issuer may speak. */
function asksIssuers({ auth }: ParsedConfig): boolean {
  return auth.jwt?.some(({ tenants }) => typeof tenants === "function") ?? false;
}

/** Which issuers may speak for which tenants; `undefined` where none is bound to some. */
function compileSpeaksFor(
  config: ParsedConfig,
  report: Engine["report"],
): ((issuer: string, tenant: string) => boolean) | undefined {
  const bound = new Map(
    (config.auth.jwt ?? []).flatMap(({ issuer, tenants }) =>
      tenants === undefined ? [] : [[issuer, fixed(tenants)] as const],
    ),
  );
  if (bound.size === 0) return undefined;
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

/** What a list holds when the config is read is what counts. */
function fixed<T>(tenants: readonly string[] | T): readonly string[] | T {
  return Array.isArray(tenants) ? [...(tenants as readonly string[])] : tenants;
}

/** A tenant's record as an account; a string says what is wrong with it. */
function readAccount(
  id: string,
  record: unknown,
  config: ParsedConfig,
  plans: ReadonlyMap<string, CompiledPlan>,
  plainAccount: Engine["plainAccount"],
  report: Engine["report"],
): Account | string {
  if (typeof record !== "object" || record === null || Array.isArray(record))
    return "it is no object";
  const { plan, status, overrides: given } = record as Record<string, unknown>;
  if (status !== undefined && status !== null && typeof status !== "string")
    return "its status is no string";
  const account = plainAccount(id, true);
  let on = account.plan;
  if (plan !== undefined && plan !== null) {
    if (typeof plan !== "string") return "its plan is no string";
    on = plans.get(plan);
    if (on === undefined)
      return `its plan ${JSON.stringify(plan)} is none of the config's (${[...plans.keys()].join(", ") || "there are none"})`;
  } else if (plans.size > 0 && on === undefined)
    return "it names no plan, and the config has no defaultPlan";
  const { overrides, malformed, unknown } = readOverrides(config.features, given);
  if (malformed !== undefined) return malformed;
  if (unknown.length > 0)
    report(
      "tenant",
      `The record of tenant ${JSON.stringify(id)} overrides unknown features: ${unknown.join(", ")}`,
    );
  return { ...account, plan: on, suspended: status === "suspended", overrides };
}
