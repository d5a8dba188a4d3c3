import type { Principal } from "../decision/principal.ts";
import { FluxError } from "../errors.ts";
import { type Facts, header } from "../facts/facts.ts";
import { ApiKeys } from "./api-keys.ts";
import { Attempts, type Permit } from "./attempts.ts";
import type { AuthConfig, AuthHost } from "./auth-config.ts";
import { AuthFailure } from "./auth-failure.ts";
import { BearerTokens } from "./bearer-tokens.ts";
import { Credential, type IdentityWalk, usualHeader } from "./credential.ts";
import { CustomSessions } from "./custom-session.ts";
import { type CredentialPlaces, credentialPlaces, readCredential } from "./read-credential.ts";
import * as refusals from "./refusals.ts";
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
    now: given.now,
    onEvent(event) {
      try {
        given.onEvent(event);
      } catch {
        // Whoever listens must not decide whether a request is let in.
      }
    },
  });
}

/** Judges the one credential of a request; where it has none, `auth.custom` is asked. */
class ConfiguredAuthenticator implements Authenticator {
  readonly #tokens: BearerTokens | undefined;
  readonly #apiKeys: ApiKeys | undefined;
  readonly #custom: CustomSessions | undefined;
  readonly #places: CredentialPlaces;
  readonly #tokenAttempts = new Attempts();
  readonly #keyAttempts = new Attempts();
  readonly sameOrigin: (facts: Facts) => boolean;

  constructor(config: AuthConfig, host: AuthHost) {
    const { jwt = [], apiKeys, custom, origins } = config;
    this.#places = credentialPlaces(config);
    if (jwt.length > 0) this.#tokens = new BearerTokens(jwt, config, host);
    if (apiKeys !== undefined) {
      this.#apiKeys = new ApiKeys(apiKeys, host);
      if (apiKeys.header === "authorization" || apiKeys.header === "cookie")
        throw new FluxError("config_invalid", "auth.apiKeys.header must be a header of its own");
    }
    if (custom !== undefined) this.#custom = new CustomSessions(custom, host);
    this.sameOrigin = compileSameOrigin(origins);
  }

  recall(walk: IdentityWalk): Verdict | Credential | Promise<Verdict> {
    const { apiKeyHeader } = this.#places;
    const authorization = header(walk.facts, "authorization");
    const apiKey = apiKeyHeader === undefined ? undefined : header(walk.facts, apiKeyHeader);
    // The hot path: a known token is found by the whole header, before anything is read out of it.
    if (typeof authorization === "string" && apiKey === undefined) {
      const known = this.#tokens?.recall(authorization, false, walk);
      if (known !== undefined) return known;
    }
    const shown = readCredential(authorization, apiKey, walk.facts, this.#places);
    if (shown === undefined) return this.#custom?.recall(walk);
    if (shown instanceof AuthFailure) return shown;
    const { type, secret, viaCookie } = shown;
    if (type === "apiKey") return this.#apiKeys?.recall(secret, walk);
    walk.viaCookie = viaCookie;
    const sent = viaCookie ? secret : usualHeader(secret, authorization);
    const known = sent === authorization ? undefined : this.#tokens?.recall(sent, viaCookie, walk);
    return known ?? new Credential("token", secret, viaCookie, sent);
  }

  verify(
    credential: Credential,
    walk: IdentityWalk,
    permit?: Permit,
  ): Promise<Principal | AuthFailure> {
    const isToken = credential.type === "token";
    const verifier = isToken ? this.#tokens : this.#apiKeys;
    if (verifier === undefined) return Promise.resolve(refusals.malformed);
    if (permit === undefined || credential.recentlyGood) return verifier.verify(credential, walk);
    const attempts = isToken ? this.#tokenAttempts : this.#keyAttempts;
    return attempts
      .judge(credential.reveal(), permit, () => verifier.verify(credential, walk))
      .then((verdict) => verdict ?? refusals.notPermitted);
  }

  invalidate({ principal, token, key, tenant }: Forgotten): void {
    const test =
      principal === undefined && tenant === undefined
        ? undefined
        : (known: Principal) =>
            known.id === principal ||
            (tenant !== undefined && known.tenants?.includes(tenant) === true);
    this.#tokens?.invalidate(test, token);
    this.#apiKeys?.invalidate(test, key);
  }

  async ready(): Promise<void> {
    await this.#tokens?.ready();
  }
}
