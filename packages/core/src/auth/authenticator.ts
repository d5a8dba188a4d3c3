import type { Principal } from "../decision/principal.ts";
import { FluxError } from "../errors.ts";
import { readCookie } from "../facts/cookies.ts";
import { type Facts, header } from "../facts/facts.ts";
import { ApiKeys } from "./api-keys.ts";
import { Attempts, type Permit } from "./attempts.ts";
import type { AuthConfig, AuthHost } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import { BearerTokens } from "./bearer-tokens.ts";
import { Credential, type IdentityWalk, longestToken, readAuthorization } from "./credential.ts";
import { CustomSessions } from "./custom-session.ts";
import { refusals } from "./refusals.ts";
import { compileSameOrigin } from "./same-origin.ts";

type Verdict = Principal | AuthFailure | undefined;

/** What is to be forgotten. */
interface Forgotten {
  /** A principal's id, `issuer|subject`. */
  readonly principal?: string;
  /** A token as it was sent, without the scheme. */
  readonly token?: string;
  /** An API key's id or its hash. */
  readonly key?: string;
  readonly tenant?: string;
}

/** Answers who sends a request. */
export interface Authenticator {
  /**
   * The synchronous way: who is known already, why it is refused, a credential that must be verified, or
   * `undefined` where there is none. A promise only where `auth.custom` or `auth.revoked` gave one; it
   * never rejects.
   */
  recall(walk: IdentityWalk): Verdict | Credential | Promise<Verdict>;
  /**
   * Judges a credential that `recall` did not know. Never rejects.
   * @param permit asked before one that may be a guess is judged. It is not asked for one that was good a
   *   short while ago, nor for one that is being judged already; where it says no, the answer is
   *   `refusals.notPermitted`.
   */
  verify(
    credential: Credential,
    walk: IdentityWalk,
    permit?: Permit,
  ): Promise<Principal | AuthFailure>;
  /** Whether the request proves that a page of our own sent its cookie. */
  sameOrigin(facts: Facts): boolean;
  /** Forgets what is cached of a principal, a token, a key or a tenant. */
  invalidate(what: Forgotten): void;
  /** Fetches every issuer's keys. Rejects with what failed. */
  ready(): Promise<void>;
}

/** @throws FluxError `config_invalid`, where what is configured would open a way in. */
export function createAuthenticator(config: AuthConfig, given: AuthHost): Authenticator {
  return new ConfiguredAuthenticator(config, {
    now: () => given.now(),
    onEvent(event) {
      try {
        given.onEvent(event);
      } catch {
        // Whoever listens must not decide whether a request is let in.
      }
    },
  });
}

/**
 * Finds the one credential of a request. The Authorization header and the API key's are explicit: more
 * than one value of them is refused. They beat a cookie; what is left is asked of `auth.custom`.
 */
class ConfiguredAuthenticator implements Authenticator {
  readonly #tokens: BearerTokens | undefined;
  readonly #apiKeys: ApiKeys | undefined;
  readonly #apiKeyHeader: string | undefined;
  readonly #custom: CustomSessions | undefined;
  readonly #cookie: string | undefined;
  readonly #tokenAttempts = new Attempts();
  readonly #keyAttempts = new Attempts();
  readonly sameOrigin: (facts: Facts) => boolean;

