import type { Principal } from "../decision/principal.ts";
import { BoundedMap } from "../support/bounded-map.ts";
import type { RememberedCredential } from "./credential.ts";
import { fingerprint } from "./fingerprint.ts";
import type { IssuerKeys } from "./issuer-keys.ts";
import type { KeyReference } from "./key-set.ts";

/** A token whose signature and claims were found good, and all that may end that. */
export interface VerifiedToken extends RememberedCredential {
  /** What was sent, whole; written by the cache that holds it. */
  sent: string;
  /** Epoch milliseconds, the tolerance included: from then on it is expired. */
  readonly expiresAt: number;
  /** Dies when the key leaves the issuer's key set. */
  readonly key: KeyReference;
  /** Knows how long ago the key set was looked at. */
  readonly keys: IssuerKeys;
}

/**
 * Characters at the end of a token: signature bits, as good as random, and different for each token. At least 32
 * bits, for a fingerprint of 30: of the last character only two may count.
 */
const tail = 6;

/**
 * Verified tokens, found by what was sent: the whole Authorization header (`Bearer …`), so that nothing
 * is sliced, or a cookie's value.
 *
 * Each request brings a fresh string, whose hash a map keyed by it would have to compute over all of its
 * 500 to 2,000 characters: a microsecond. A fingerprint of the tail finds the entry, and one comparison of
 * the whole makes sure: a tenth of that.
 */
export class TokenCache {
  readonly #entries: BoundedMap<number, VerifiedToken>;

  /** @param capacity entries, at least 2. */
  constructor(capacity: number) {
    this.#entries = new BoundedMap(capacity);
  }

  get(value: string): VerifiedToken | undefined {
    const found = this.#entries.get(tailOf(value));
    return found !== undefined && found.sent === value ? found : undefined;
  }

  set(value: string, verified: VerifiedToken): void {
    verified.sent = value;
    this.#entries.set(tailOf(value), verified);
  }

  delete(value: string): void {
    if (this.get(value) !== undefined) this.#entries.delete(tailOf(value));
  }

  deleteWhere(test: (principal: Principal) => boolean): void {
    this.#entries.deleteWhere(({ principal }) => test(principal));
  }
}

/** Where a token is found: a fingerprint of its tail. */
export function tailOf(value: string): number {
  return fingerprint(value, Math.max(0, value.length - tail));
}
