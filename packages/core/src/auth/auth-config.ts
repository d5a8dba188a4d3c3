import type { ApiKeyRecord, CustomPrincipal } from "../config/auth-types.ts";
import type { Facts } from "../facts/facts.ts";
import type { ClaimLocator } from "../support/claims.ts";

/** A token's claims, or what stands for them: a record whose names nobody vouches for. */
export type Claims = Readonly<Record<string, unknown>>;

type MaybePromise<T> = T | Promise<T>;

/** Who is believed, and how, as validated; durations in milliseconds. */
export interface AuthConfig {
  readonly jwt?: readonly IssuerConfig[];
  readonly apiKeys?: ApiKeysConfig;
  /** Asked where the request carries no token and no API key. `null` or `undefined`: no credential. */
  readonly custom?: (facts: Facts) => MaybePromise<CustomPrincipal | null | undefined>;
  /** Default: `sub`, `scope`, `roles`, `permissions`, and no tenants. */
  readonly claims?: {
    readonly sub?: ClaimLocator;
    readonly scope?: ClaimLocator;
    readonly roles?: ClaimLocator;
    readonly permissions?: ClaimLocator;
    readonly tenants?: ClaimLocator;
  };
  /** Asked on each use of a verified token. What it throws makes the answer `unavailable`. */
  readonly revoked?: (claims: Claims) => MaybePromise<boolean>;
  /** The cookie that carries a token. */
  readonly cookie?: string;
  /** Origins that may send a cookie credential from elsewhere. */
  readonly origins?: readonly string[];
  /** How far the issuers' clocks may be off, for `exp` and `nbf`. */
  readonly clockTolerance: number;
}

/** One issuer of tokens. Its keys: `secret`, or `jwks`, or found by OpenID Connect Discovery. */
export interface IssuerConfig {
  readonly issuer: string;
  readonly audience: string | readonly string[] | false;
  readonly jwks?: string | URL | { readonly keys: readonly object[] };
  /** For HS256 (at least 32 bytes), HS384 (48) and HS512 (64) alone: RFC 7518 §3.2. */
  readonly secret?: string | Uint8Array;
  readonly algorithms?: readonly string[];
  readonly typ?: string;
  /** Default 1 h. */
  readonly staleKeys?: number;
  readonly fetch?: typeof fetch;
}

export interface ApiKeysConfig {
  /** In lower case. */
  readonly header: string;
  readonly lookup: (keyHash: string) => MaybePromise<ApiKeyRecord | null | undefined>;
  readonly prefix?: string;
  /** How long a record is believed: what a revocation takes at most. Default 30 s. */
  readonly cacheFor?: number;
}

/** Something that the owner of the service should know of; never holds a credential. */
export interface AuthEvent {
  readonly source: "jwks" | "apiKeys" | "custom" | "revoked";
  readonly message: string;
  readonly error?: unknown;
}

/** What the room needs of its surroundings. */
export interface AuthHost {
  /** Epoch milliseconds. */
  now(): number;
  onEvent(event: AuthEvent): void;
}
