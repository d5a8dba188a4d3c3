import { maximumCharacters, maximumSegments } from "./bounds.ts";
import { caseBit, slash, upperA, upperZ } from "./characters.ts";
import { hashMask, hashPrime, hashSeed } from "./hashing.ts";
import { isDotSegment, plainFolded } from "./target.ts";
import type { RouteEntry, RouteNode } from "./trie.ts";

/**
 * Finds the most specific entry for a path, in place: no segment is ever cut out of the text.
 *
 * A literal that differs from the path only in case is matched by a case-insensitive framework and
 * not by a case-sensitive one. So it is taken *and* passed by: its entries are collected, and the
 * search goes on as if it had failed. Only a match that holds under both readings ends the search.
 *
 * Every place of the tree is reached along one way only, so a search visits each at most once: it
 * is bounded by the patterns that agree with the path so far, whatever the path.
 */
export class RouteWalker<T> {
  /** The entries collected since `start`, the first `foundCount` of them; the rest is stale. */
  readonly found: (RouteEntry<T> | undefined)[] = [];
  foundCount = 0;

  #text = "";
  #method = 0;
  #segments = 0;
  #lastFilled = -1;
  /** Of each segment: where it starts, where it ends, and its hash; side by side, as they are read together. */
  readonly #cuts = new Int32Array((maximumSegments + 1) * 3);

  /** Forgets what was found. */
  start(): void {
    this.foundCount = 0;
  }

  /**
   * Cuts the path into segments.
   * @param start where the path begins in `text`: at its first "/".
   * @returns whether the path is plain: it has one reading, but for case. Where it is not, `walk` may
   *   only be called once it was made sure that there are no more segments than allowed.
   */
  split(text: string, start: number, end: number): boolean {
    this.#text = text;
    this.#lastFilled = -1;
    const cuts = this.#cuts;
    let plain = end - start <= maximumCharacters && text.charCodeAt(start) === slash;
    let segments = 0;
    let from = start + 1;
    let hash = hashSeed;
    for (let index = from; index <= end; index++) {
      const code = index === end ? slash : text.charCodeAt(index);
      if (code !== slash) {
        const folded = code < 128 ? (plainFolded[code] as number) : 0;
        if (folded === 0) plain = false;
        hash = Math.imul(hash ^ (folded === 0 ? code : folded), hashPrime);
        continue;
      }
      if (segments === maximumSegments) {
        plain = false;
        break;
      }
      if (index === from) plain = plain && end === start + 1;
      else {
        this.#lastFilled = segments;
        if (isDotSegment(text, from, index)) plain = false;
      }
      const cut = segments++ * 3;
      cuts[cut] = from;
      cuts[cut + 1] = index;
      cuts[cut + 2] = hash & hashMask;
      from = index + 1;
      hash = hashSeed;
    }
    this.#segments = end === start + 1 ? 0 : segments;
    return plain;
  }

  /**
   * Collects what the path that was split last matches.
   * @param method its number.
   * @returns whether it is matched under both readings of its case.
   */
  walk(root: RouteNode<T>, method: number): boolean {
    this.#method = method;
    return this.#at(root, 0);
  }

  #at(node: RouteNode<T>, index: number): boolean {
    if (index === this.#segments) {
      if (this.#collect(node.end)) return true;
      // Frameworks differ on whether a rest may be empty: it counts, and does not end the search.
      this.#collect(node.rest);
      return false;
    }
    const start = this.#cuts[index * 3] as number;
    const end = this.#cuts[index * 3 + 1] as number;
    // An empty segment is nothing that a literal or a parameter could match.
    if (start !== end) {
      let certain = false;
      let edge = node.literals?.get(this.#cuts[index * 3 + 2] as number);
      for (; edge !== undefined; edge = edge.next) {
        if (edge.text.length !== end - start) continue;
        const exact = edge.exact && this.#text.startsWith(edge.text, start);
        if (!exact && !this.#equalsButForCase(edge.folded, start)) continue;
        if (this.#at(edge.node, index + 1) && exact) certain = true;
      }
      if (certain) return true;
      if (node.parameter !== undefined && this.#at(node.parameter, index + 1)) return true;
    }
    return this.#collect(node.rest) && index <= this.#lastFilled;
  }

  #collect(table: (RouteEntry<T> | undefined)[] | undefined): boolean {
    const entry = table?.[this.#method];
    if (entry === undefined) return false;
    for (let index = 0; index < this.foundCount; index++)
      if (this.found[index] === entry) return true;
    this.found[this.foundCount++] = entry;
    return true;
  }

  #equalsButForCase(folded: string, start: number): boolean {
    const text = this.#text;
    for (let offset = 0; offset < folded.length; offset++) {
      let code = text.charCodeAt(start + offset);
      if (code >= upperA && code <= upperZ) code |= caseBit;
      if (code !== folded.charCodeAt(offset)) return false;
    }
    return true;
  }
}
