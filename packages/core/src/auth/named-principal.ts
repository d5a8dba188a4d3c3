import type { NamedCaller } from "../config/auth-types.ts";
import type { Principal } from "../decision/principal.ts";
import { customIssuer, internalIssuer } from "../support/issuer-names.ts";
import { show, showWithoutText } from "../support/show.ts";
import type { Claims } from "./auth-config.ts";
import { spaceSeparated, stringList, subjectOf } from "./claims.ts";

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
  const malformed = (what: string) => new TypeError(`${kind.source} is no principal: ${what}.`);
  // A text in place of an object may be the credential itself.
  if (typeof given !== "object" || given === null)
    throw malformed(`it is ${showWithoutText(given)}, and not an object`);
  const { issuer = kind.issuer, tenant, claims = given } = given;
  const subject = subjectOf(given.subject);
  if (subject === undefined)
    throw malformed(
      `its subject is ${show(given.subject)}, and not a string of 1 to 1,024 characters`,
    );
  // The first "|" of a principal's id ends its issuer.
  if (typeof issuer !== "string" || issuer === "" || issuer.includes("|"))
    throw malformed(`its issuer is ${show(issuer)}, and not a name without "|"`);
  if (tenant !== undefined && (typeof tenant !== "string" || tenant === ""))
    throw malformed(`its tenant is ${show(tenant)}, and not a tenant's id`);
  if (typeof claims !== "object" || claims === null)
    throw malformed(`its claims are ${showWithoutText(claims)}, and not an object`);
  const list = (name: ListName): readonly string[] | undefined => {
    const value: unknown = given[name];
    if (value === undefined) return undefined;
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    const stranger = items.findIndex((item) => typeof item !== "string");
    if (stranger !== -1) {
      const found = Array.isArray(value) ? "hold" : "are";
      throw malformed(`its ${name} ${found} ${show(items[stranger])}, and not strings alone`);
    }
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
