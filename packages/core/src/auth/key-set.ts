import type { CryptoKey } from "jose";
import * as errors from "jose/errors";
import { createLocalJWKSet } from "jose/jwks/local";
import type { AuthFailure } from "./auth-failure.ts";
import { createVerifier, isWeak, type Verifier } from "./jws/verifier.ts";
import * as refusals from "./refusals.ts";

/** Shared by all tokens verified with one key: whether the key is still in the issuer's set. */
export interface KeyReference {
  alive: boolean;
}

/** What of a token's header picks its key. */
export type KeyHeader = { readonly alg: string; readonly kid: string | undefined };

/** A key that fits a token's header. */
export interface FoundKey {
  readonly verify: Verifier;
  readonly reference: KeyReference;
  /** The set in which it was found: in another one, such a header may lead to another key. */
  readonly set: KeySet;
}

export interface KeySet {
  /** The key, or why there is none; it is one of the shared refusals. */
  find(header: KeyHeader): Promise<FoundKey | AuthFailure>;
}

/** One key's verifiers, by the algorithm of the token. */
type Verifiers = Map<string, Verifier>;

/** Rejects where the platform cannot use the key. */
async function verifierOf(
  key: CryptoKey | Uint8Array,
  alg: string,
  made: Verifiers,
): Promise<Verifier> {
  const verifier = made.get(alg) ?? (await createVerifier(alg, key));
  made.set(alg, verifier);
  return verifier;
}

/** A set of one shared secret. */
export function secretKeySet(secret: Uint8Array): KeySet {
  const reference = { alive: true };
  const verifiers: Verifiers = new Map();
  const set: KeySet = {
    async find({ alg }) {
      try {
        return { verify: await verifierOf(secret, alg, verifiers), reference, set };
      } catch {
        return refusals.keyUnusable;
      }
    },
  };
  return set;
}

/** One JSON Web Key. Being a set of its own for jose, it says by itself whether it fits a header. */
interface Member extends KeyReference {
  readonly kid: unknown;
  readonly verifiers: Verifiers;
  /** Gives the same imported key each time that it is asked for an algorithm. */
  readonly resolve: (header: KeyHeader) => Promise<CryptoKey>;
}

/** What makes a key the same key from one fetch to the next; a renewed certificate does not change it. */
const identity = ["kty", "kid", "alg", "use", "key_ops", "crv", "n", "e", "x", "y", "pub"];

/** An issuer's JSON Web Key Set (RFC 7517 §5). */
export class JsonWebKeySet implements KeySet {
  readonly #members: ReadonlyMap<string, Member>;

  /**
   * @param document what the issuer published.
   * @param previous the set that this one replaces: a key that stays keeps its reference and its imported form.
   * @throws where the document is no key set; then `previous` is untouched.
   */
  constructor(document: unknown, previous?: KeySet) {
    // jose judges the document as a whole, before anything of the previous set changes.
    createLocalJWKSet(document as Parameters<typeof createLocalJWKSet>[0]);
    const before: ReadonlyMap<string, Member> =
      previous instanceof JsonWebKeySet ? previous.#members : new Map();
    const members = new Map<string, Member>();
    for (const jwk of (document as { keys: Record<string, unknown>[] }).keys) {
      const name = JSON.stringify(jwk, identity);
      members.set(
        name,
        before.get(name) ?? {
          kid: jwk.kid,
          alive: true,
          verifiers: new Map(),
          resolve: createLocalJWKSet({ keys: [jwk as { kty: string }] }),
        },
      );
    }
    this.#members = members;
    for (const [name, member] of before) if (!members.has(name)) member.alive = false;
  }

  async find(header: KeyHeader): Promise<FoundKey | AuthFailure> {
    let found: FoundKey | AuthFailure | undefined;
    let broken = false;
    for (const member of this.#members.values()) {
      if (header.kid !== undefined && header.kid !== member.kid) continue;
      try {
        const key = await member.resolve(header);
        if (found !== undefined) return refusals.ambiguousKey;
        found = isWeak(key)
          ? refusals.weakKey
          : {
              verify: await verifierOf(key, header.alg, member.verifiers),
              reference: member,
              set: this,
            };
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) broken = true;
      }
    }
    return found ?? (broken ? refusals.keyUnusable : refusals.unknownKey);
  }
}
