import { BoundedMap } from "../support/bounded-map.ts";
import { type ClaimLocator, readClaim } from "../support/claims.ts";
import { interned } from "../support/interned.ts";
import { isLateAnswer } from "../support/silence.ts";
import type { AuthConfig, Claims } from "./auth-config.ts";

/** Reads one part of the principal out of claims that anybody may have written. Never throws. */
type ClaimReader<T> = (claims: Claims) => T;

export interface ClaimReaders {
  /** A string of 1–1,024 characters, or `undefined`. */
  readonly subject: ClaimReader<string | undefined>;
  readonly scopes: ClaimReader<readonly string[]>;
  readonly roles: ClaimReader<readonly string[]>;
  readonly permissions: ClaimReader<readonly string[]>;
  /** `undefined` where no locator is configured; where one is, a token without the claim belongs to no tenant. */
  readonly tenants: ClaimReader<readonly string[] | undefined>;
}

const subjectLength = 1_024;
const none: readonly string[] = Object.freeze([]);

export function compileClaimReaders(
  locators: NonNullable<AuthConfig["claims"]> = {},
): ClaimReaders {
  const subject = compileLocator(locators.sub ?? "sub");
  const scopes = compileLocator(locators.scope ?? "scope");
  const roles = compileLocator(locators.roles ?? "roles");
  const permissions = compileLocator(locators.permissions ?? "permissions");
  const shared = new SharedScopes();
  const tenants = locators.tenants === undefined ? undefined : compileLocator(locators.tenants);
  return {
    subject: (claims) => subjectOf(subject(claims)),
    scopes: (claims) => shared.of(scopes(claims)),
    roles: (claims) => kept(stringList(roles(claims))),
    permissions: (claims) => kept(stringList(permissions(claims))),
    tenants: (claims) => (tenants === undefined ? undefined : stringList(tenants(claims))),
  };
}

/** Names of a token that is remembered: compared by many requests. */
function kept(names: readonly string[]): readonly string[] {
  return names === none ? none : Object.freeze(names.map(interned));
}

/** Scopes that tokens share, as those of one client do. */
class SharedScopes {
  /** By their text, of at most `longest` characters. */
  readonly #known = new BoundedMap<string, readonly string[]>(1_000);
  readonly #longest = 1_024;

  of(value: unknown): readonly string[] {
    if (typeof value !== "string" || value.length > this.#longest)
      return kept(spaceSeparated(value));
    let scopes = this.#known.get(value);
    if (scopes === undefined) {
      scopes = kept(spaceSeparated(value));
      this.#known.set(value, scopes);
    }
    return scopes;
  }
}

/** A subject, or `undefined` where the value cannot be one. */
export function subjectOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= subjectLength
    ? value
    : undefined;
}

/** OAuth's way to write scopes (RFC 6749 §3.3): a string separated by spaces; a list is read as one too. */
export function spaceSeparated(value: unknown): readonly string[] {
  return stringList(typeof value === "string" ? value.split(" ") : value);
}

/** The non-empty strings of a list; a string alone is a list of one; anything else is empty. */
export function stringList(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  const strings = list.filter((item): item is string => typeof item === "string" && item !== "");
  return strings.length === 0 ? none : Object.freeze(strings);
}

function compileLocator(locator: ClaimLocator): ClaimReader<unknown> {
  return (claims) => {
    try {
      const value = readClaim(claims, locator);
      return isLateAnswer(value) ? undefined : value;
    } catch {
      // `(claims) => claims.realm_access.roles` on a token that has none: nothing found.
      return undefined;
    }
  };
}
