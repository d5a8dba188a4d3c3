import { BoundedMap } from "../support/bounded-map.ts";
import { copyOf } from "../support/copy-of.ts";
import type { Issuer } from "./issuer.ts";
import type { FoundKey } from "./key-set.ts";

/** Whose a token may be, by its header, and the key that is to tell. */
export interface HeaderKey {
  readonly issuer: Issuer;
  readonly found: FoundKey;
}

/** Headers of which several issuers have verified tokens: which one a token is of, its header does not tell. */
const ambiguous = Symbol("ambiguous");

/** Characters. */
const longest = 1_024;

/**
 * The headers of tokens that were verified (an issuer writes the same one into every token, until it changes its
 * key), each with the key that verified it. Whoever tries that key first need not read a good token twice: what
 * is verified by an issuer's key and names that issuer is the issuer's, however the key was found.
 */
export class KnownHeaders {
  readonly #keys = new BoundedMap<string, HeaderKey | typeof ambiguous>(32);

  /** The key to try first, where it may still be used as it is. */
  recall(token: string, now: number): HeaderKey | undefined {
    const key = this.#keys.get(headerOf(token));
    if (key === undefined || key === ambiguous) return undefined;
    return key.issuer.keys.stillFinds(key.found, now) ? key : undefined;
  }

  /** Remembers by which key a token was verified. */
  remember(token: string, issuer: Issuer, found: FoundKey): void {
    const header = headerOf(token);
    if (header.length > longest) return;
    const known = this.#keys.get(header);
    const isOthers = known === ambiguous || (known !== undefined && known.issuer !== issuer);
    this.#keys.set(copyOf(header), isOthers ? ambiguous : { issuer, found });
  }
}

const headerOf = (token: string): string => token.slice(0, token.indexOf("."));
