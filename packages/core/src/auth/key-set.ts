import type { CryptoKey } from "jose";
import * as errors from "jose/errors";
import { createLocalJWKSet } from "jose/jwks/local";
import { createVerifier, isWeak, type Verifier } from "./jws/verifier.ts";

/** Shared by all tokens verified with one key: whether the key is still in the issuer's set. */
export class KeyReference {
  alive = true;
}

/** What of a token's header picks its key. */
export type KeyHeader = { readonly alg: string; readonly kid?: string };

/** A key that fits a token's header. */
export interface FoundKey {
  readonly verify: Verifier;
  readonly reference: KeyReference;
  /** The set in which it was found: in another one, such a header may lead to another key. */
  readonly set: KeySet;
}

/**
 * `unknown`: no key fits; `ambiguous`: the header names no key, and several fit; `unusable`: the fitting key is
 * broken; `weak`: it proves nothing.
 */
type KeySearch = FoundKey | "unknown" | "ambiguous" | "unusable" | "weak";

export interface KeySet {
  find(header: KeyHeader): Promise<KeySearch>;
}

/** One key's verifiers, by the algorithm of the token. */
class Verifiers {
  readonly #made = new Map<string, Verifier>();

  /** Rejects where the platform cannot use the key. */
  async of(alg: string, key: CryptoKey | Uint8Array): Promise<Verifier> {
    const made = this.#made.get(alg) ?? (await createVerifier(alg, key));
    this.#made.set(alg, made);
    return made;
  }
}

/** A set of one shared secret. */
export function secretKeySet(secret: Uint8Array): KeySet {
  const reference = new KeyReference();
  const verifiers = new Verifiers();
  const set: KeySet = {
    async find({ alg }) {
      try {
        return { verify: await verifiers.of(alg, secret), reference, set };
      } catch {
        return "unusable";
      }
    },
  };
  return set;
}

/** One JSON Web Key. Being a set of its own for jose, it says by itself whether it fits a header. */
interface Member {
  readonly kid: unknown;
  readonly reference: KeyReference;
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
  constructor(document: unknown, previous?: JsonWebKeySet) {
    // jose judges the document as a whole, before anything of the previous set changes.
    createLocalJWKSet(document as Parameters<typeof createLocalJWKSet>[0]);
    const before: ReadonlyMap<string, Member> =
      previous === undefined ? new Map() : previous.#members;
    const members = new Map<string, Member>();
    for (const jwk of (document as { keys: Record<string, unknown>[] }).keys) {
      const name = JSON.stringify(jwk, identity);
      members.set(
        name,
        before.get(name) ?? {
          kid: jwk.kid,
          reference: new KeyReference(),
          verifiers: new Verifiers(),
          resolve: createLocalJWKSet({ keys: [jwk as { kty: string }] }),
        },
      );
    }
    this.#members = members;
    for (const [name, member] of before) if (!members.has(name)) member.reference.alive = false;
  }

  async find(header: KeyHeader): Promise<KeySearch> {
    let found: FoundKey | "weak" | undefined;
    let broken = false;
    for (const { kid, reference, verifiers, resolve } of this.#members.values()) {
      if (header.kid !== undefined && header.kid !== kid) continue;
      try {
        const key = await resolve(header);
        if (found !== undefined) return "ambiguous";
        found = isWeak(key)
          ? "weak"
          : { verify: await verifiers.of(header.alg, key), reference, set: this };
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) broken = true;
      }
    }
    return found ?? (broken ? "unusable" : "unknown");
  }
}
