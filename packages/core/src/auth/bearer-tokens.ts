import type { Principal } from "../decision/principal.ts";
import { FluxError } from "../errors.ts";
import { copyOf } from "../support/copy-of.ts";
import { isPromise } from "../support/is-promise.ts";
import { within } from "../support/within.ts";
import type { AuthConfig, AuthHost, IssuerConfig } from "./auth-config.ts";
import { AuthFailure } from "./auth-failure.ts";
import { compileClaimReaders } from "./claims.ts";
import { Credential, type IdentityWalk } from "./credential.ts";
import { createIssuer, type Issuer } from "./issuer.ts";
import { KnownHeaders } from "./known-headers.ts";
import { patience } from "./patience.ts";
import * as refusals from "./refusals.ts";
import { tailOf, type VerifiedToken } from "./token-cache.ts";
import { type TokenRules, verifyToken } from "./verify-token.ts";

type Verdict = Principal | AuthFailure;

interface Verification {
  readonly token: string;
  readonly verdict: Promise<VerifiedToken | AuthFailure>;
}

/** Tokens of all issuers: known ones are answered at once, new ones are verified once however many ask. */
export class BearerTokens {
  readonly #issuers: readonly Issuer[];
  readonly #rules: TokenRules;
  readonly #revoked: AuthConfig["revoked"];
  readonly #host: AuthHost;
  /** By the fingerprint of the token's tail, as the caches find it. Of two that share one, the later is not shared. */
  readonly #underWay = new Map<number, Verification>();

  constructor(jwt: readonly IssuerConfig[], config: AuthConfig, host: AuthHost) {
    this.#host = host;
    this.#revoked = config.revoked;
    this.#issuers = jwt.map((issuer) => createIssuer(issuer, host));
    const issuers = new Map(this.#issuers.map((issuer) => [issuer.name, issuer]));
    if (issuers.size < jwt.length)
      throw new FluxError("config_invalid", "auth.jwt: an issuer stands there twice");
    this.#rules = {
      issuers,
      headers: new KnownHeaders(),
      readers: compileClaimReaders(config.claims),
      clockTolerance: config.clockTolerance,
      now: host.now,
    };
  }

  /**
   * The principal of a token that is known good; the hot path. `undefined`: not known.
   * @param value the whole Authorization header, or the cookie's value.
   */
  recall(
    value: string,
    viaCookie: boolean,
    walk: IdentityWalk,
  ): Verdict | Credential | Promise<Verdict> | undefined {
    for (const issuer of this.#issuers) {
      const cache = viaCookie ? issuer.knownCookies : issuer.known;
      const known = cache.get(value);
      if (known === undefined) continue;
      if (!known.key.alive) {
        cache.delete(value);
        return undefined;
      }
      if (walk.now >= known.expiresAt) return refusals.expired;
      const state = known.keys.state(walk.now);
      if (state !== "none") {
        walk.known = known;
        return this.#admit(known, state, walk);
      }
      const token = viaCookie ? value : value.slice("Bearer ".length);
      return new Credential("token", token, viaCookie, value, known);
    }
    return undefined;
  }

  /** Judges a token that `recall` did not know, or knew from keys that must be looked at first. Never rejects. */
  async verify(credential: Credential, walk: IdentityWalk): Promise<Verdict> {
    walk.viaCookie = credential.viaCookie;
    const { waiting } = credential;
    if (waiting !== undefined) {
      const state = await waiting.keys.settle();
      if (state instanceof AuthFailure) return state;
    }
    // What was known stands, unless its key is gone from the set.
    const verified = waiting?.key.alive === true ? waiting : await this.#verifyOnce(credential);
    if (verified instanceof AuthFailure) return verified;
    const now = this.#host.now();
    if (now >= verified.expiresAt) return refusals.expired;
    // Just verified, or just looked at: keys that count as unseen by now make it stale, no worse.
    const state = verified.keys.state(now) === "fresh" ? "fresh" : "stale";
    return this.#admit(verified, state, walk);
  }

  invalidate(test: ((principal: Principal) => boolean) | undefined, token?: string): void {
    for (const { known, knownCookies } of this.#issuers) {
      if (test !== undefined) known.deleteWhere(test);
      if (test !== undefined) knownCookies.deleteWhere(test);
      if (token !== undefined) known.delete(`Bearer ${token}`);
      if (token !== undefined) knownCookies.delete(token);
    }
  }

  /** Fetches every issuer's keys; rejects with all that failed. */
  async ready(): Promise<void> {
    const results = await Promise.allSettled(this.#issuers.map(({ keys }) => keys.ready()));
    const failed = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as Error] : [],
    );
    if (failed.length === 1) throw failed[0];
    if (failed.length > 1)
      throw new AggregateError(failed, failed.map(({ message }) => message).join("; "));
  }

  #admit(
    token: VerifiedToken,
    state: "fresh" | "stale",
    walk: IdentityWalk,
  ): Verdict | Promise<Verdict> {
    if (state === "stale") walk.degrade("jwks");
    return this.#revoked === undefined ? token.principal : this.#unlessRevoked(token.principal);
  }

  #unlessRevoked(principal: Principal): Verdict | Promise<Verdict> {
    try {
      const revoked = this.#revoked?.(principal.claims);
      if (!isPromise(revoked)) return revoked ? refusals.revoked : principal;
      return within(revoked, patience, "auth.revoked").then(
        (late) => (late ? refusals.revoked : principal),
        (error) => this.#revokedFailed(error),
      );
    } catch (error) {
      return this.#revokedFailed(error);
    }
  }

  #revokedFailed(error: unknown): AuthFailure {
    this.#host.onEvent({ source: "revoked", message: "auth.revoked failed", error });
    return refusals.revokedUnavailable;
  }

  /** One verification of a token at a time, shared by all who bring it meanwhile. */
  #verifyOnce(credential: Credential): Promise<VerifiedToken | AuthFailure> {
    const token = credential.reveal();
    const place = tailOf(token);
    const underWay = this.#underWay.get(place);
    if (underWay !== undefined && underWay.token === token) return underWay.verdict;
    const verdict = this.#verifyAndRemember(token, credential, place);
    this.#underWay.set(place, { token, verdict });
    return verdict;
  }

  async #verifyAndRemember(
    token: string,
    credential: Credential,
    place: number,
  ): Promise<VerifiedToken | AuthFailure> {
    try {
      const result = await verifyToken(token, this.#rules);
      if (result instanceof AuthFailure) return result;
      const { issuer, verified } = result;
      const sent = credential.revealSent();
      // A header is kept whole, but a cookie is a piece of one.
      if (credential.viaCookie) issuer.knownCookies.set(copyOf(sent), verified);
      else issuer.known.set(sent, verified);
      return verified;
    } finally {
      if (this.#underWay.get(place)?.token === token) this.#underWay.delete(place);
    }
  }
}
