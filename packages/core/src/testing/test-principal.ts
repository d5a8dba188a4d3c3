import type { Claims } from "../auth/auth-config.ts";
import { namedPrincipal } from "../auth/named-principal.ts";
import type { NamedCaller } from "../config/auth-types.ts";
import type { ParsedConfig } from "../config/schema.ts";
import type { Principal } from "../decision/principal.ts";
import { FluxError } from "../errors.ts";
import { type ClaimLocator, readClaim } from "../support/claims.ts";
import { apiKeyIssuer, customIssuer } from "../support/issuer-names.ts";
import { show } from "../support/show.ts";

/** Whom a test's request comes from. */
export interface TestCaller extends NamedCaller {
  /** How it proved itself; default: `"jwt"`, as by a token of an issuer. */
  readonly type?: "jwt" | "apiKey" | "custom";
  /**
   * Default: of a token the config's own issuer (of several the first; `https://issuer.test` where there is
   * none), `apikey` and `custom` of the others.
   */
  readonly issuer?: string;
  /**
   * The tenant that it acts for, and belongs to. Of a token, where `tenant.from` is a claim, the claim says
   * so; where it is a header, the host or the path, the request must name the tenant as it would in production.
   */
  readonly tenant?: string;
  /** What a token says beside `iss`, `sub` and the tenant's claim; `exp` (epoch seconds) is held against the clock. */
  readonly claims?: Claims;
}

/** The principal as the config would have found it in a credential. @throws FluxError `caller_invalid` */
export function testPrincipal(caller: TestCaller, config: ParsedConfig): Principal {
  const isObject = typeof caller === "object" && caller !== null;
  const { type = "jwt", ...given }: Partial<TestCaller> = isObject ? caller : {};
  const issuers = {
    jwt: config.auth.jwt?.[0]?.issuer ?? "https://issuer.test",
    apiKey: apiKeyIssuer,
    custom: customIssuer,
  };
  if (!Object.hasOwn(issuers, type))
    throw invalid(`its type is ${show(type)}, and not "jwt", "apiKey" or "custom"`);
  let principal: Principal;
  try {
    principal = namedPrincipal(isObject ? (given as NamedCaller) : caller, {
      type,
      issuer: issuers[type],
      source: "what asPrincipal was given",
    });
  } catch (error) {
    throw new FluxError("caller_invalid", (error as TypeError).message, { cause: error });
  }
  if (principal.tenant !== undefined && config.tenant === undefined)
    throw invalid(`it has the tenant ${show(principal.tenant)}, and the config has no \`tenant\``);
  return type === "jwt" ? asToken(principal, caller.claims, config) : principal;
}

/** A token names its tenant by a claim alone. */
function asToken(principal: Principal, given: Claims | undefined, config: ParsedConfig): Principal {
  const { issuer, subject, tenant } = principal;
  const from = config.tenant?.from;
  const named = tenant !== undefined && from !== undefined && "claim" in from;
  const claims = {
    iss: issuer,
    sub: subject,
    ...(named && claimOf(from.claim, tenant)),
    ...given,
  };
  if (named && claimIn(claims, from.claim) !== tenant)
    throw invalid(
      `its tenant is ${show(tenant)}, but the claim that \`tenant.from\` reads is not: give it in \`claims\``,
    );
  return Object.freeze({ ...principal, tenant: undefined, claims: Object.freeze(claims) });
}

/** Claims in which a locator finds a value; a function may look anywhere. */
function claimOf(locator: ClaimLocator, value: string): Claims {
  if (typeof locator === "string") return { [locator]: value };
  if (typeof locator === "function") return {};
  return locator.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Claims;
}

function claimIn(claims: Claims, locator: ClaimLocator): unknown {
  try {
    return readClaim(claims, locator);
  } catch {
    return undefined;
  }
}

function invalid(what: string): FluxError {
  return new FluxError("caller_invalid", `what asPrincipal was given is no principal: ${what}.`);
}
