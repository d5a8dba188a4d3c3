import { copyOf } from "../support/copy-of.ts";
import type { Issuer } from "./issuer.ts";
import type { FoundKey } from "./key-set.ts";

/** Whose a token may be, by its header, and the key that is to tell. */
export interface HeaderKey {
  readonly issuer: Issuer;
  readonly found: FoundKey;
}

interface Known {
  /** A token's header as it is sent. */
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
  recall(header: string, now: number): HeaderKey | undefined {
    const key = this.#find(header)?.key;
    return key?.issuer.keys.stillFinds(key.found, now) === true ? key : undefined;
  }

  /** Remembers by which key a token with this header was verified. */
  remember(header: string, key: HeaderKey): void {
    const known = this.#find(header);
    if (known !== undefined) {
      known.key = known.key?.issuer === key.issuer ? key : undefined;
      return;
    }
    if (header.length > longest) return;
    this.#known[this.#next] = { text: copyOf(header), key };
    this.#next = (this.#next + 1) % most;
  }

  #find(header: string): Known | undefined {
    const known = this.#known;
    for (let i = 0; i < known.length; i++) if ((known[i] as Known).text === header) return known[i];
    return undefined;
  }
}
