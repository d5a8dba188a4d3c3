/** Which tenant a request acts for: named by a claim, a header, the host or the path, and never believed unchecked. */

import type { TenantFrom } from "../config/config-types.ts";
import type { Principal } from "../decision/principal.ts";
import { type Facts, header } from "../facts/facts.ts";
import { readClaim } from "../support/claims.ts";
import { isLateAnswer } from "../support/silence.ts";
import { type TenantFailure, tenantFailures } from "./tenant.ts";

/** The tenant's id; `undefined` where the request names none; a failure where it may not act for it. */
export type ResolveTenant = (
  facts: Facts,
  principal: Principal,
) => string | undefined | TenantFailure;

/** The longest id that is looked at, in UTF-16 units. */
const longestId = 256;

/** What the engine gives for it. */
export interface ResolveOptions {
  /** Reads the parameter of a path pattern, where `from` is `{ path }`; an object: it cannot be read safely. */
  readonly readPath?: ((url: string) => string | undefined | object) | undefined;
  /** Whether an issuer of tokens may speak for a tenant; default: any may. */
  readonly speaksFor?: ((issuer: string, tenant: string) => boolean) | undefined;
}

export function compileResolveTenant(
  from: TenantFrom,
  options: ResolveOptions = {},
): ResolveTenant {
  const resolve = compileResolve(from, options.readPath);
  const { speaksFor } = options;
  if (speaksFor === undefined) return resolve;
  return (facts, principal) => {
    const id = resolve(facts, principal);
    if (typeof id !== "string" || principal.type !== "jwt") return id;
    return speaksFor(principal.issuer, id) ? id : tenantFailures.notMember;
  };
}

function compileResolve(from: TenantFrom, readPath: ResolveOptions["readPath"]): ResolveTenant {
  if ("claim" in from) {
    const locator = from.claim;
    return (_facts, principal) => {
      if (principal.type !== "jwt") return onlyTenant(principal);
      let value: unknown;
      try {
        value = readClaim(principal.claims, locator);
      } catch {
        return tenantFailures.unreadable;
      }
      if (value === undefined || value === null || value === "") return undefined;
      if (typeof value !== "string" || value.length > longestId) {
        isLateAnswer(value);
        return tenantFailures.unreadable;
      }
      // The issuer signed the claim, so it is a membership by itself, unless memberships are listed.
      if (principal.tenants === undefined || principal.tenants.includes(value)) return value;
      return tenantFailures.notMember;
    };
  }
  const read = compileRead(from, readPath);
  return (facts, principal) => {
    // A caller that the app's own code names comes without a request that could name a tenant.
    if (principal.type === "internal") return onlyTenant(principal);
    const named = read(facts);
    if (named === undefined) return principal.type === "jwt" ? undefined : onlyTenant(principal);
    if (typeof named !== "string") return named;
    return principal.tenants?.includes(named) === true ? named : tenantFailures.notMember;
  };
}

/** The tenant of an API key, of a session of one's own or of a named caller: the one it acts for, or the only one it belongs to. */
function onlyTenant({ tenant, tenants }: Principal): string | undefined {
  return tenant ?? (tenants?.length === 1 ? tenants[0] : undefined);
}

function compileRead(
  from: Exclude<TenantFrom, { claim: unknown }>,
  readPath: ((url: string) => string | undefined | object) | undefined,
): (facts: Facts) => string | undefined | TenantFailure {
  if ("header" in from) {
    const name = from.header.toLowerCase();
    return (facts) => checkId(header(facts, name));
  }
  if ("host" in from) {
    const suffix = from.host.slice(from.host.indexOf(".")).toLowerCase();
    return (facts) => readHost(header(facts, "host"), suffix);
  }
  const read = (url: string) => {
    const value = readPath?.(url);
    return typeof value === "object" ? tenantFailures.unreadable : checkId(value);
  };
  return ({ url, routedUrl }) => {
    const sent = read(url);
    if (routedUrl === undefined) return sent;
    // Whoever rewrote the path chose the handler, which reads the tenant from the new one.
    const routed = read(routedUrl);
    return sent === undefined || sent === routed ? routed : tenantFailures.ambiguous;
  };
}

function checkId(
  value: string | readonly string[] | undefined,
): string | undefined | TenantFailure {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") return tenantFailures.ambiguous;
  return value.length > longestId ? tenantFailures.unreadable : value;
}

function readHost(
  host: string | readonly string[] | undefined,
  suffix: string,
): string | undefined | TenantFailure {
  const value = checkId(host);
  if (typeof value !== "string") return value;
  const colon = value.lastIndexOf(":");
  let name = (colon < 0 ? value : value.slice(0, colon)).toLowerCase();
  if (name.endsWith(".")) name = name.slice(0, -1);
  if (!name.endsWith(suffix)) return undefined;
  const label = name.slice(0, -suffix.length);
  return label === "" || label.includes(".") ? undefined : label;
}