  constructor(config: AuthConfig, host: AuthHost) {
    const { jwt = [], apiKeys, custom, cookie, origins } = config;
    if (jwt.length > 0) {
      this.#tokens = new BearerTokens(jwt, config, host);
      this.#cookie = cookie;
    }
    if (apiKeys !== undefined) {
      this.#apiKeys = new ApiKeys(apiKeys, host);
      this.#apiKeyHeader = apiKeys.header;
      if (this.#apiKeyHeader === "authorization" || this.#apiKeyHeader === "cookie")
        throw new FluxError("config_invalid", "auth.apiKeys.header must be a header of its own");
    }
    if (custom !== undefined) this.#custom = new CustomSessions(custom, host);
    this.sameOrigin = compileSameOrigin(origins);
  }

  recall(walk: IdentityWalk): Verdict | Credential | Promise<Verdict> {
    const authorization = header(walk.facts, "authorization");
    const apiKey =
      this.#apiKeyHeader === undefined ? undefined : header(walk.facts, this.#apiKeyHeader);
    if (authorization !== undefined) {
      if (apiKey === undefined && this.#tokens !== undefined && typeof authorization === "string") {
        const known = this.#tokens.recall(authorization, false, walk);
        if (known !== undefined) return known;
      }
      return this.#fromAuthorization(authorization, apiKey, walk);
    }
    if (apiKey !== undefined) return this.#fromApiKey(apiKey, walk);
    return this.#fromCookie(walk) ?? this.#custom?.recall(walk);
  }

  async verify(
    credential: Credential,
    walk: IdentityWalk,
    permit?: Permit,
  ): Promise<Principal | AuthFailure> {
    const isToken = credential.type === "token";
    const verifier = isToken ? this.#tokens : this.#apiKeys;
    if (verifier === undefined) return refusals.malformed;
    if (permit === undefined || credential.known) return verifier.verify(credential, walk);
    const attempts = isToken ? this.#tokenAttempts : this.#keyAttempts;
    const judge = () => verifier.verify(credential, walk);
    return (await attempts.judge(credential.reveal(), permit, judge)) ?? refusals.notPermitted;
  }

  invalidate({ principal, token, key, tenant }: Forgotten): void {
    const test =
      principal === undefined && tenant === undefined
        ? undefined
        : (known: Principal) =>
            known.id === principal || (tenant !== undefined && belongsTo(known, tenant));
    this.#tokens?.invalidate(test, token);
    this.#apiKeys?.invalidate(test, key);
  }

  async ready(): Promise<void> {
    await this.#tokens?.ready();
  }

  #fromAuthorization(
    value: string | readonly string[],
    apiKey: string | readonly string[] | undefined,
    walk: IdentityWalk,
  ): Verdict | Credential | Promise<Verdict> {
    const read = readAuthorization(value);
    if (read.scheme === "repeated") return refusals.severalCredentials;
    const isRead = this.#tokens !== undefined || this.#custom !== undefined;
    if (apiKey !== undefined) {
      // A scheme that nobody reads here belongs to somebody else, such as a proxy.
      if (read.scheme === "bearer" || isRead) return refusals.severalCredentials;
      return this.#fromApiKey(apiKey, walk);
    }
    if (read.scheme === "bearer" && this.#tokens !== undefined) {
      const { token } = read;
      if (token.length > longestToken) return refusals.tooLong;
      // Another spelling of the scheme; the cache knows one, so that spellings cannot fill it.
      const known = this.#tokens.recall(`Bearer ${token}`, false, walk);
      return known ?? new Credential("token", token, false);
    }
    if (this.#custom !== undefined) return this.#custom.recall(walk);
    return this.#tokens === undefined ? undefined : refusals.malformedAuthorization;
  }

  #fromApiKey(
    value: string | readonly string[],
    walk: IdentityWalk,
  ): Principal | AuthFailure | Credential | undefined {
    const key = typeof value === "string" ? value : value.length === 1 ? value[0] : undefined;
    // `Headers` and Node join a repeated header with a comma, which no key holds.
    if (key === undefined || key.includes(",")) return refusals.repeatedHeader;
    return this.#apiKeys?.recall(key, walk);
  }

  #fromCookie(walk: IdentityWalk): Verdict | Credential | Promise<Verdict> {
    if (this.#cookie === undefined || this.#tokens === undefined) return undefined;
    const token = readCookie(walk.facts, this.#cookie);
    // An empty cookie is how some servers sign out.
    if (token === undefined || token === "") return undefined;
    if (typeof token !== "string") return refusals.repeatedCookie;
    walk.viaCookie = true;
    if (token.length > longestToken) return refusals.tooLong;
    return this.#tokens.recall(token, true, walk) ?? new Credential("token", token, true);
  }
}

function belongsTo(principal: Principal, tenant: string): boolean {
  return principal.tenants?.includes(tenant) === true;
}
