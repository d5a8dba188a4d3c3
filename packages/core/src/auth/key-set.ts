import type { CryptoKey, JWSHeaderParameters } from "jose";
import * as errors from "jose/errors";
import { createLocalJWKSet } from "jose/jwks/local";

/** Shared by all tokens verified with one key: whether the key is still in the issuer's set. */
export class KeyReference {
  alive = true;
}

/** A key that fits a token's header. */
export interface FoundKey {
  readonly key: CryptoKey | Uint8Array;
  readonly reference: KeyReference;
}

/** `unknown`: no key fits; `ambiguous`: the header names no key, and several fit; `unusable`: the fitting key is broken. */
type KeySearch = FoundKey | "unknown" | "ambiguous" | "unusable";

export interface KeySet {
  /** What `find` has found for such a header before. */
  recall(header: JWSHeaderParameters): FoundKey | undefined;
  find(header: JWSHeaderParameters): Promise<KeySearch>;
}

/** A set of one shared secret. */
export function secretKeySet(secret: Uint8Array): KeySet {
  const found: FoundKey = { key: secret, reference: new KeyReference() };
  return { recall: () => found, find: async () => found };
}

/** One JSON Web Key. Being a set of its own for jose, it says by itself whether it fits a header. */
interface Member {
  readonly kid: unknown;
  readonly reference: KeyReference;
  readonly resolve: ReturnType<typeof createLocalJWKSet>;
}

/** What makes a key the same key from one fetch to the next; a renewed certificate does not change it. */
const identity = ["kty", "kid", "alg", "use", "key_ops", "crv", "n", "e", "x", "y", "pub"];

/** An issuer's JSON Web Key Set (RFC 7517 §5). */
export class JsonWebKeySet implements KeySet {
  readonly #members: ReadonlyMap<string, Member>;
  /** What was found, by the algorithm and the name of a key that there is: no more than these. */
  readonly #found = new Map<string, FoundKey>();

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
          resolve: createLocalJWKSet({ keys: [jwk as { kty: string }] }),
        },
      );
    }
    this.#members = members;
    for (const [name, member] of before) if (!members.has(name)) member.reference.alive = false;
  }

  recall(header: JWSHeaderParameters): FoundKey | undefined {
    return this.#found.get(placeOf(header));
  }

  async find(header: JWSHeaderParameters): Promise<KeySearch> {
    let found: FoundKey | undefined;
    let broken = false;
    for (const member of this.#members.values()) {
      if (header.kid !== undefined && header.kid !== member.kid) continue;
      try {
        const key = await member.resolve(header);
        if (found !== undefined) return "ambiguous";
        found = { key, reference: member.reference };
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) broken = true;
      }
    }
    if (found !== undefined) this.#found.set(placeOf(header), found);
    return found ?? (broken ? "unusable" : "unknown");
  }
}

/** What of a header decides which keys fit it (RFC 7515 §4.1). */
const placeOf = ({ alg, kid }: JWSHeaderParameters): string =>
  `${alg}${kid === undefined ? "" : ` ${kid}`}`;
