/** For tests of this room: an issuer with keys of its own, a clock that stands still, and a walk through both doors. */
import {
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import type { Principal } from "../decision/principal.ts";
import type { Facts } from "../facts/facts.ts";
import type { AuthConfig, AuthEvent } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import { createAuthenticator } from "./authenticator.ts";
import { Credential, type IdentityWalk } from "./credential.ts";

export const start = 1_800_000_000_000;
export const audience = "https://api.example.com";

/** Epoch milliseconds, moved by hand. */
export class TestClock {
  time = start;
  readonly now = (): number => this.time;
  pass(milliseconds: number): void {
    this.time += milliseconds;
  }
}

interface SigningKey {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Serves its key set through `fetch`, and counts how often it is asked. */
export class TestIssuer {
  readonly issuer: string;
  readonly signing = new Map<string, SigningKey>();
  fetches = 0;
  /** What stands for the answer; default: the key set. */
  answer: () => Response | Promise<Response> = () => Response.json(this.jwks);

  constructor(issuer = "https://idp.example.com") {
    this.issuer = issuer;
  }

  get jwks(): { keys: JWK[] } {
    return { keys: [...this.signing.values()].map(({ jwk }) => jwk) };
  }

  readonly fetch = async (): Promise<Response> => {
    this.fetches += 1;
    return this.answer();
  };

  async addKey(kid: string, alg = "ES256"): Promise<SigningKey> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const key = { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
    this.signing.set(kid, key);
    return key;
  }

  /** A token that lives for an hour from `start`, unless the claims say otherwise; `undefined` leaves one out. */
  token(
    kid: string,
    claims: JWTPayload = {},
    header: Record<string, unknown> = {},
  ): Promise<string> {
    const key = this.signing.get(kid);
    if (key === undefined) throw new Error(`no key ${kid}`);
    return new SignJWT({
      iss: this.issuer,
      aud: audience,
      sub: "alice",
      exp: start / 1_000 + 3_600,
      ...claims,
    })
      .setProtectedHeader({ alg: key.alg, kid, ...header })
      .sign(key.privateKey);
  }

  /** Signs a payload as it stands, such as no library would write it. */
  sign(kid: string, payload: string, header: Record<string, unknown> = {}): Promise<string> {
    const key = this.signing.get(kid);
    if (key === undefined) throw new Error(`no key ${kid}`);
    return new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: key.alg, kid, ...header })
      .sign(key.privateKey);
  }

  get config() {
    return {
      issuer: this.issuer,
      audience,
      jwks: new URL(`${this.issuer}/keys`),
      fetch: this.fetch as typeof fetch,
    };
  }
}

export function bearer(token: string): Facts {
  return facts({ authorization: `Bearer ${token}` });
}

export function facts(headers: Record<string, string | string[]>, method = "GET"): Facts {
  return { method, url: "/", headers };
}

/** An authenticator, what it reported, and the whole way that the engine goes through it. */
export function setUp(config: Partial<AuthConfig>, clock = new TestClock()) {
  const events: AuthEvent[] = [];
  const authenticator = createAuthenticator(
    { clockTolerance: 5_000, ...config },
    { now: clock.now, onEvent: (event) => events.push(event) },
  );
  const walkOf = (request: Facts): IdentityWalk & { readonly sources: string[] } => ({
    facts: request,
    now: clock.time,
    viaCookie: false,
    known: undefined,
    sources: [],
    degrade(source: string) {
      this.sources.push(source);
    },
  });
  async function identify(
    request: Facts,
    walk: IdentityWalk = walkOf(request),
  ): Promise<Principal | AuthFailure | undefined> {
    const recalled = await authenticator.recall(walk);
    return recalled instanceof Credential ? authenticator.verify(recalled, walk) : recalled;
  }
  return { authenticator, clock, events, identify, walkOf };
}
