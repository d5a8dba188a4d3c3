import { slash } from "./characters.ts";
import { kinds } from "./target.ts";
import type { MethodTable, RouteMatch, RouteNode } from "./trie.ts";

/**
 * The tree of patterns as one row of numbers, along which a path is followed character by character: what a
 * request touches lies side by side, and is read once.
 *
 * First stands what each character of ASCII is; 0 where it has several readings, or none. Then come the places of
 * the tree, each with four words: where its parameter leads, its rows of matches, for patterns that end there and
 * for those that end there with a rest, and a word to which its literals are chained. A character of a literal is
 * one word: its code, and above it where another begins that may stand in its stead. The next character follows;
 * the last is a "/", behind which the literal's place begins. 0 is the place that leads nowhere. Of a literal with upper
 * case a -1 stands before its place; of one that several readings lead to it stands there alone.
 */
export class RouteTape<T> {
  readonly #tape: Int32Array;
  /** In rows, by the number of the method; the first row is empty. */
  readonly #matches: (RouteMatch<T> | undefined)[] = [];
  readonly #nothing: RouteMatch<T>;
  /** Literals with upper case, by where their -1 stands. */
  readonly #mixed = new Map<number, string>();

  constructor(tree: RouteNode<T>, methods: number, nothing: RouteMatch<T>) {
    const matches = this.#matches;
    const mixed = this.#mixed;
    const words = [...kinds];
    addRow([]);
    addPlace(tree);
    // In an empty tape nothing is certain.
    this.#tape = words.length < mostWords ? Int32Array.from(words) : new Int32Array(132);
    this.#nothing = nothing;

    function addPlace(node: RouteNode<T>): number {
      const place = words.push(0, addRow(node.end), addRow(node.rest), 0) - 4;
      for (const [folded, [edge, another]] of node.literals ?? []) {
        // No plain path holds another one.
        if (![...folded].every((character) => kindOf(character) > slash)) continue;
        if (words.length >= mostWords) break;
        addLiteral(words, place + 3, folded);
        if (edge?.exact !== true || another !== undefined) words.push(-1);
        else {
          if (edge.text !== folded) mixed.set(words.push(-1) - 1, edge.text);
          addPlace(edge.node);
        }
      }
      if (node.parameter !== undefined) words[place] = addPlace(node.parameter);
      return place;
    }

    function addRow(table: MethodTable<T> | undefined): number {
      if (table === undefined) return 0;
      for (let method = 0; method < methods; method++) matches.push(table[method]?.alone);
      return matches.length - methods;
    }
  }

  /**
   * Finds what a path matches that has one reading and leads to one entry, or to none, without a doubt and without
   * a way back. What a bundle makes a variable of, which is read each time, stands here as a number.
   * @param start where the path begins in `text`: at its first "/".
   * @param method its number.
   * @returns `undefined` where the search must be more thorough.
   */
  find(text: string, start: number, method: number): RouteMatch<T> | undefined {
    const { length } = text;
    const tape = this.#tape;
    const matches = this.#matches;
    let place = 128;
    let index = start + 1;
    let fallback = matches[(tape[place + 2] as number) + method];
    let passedBy = 0;
    for (;;) {
      const from = index;
      let at = place + 3;
      let kind: number;
      let code: number;
      // What the characters of the segment are: 0x100 where one is no dot, 0x80 where one is upper case.
      let seen = 0;
      do {
        code = index < length ? text.charCodeAt(index) : 0x3f;
        kind = code < 128 ? (tape[code] as number) : 0;
        // The literals that go on with it; 0 where none does.
        while (at !== 0) {
          const word = tape[at++] as number;
          if (((word ^ kind) & 0x7f) === 0) break;
          at = word >>> 8;
        }
        seen |= kind;
        index++;
      } while (kind > 0x2f);
      if (kind === 0) return undefined;
      const parameter = tape[place] as number;
      if (seen < 0x100) {
        // Empty, or a dot segment: only "/" itself is plain.
        if (index !== start + 2 || code === 0x2f) return undefined;
      } else if (at === 0) place = parameter;
      else {
        place = at;
        passedBy |= parameter;
        if ((seen & 0x80) !== 0 || tape[place] === -1) {
          // In another case it is taken, and passed by.
          if (!text.startsWith(this.#mixed.get(place) ?? "/", from)) return undefined;
          place++;
        }
      }
      const rest = matches[(tape[place + 2] as number) + method];
      if (code !== 0x2f) {
        // A segment takes two characters: a longer path may have more than `maximumSegments`.
        if (index - start > 512) return undefined;
        const match = matches[(tape[place + 1] as number) + method];
        if (match !== undefined) return match;
        // The rest may be empty, or a parameter that was passed by leads on.
        if (rest !== undefined || passedBy !== 0) return undefined;
        return fallback ?? this.#nothing;
      }
      if (rest !== undefined) {
        // It takes whatever follows: what was passed by is not come back to.
        fallback = rest;
        passedBy = 0;
      }
    }
  }
}

/** 32 MiB: a word has 24 bits for where another one is. */
const mostWords = 2 ** 23;

const kindOf = (character: string): number => kinds[character.charCodeAt(0)] ?? 0;

/** Adds a literal to those that are chained to a word. */
function addLiteral(words: number[], from: number, literal: string): void {
  let at = from;
  for (const character of `${literal}/`) {
    const code = kindOf(character) & 0x7f;
    for (let word = words[at]; word !== undefined && (word & 0x7f) !== code; word = words[at]) {
      if (word >>> 8 === 0) words[at] = word | (words.length << 8);
      at = (words[at] as number) >>> 8;
    }
    if (at === words.length) words.push(code);
    at++;
  }
}
