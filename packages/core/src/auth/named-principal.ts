import type { NamedCaller } from "../config/auth-types.ts";
import type { Principal } from "../decision/principal.ts";
import type { Claims } from "./auth-config.ts";
import { spaceSeparated, stringList, subjectOf } from "./claims.ts";
import { customIssuer, internalIssuer } from "./own-issuers.ts";

/** On whose word a principal is named. */
export interface NamedKind {
  readonly type: Principal["type"];
  /** The issuer where none is named. */
  readonly issuer: string;
  /** What it is called in an error's message. */
  readonly source: string;
}

export const namedKinds = {
  custom: { type: "custom", issuer: customIssuer, source: "what auth.custom gave" },
  internal: { type: "internal", issuer: internalIssuer, source: "what flux.as was given" },
} as const satisfies Record<string, NamedKind>;

type ListName = "scopes" | "roles" | "permissions" | "tenants";

/**
 * The principal that the app's own code names, without a credential.
 * @throws TypeError where it is none.
 */
export function namedPrincipal(given: NamedCaller, kind: NamedKind): Principal {
  const malformed = (what: string) => new TypeError(`${kind.source} is no principal: ${what}`);
  if (typeof given !== "object" || given === null) throw malformed("it is no object");
  const { issuer = kind.issuer, tenant, claims = given } = given;
  const subject = subjectOf(given.subject);
  if (subject === undefined) throw malformed("its subject is no string of 1 to 1,024 characters");
  // The first "|" of a principal's id ends its issuer.
  if (typeof issuer !== "string" || issuer === "" || issuer.includes("|"))
    throw malformed('its issuer is no string without "|"');
  if (tenant !== undefined && (typeof tenant !== "string" || tenant === ""))
    throw malformed("its tenant is no string");
  if (typeof claims !== "object" || claims === null) throw malformed("its claims are no object");
  const list = (name: ListName): readonly string[] | undefined => {
    const value: unknown = given[name];
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    if (typeof value !== "string" && !isList) throw malformed(`its ${name} is no list of strings`);
    return name === "scopes" ? spaceSeparated(value) : stringList(value);
  };
  const tenants = list("tenants");
  return Object.freeze<Principal>({
    id: `${issuer}|${subject}`,
    type: kind.type,
    issuer,
    subject,
    scopes: list("scopes") ?? stringList([]),
    roles: list("roles") ?? stringList([]),
    permissions: list("permissions") ?? stringList([]),
    tenant,
    tenants: tenant === undefined ? tenants : stringList([...(tenants ?? []), tenant]),
    claims: Object.freeze({ ...(claims as Claims) }),
  });
}
