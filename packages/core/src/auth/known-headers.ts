import { copyOf } from "../support/copy-of.ts";
import type { Issuer } from "./issuer.ts";
import type { FoundKey } from "./key-set.ts";

/** Whose a token may be, by its header, and the key that is to tell. */
export interface HeaderKey {
  readonly issuer: Issuer;
  readonly found: FoundKey;
  /** The one that the header names, for jose. */
  readonly algorithms: string[];
}

interface Known {
  /** A token's header as it is sent, with the dot that ends it. */
  readonly text: string;
  /** `undefined`: several issuers write it. */
  key: HeaderKey | undefined;
}

/** Headers remembered; a token is held against each of them. */
const most = 16;
/** Characters of a header that is remembered. */
const longest = 1_024;

/**
 * The headers of tokens that were verified (an issuer writes the same one into every token, until it changes its
 * key), each with the key that verified it. Whoever tries that key first need not read a good token twice: what
 * is verified by an issuer's key and names that issuer is the issuer's, however the key was found.
 */
export class KnownHeaders {
  readonly #known: Known[] = [];
  #next = 0;

  /** The key to try first, where it may still be used as it is. */
  recall(token: string, now: number): HeaderKey | undefined {
    const key = this.#find(token)?.key;
    return key?.issuer.keys.stillFinds(key.found, now) === true ? key : undefined;
  }

  /** Remembers by which key a token was verified. */
  remember(token: string, key: HeaderKey): void {
    const known = this.#find(token);
    if (known !== undefined) {
      known.key = known.key?.issuer === key.issuer ? key : undefined;
      return;
    }
    const length = token.indexOf(".") + 1;
    if (length > longest) return;
    this.#known[this.#next] = { text: copyOf(token.slice(0, length)), key };
    this.#next = (this.#next + 1) % most;
  }

  #find(token: string): Known | undefined {
    const known = this.#known;
    for (let i = 0; i < known.length; i++)
      if (token.startsWith((known[i] as Known).text)) return known[i];
    return undefined;
  }
}
