import { Attempts, type Permit } from "../auth/attempts.ts";
import { AuthFailure } from "../auth/auth-failure.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { Credential, type IdentityWalk, readAuthorization } from "../auth/credential.ts";
import { isAmbient } from "../auth/custom-session.ts";
import { mayBeApiKey } from "../auth/may-be-api-key.ts";
import {
  type CredentialPlaces,
  credentialPlaces,
  readCredential,
} from "../auth/read-credential.ts";
import * as refusals from "../auth/refusals.ts";
import { compileSameOrigin } from "../auth/same-origin.ts";
import type { ParsedConfig } from "../config/schema.ts";
import type { Principal } from "../decision/principal.ts";
import { type Facts, header } from "../facts/facts.ts";

type Verdict = Principal | AuthFailure | undefined;

/**
 * Knows the callers that a test has named, each by a token of its own, and nobody else. To the engine each is new
 * with each request, so that whatever the test changes holds at once. What it is shown
 * otherwise it refuses as production does, and asks nobody outside.
 */
export class TestAuthenticator implements Authenticator {
  readonly #auth: ParsedConfig["auth"];
  readonly #places: CredentialPlaces;
  readonly #known = new Map<string, Principal>();
  readonly #attempts = new Attempts();
  readonly sameOrigin: (facts: Facts) => boolean;

  constructor(auth: ParsedConfig["auth"]) {
    this.#auth = auth;
    this.#places = credentialPlaces(auth);
    this.sameOrigin = compileSameOrigin(auth.origins);
  }

  /** A token for a principal. */
  issue(principal: Principal): string {
    const token = `test-${crypto.randomUUID()}`;
    this.#known.set(token, principal);
    return token;
  }

  recall(walk: IdentityWalk): Verdict | Credential {
    const { apiKeyHeader } = this.#places;
    const authorization = header(walk.facts, "authorization");
    const apiKey = apiKeyHeader === undefined ? undefined : header(walk.facts, apiKeyHeader);
    // Whatever the config reads, a caller of the test is known.
    if (authorization !== undefined && apiKey === undefined) {
      const read = readAuthorization(authorization);
      const named = read.scheme === "bearer" ? this.#known.get(read.token) : undefined;
      if (named !== undefined) return this.#admit(named, false, walk);
    }
    const shown = readCredential(authorization, apiKey, walk.facts, this.#places);
    if (shown === undefined || shown instanceof AuthFailure) return shown;
    const { type, secret, viaCookie } = shown;
    if (type === "apiKey" && !mayBeApiKey(secret, this.#auth.apiKeys?.prefix))
      return refusals.malformedApiKey;
    const named = viaCookie ? this.#known.get(secret) : undefined;
    // Whoever guesses is counted by `auth.failures`, as in production.
    if (named === undefined) return new Credential(type, secret, viaCookie);
    return this.#admit(named, true, walk);
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

  #admit(principal: Principal, viaCookie: boolean, walk: IdentityWalk): Verdict {
    walk.viaCookie = viaCookie || (principal.type === "custom" && isAmbient(walk.facts));
    const { exp } = principal.claims;
    if (principal.type === "jwt" && typeof exp === "number")
      if (walk.now >= exp * 1_000 + this.#auth.clockTolerance) return refusals.expired;
    return principal;
  }
}
