import type { CustomPrincipal } from "../config/auth-types.ts";
import type { Principal } from "../decision/principal.ts";
import { type Facts, header } from "../facts/facts.ts";
import { isPromise } from "../support/is-promise.ts";
import { within } from "../support/within.ts";
import type { AuthConfig, AuthHost, Claims } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import { spaceSeparated, stringList, subjectOf } from "./claims.ts";
import type { IdentityWalk } from "./credential.ts";
import { customIssuer } from "./own-issuers.ts";
import { patience } from "./patience.ts";
import { refusals } from "./refusals.ts";

type Verdict = Principal | AuthFailure | undefined;

/** Sessions of one's own: asks `auth.custom`, and believes it as far as it makes sense. Never throws. */
export class CustomSessions {
  readonly #custom: NonNullable<AuthConfig["custom"]>;
  readonly #host: AuthHost;

  constructor(custom: NonNullable<AuthConfig["custom"]>, host: AuthHost) {
    this.#custom = custom;
    this.#host = host;
  }

  /** `undefined`: no credential. */
  recall(walk: IdentityWalk): Verdict | Promise<Verdict> {
    try {
      const given = this.#custom(walk.facts);
      if (!isPromise(given)) return accept(given, walk);
      return within(given, patience, "auth.custom")
        .then((late) => accept(late, walk))
        .catch((error) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): AuthFailure {
    this.#host.onEvent({ source: "custom", message: "auth.custom failed", error });
    return refusals.customUnavailable;
  }
}

/** @throws where it is no principal. */
function accept(given: CustomPrincipal | null | undefined, walk: IdentityWalk): Verdict {
  if (given === null || given === undefined) return undefined;
  if (typeof given !== "object") throw malformed("it is no object");
  const { issuer = customIssuer, tenant, claims = given, cookie } = given;
  const subject = subjectOf(given.subject);
  if (subject === undefined) throw malformed("its subject is no string of 1 to 1,024 characters");
  // The first "|" of a principal's id ends its issuer.
  if (typeof issuer !== "string" || issuer === "" || issuer.includes("|"))
    throw malformed('its issuer is no string without "|"');
  if (tenant !== undefined && (typeof tenant !== "string" || tenant === ""))
    throw malformed("its tenant is no string");
  if (typeof claims !== "object" || claims === null) throw malformed("its claims are no object");
  if (cookie !== undefined && typeof cookie !== "boolean")
    throw malformed("its cookie is neither true nor false");
  const tenants = list(given, "tenants");

  walk.viaCookie = cookie ?? isAmbient(walk.facts);
  return Object.freeze<Principal>({
    id: `${issuer}|${subject}`,
    type: "custom",
    issuer,
    subject,
    scopes: list(given, "scopes") ?? stringList([]),
    roles: list(given, "roles") ?? stringList([]),
    permissions: list(given, "permissions") ?? stringList([]),
    tenant,
    tenants: tenant === undefined ? tenants : stringList([...(tenants ?? []), tenant]),
    claims: Object.freeze({ ...(claims as Claims) }),
  });
}

function list(
  given: CustomPrincipal,
  name: "scopes" | "roles" | "permissions" | "tenants",
): readonly string[] | undefined {
  const value: unknown = given[name];
  if (value === undefined) return undefined;
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (typeof value !== "string" && !isList) throw malformed(`its ${name} is no list of strings`);
  return name === "scopes" ? spaceSeparated(value) : stringList(value);
}

function malformed(what: string): TypeError {
  return new TypeError(`what auth.custom gave is no principal: ${what}`);
}

/** Whether a browser may have sent the credential by itself: a cookie, or what it was once asked to sign in with. */
function isAmbient(facts: Facts): boolean {
  if (header(facts, "cookie") !== undefined) return true;
  const authorization = header(facts, "authorization");
  return typeof authorization === "string" && browserScheme.test(authorization);
}

/** Schemes that browsers repeat (RFC 9110 §11.6.2). */
const browserScheme = /^(?:basic|digest|negotiate|ntlm)\b/i;
