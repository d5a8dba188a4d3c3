import type { Facts } from "../facts/facts.ts";
import type { ClaimLocator } from "../support/claims.ts";
import type { Duration } from "../support/duration.ts";

type MaybePromise<T> = T | Promise<T>;
type Claims = Readonly<Record<string, unknown>>;

/** One issuer of JWTs (RFC 7519) whose tokens are accepted. */
export interface IssuerInput {
  /**
   * The exact `iss`, without `|`. Keys are found by OIDC discovery below it, and then it is an https URL
   * (http on loopback); with `jwks` or `secret` it is any name (RFC 7519 §4.1.1).
   */
  readonly issuer: string;
  /** The `aud` that stands for this API, or `false` for issuers whose access tokens have none. */
  readonly audience: string | readonly string[] | false;
  /** The key set (RFC 7517): its URL, or itself. */
  readonly jwks?: string | URL | { readonly keys: readonly object[] };
  /** A shared secret of at least 32 bytes: HS256, HS384 and HS512 only, nothing else. */
  readonly secret?: string | Uint8Array;
  /** JWS algorithms; default: all asymmetric ones (with `secret`: the HMAC ones). */
  readonly algorithms?: readonly string[];
  /** The required `typ` header, e.g. `"at+jwt"` (RFC 9068); default: any. */
  readonly typ?: string;
  /** How long keys are served after the last successful fetch while the issuer is down; default `"1h"`. */
  readonly staleKeys?: Duration;
  /** The tenants that this issuer may speak for; default: any. */
  readonly tenants?: readonly string[] | ((id: string) => boolean);
}

/** What `auth.apiKeys.lookup` gives for a key's hash. */
export interface ApiKeyRecord {
  /** The key's id: not secret, stable, at most 256 characters. */
  readonly id: string;
  readonly tenant?: string | null;
  readonly scopes?: string | readonly string[] | null;
  readonly roles?: string | readonly string[] | null;
  readonly permissions?: string | readonly string[] | null;
  /** Epoch milliseconds, a `Date`, or ISO 8601 with a zone (`2030-01-31T12:00:00Z`); a date alone is UTC. */
  readonly expiresAt?: number | string | Date | null;
  readonly disabled?: boolean | null;
  /** The stored hash; compared in constant time where given. */
  readonly hash?: string | null;
}

/** A caller that the app's own code names: who it is and what it may do. */
export interface NamedCaller {
  /** 1 to 1,024 characters. */
  readonly subject: string;
  /** Without `|`; default `"custom"` (`auth.custom`) or `"flux"` (`flux.as`). */
  readonly issuer?: string;
  /** The tenant it acts for where `tenant.from` is a claim; it belongs to it. */
  readonly tenant?: string;
  /** The tenants it belongs to. */
  readonly tenants?: readonly string[];
  readonly scopes?: string | readonly string[];
  readonly roles?: string | readonly string[];
  readonly permissions?: string | readonly string[];
  readonly claims?: Claims;
}

/** What `auth.custom` gives for a session of one's own. */
export interface CustomPrincipal extends NamedCaller {
  /** `false`: the session did not come as a cookie, so unsafe methods need no same-origin proof. */
  readonly cookie?: boolean;
}

export interface AuthInput {
  readonly jwt?: IssuerInput | readonly IssuerInput[];
  readonly apiKeys?: {
    /** The header that holds the key, e.g. `"x-api-key"`. */
    readonly header: string;
    /** The record of a key's SHA-256 (hex); the key itself never reaches it. `undefined` or `null`: no such key. */
    readonly lookup: (keyHash: string) => MaybePromise<ApiKeyRecord | null | undefined>;
    /** Refuse keys that do not begin with this prefix; see `generateApiKey`. */
    readonly prefix?: string;
    /** How long a record is believed, so how long a revocation takes; default `"30s"`. */
    readonly cacheFor?: Duration;
  };
  /** A session of one's own; `undefined` or `null`: no credential. */
  readonly custom?: (facts: Facts) => MaybePromise<CustomPrincipal | null | undefined>;
  /** Where claims are; defaults: `sub`, `scope`, `roles`, `permissions`; `tenants` has none. */
  readonly claims?: {
    readonly sub?: ClaimLocator;
    readonly scope?: ClaimLocator;
    readonly roles?: ClaimLocator;
    readonly permissions?: ClaimLocator;
    readonly tenants?: ClaimLocator;
  };
  /** Asked on every use of a token; `true` refuses it. */
  readonly revoked?: (claims: Claims) => MaybePromise<boolean>;
  /** The cookie that may hold the token where there is no Authorization header. */
  readonly cookie?: string;
  /** Origins that may send a cookie credential with an unsafe method, e.g. `"https://app.example.com"`. */
  readonly origins?: readonly string[];
  /** Failed credentials that one client address may send; off unless given. */
  readonly failures?: { readonly quota: number; readonly window: Duration };
  /** How far clocks may differ when `exp` and `nbf` are judged; default `"5s"`, at most `"5m"`. */
  readonly clockTolerance?: Duration;
  /** The realm of `WWW-Authenticate`; default `"api"`. */
  readonly realm?: string;
}
