import { Attempts, type Permit } from "../auth/attempts.ts";
import type { AuthFailure } from "../auth/auth-failure.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import {
  Credential,
  type IdentityWalk,
  longestToken,
  readAuthorization,
} from "../auth/credential.ts";
import { isAmbient } from "../auth/custom-session.ts";
import { refusals } from "../auth/refusals.ts";
import { compileSameOrigin } from "../auth/same-origin.ts";
import type { ParsedConfig } from "../config/schema.ts";
import type { Principal } from "../decision/principal.ts";
import { readCookie } from "../facts/cookies.ts";
import { type Facts, header } from "../facts/facts.ts";

type Verdict = Principal | AuthFailure | undefined;

/**
 * Knows the callers that a test has named, each by a token of its own, and nobody else. What it is shown
 * otherwise it refuses as production does, and asks nobody outside.
 */
export class TestAuthenticator implements Authenticator {
  readonly #auth: ParsedConfig["auth"];
  readonly #known = new Map<string, Principal>();
  readonly #attempts = new Attempts();
  readonly sameOrigin: (facts: Facts) => boolean;

  constructor(auth: ParsedConfig["auth"]) {
    this.#auth = auth;
    this.sameOrigin = compileSameOrigin(auth.origins);
  }

  /** A token for a principal. */
  issue(principal: Principal): string {
    const token = `test-${crypto.randomUUID()}`;
    this.#known.set(token, principal);
    return token;
  }

  recall(walk: IdentityWalk): Verdict | Credential {
    const { apiKeys, cookie } = this.#auth;
    const authorization = header(walk.facts, "authorization");
    const apiKey = apiKeys === undefined ? undefined : header(walk.facts, apiKeys.header);
    if (authorization !== undefined) {
      const read = readAuthorization(authorization);
      if (read.scheme === "repeated" || apiKey !== undefined) return refusals.severalCredentials;
      if (read.scheme === "other") return refusals.malformedAuthorization;
      return this.#judge(read.token, false, walk);
    }
    if (apiKey !== undefined) {
      const isOne = typeof apiKey === "string" && !apiKey.includes(",");
      return isOne ? new Credential("apiKey", apiKey, false) : refusals.repeatedHeader;
    }
    const token = cookie === undefined ? undefined : readCookie(walk.facts, cookie);
    if (token === undefined || token === "") return undefined;
    if (typeof token !== "string") return refusals.repeatedCookie;
    return this.#judge(token, true, walk);
  }

  async verify(
    credential: Credential,
    walk: IdentityWalk,
    permit?: Permit,
  ): Promise<Principal | AuthFailure> {
    walk.viaCookie = credential.viaCookie;
    const refusal = credential.type === "apiKey" ? refusals.unknownApiKey : refusals.malformed;
    if (permit === undefined) return refusal;
    const judged = this.#attempts.judge(credential.reveal(), permit, async () => refusal);
    return (await judged) ?? refusals.notPermitted;
  }

  /** Nothing is cached: a test's callers are known until it ends. */
  invalidate(): void {}

  async ready(): Promise<void> {}

  #judge(token: string, viaCookie: boolean, walk: IdentityWalk): Verdict | Credential {
    walk.viaCookie = viaCookie;
    if (token.length > longestToken) return refusals.tooLong;
    const principal = this.#known.get(token);
    // Whoever guesses is counted by `auth.failures`, as in production.
    if (principal === undefined) return new Credential("token", token, viaCookie);
    if (principal.type === "custom") walk.viaCookie ||= isAmbient(walk.facts);
    const { exp } = principal.claims;
    if (principal.type === "jwt" && typeof exp === "number")
      if (walk.now >= exp * 1_000 + this.#auth.clockTolerance) return refusals.expired;
    return principal;
  }
}
