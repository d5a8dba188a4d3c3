import type { RoutePattern } from "./pattern.ts";

/** What a request's path and method stand for. */
export interface RouteMatch<T> {
  /** The distinct entries over all readings of the path and the method; all of them apply. */
  readonly entries: readonly RouteEntry<T>[];
  /** Some reading matched nothing, so the rule for unmatched requests applies as well. */
  readonly unmatched: boolean;
}

/** One route of the config, as an index hands it out. */
export class RouteEntry<T> {
  readonly key: string;
  readonly pattern: RoutePattern;
  readonly value: T;
  /** The match of this entry and no other: the same object each time. */
  readonly alone: RouteMatch<T> = { entries: [this], unmatched: false };
  /** The same, where some reading matched nothing. */
  readonly withUnmatched: RouteMatch<T> = { entries: [this], unmatched: true };

  constructor(key: string, pattern: RoutePattern, value: T) {
    this.key = key;
    this.pattern = pattern;
    this.value = value;
  }
}

/** A place in the tree of patterns: what may follow the segments that lead to it. */
export class RouteNode<T> {
  /** Literal children by the hash of their folded text; those with one hash are chained. */
  literals: Map<number, LiteralEdge<T>> | undefined = undefined;
  /** Where `:name` leads. */
  parameter: RouteNode<T> | undefined = undefined;
  /** The patterns that end here with `*name`. */
  rest: MethodTable<T> | undefined = undefined;
  /** The patterns that end here. */
  end: MethodTable<T> | undefined = undefined;
}

/** One literal segment that leads to a node. */
export class LiteralEdge<T> {
  readonly text: string;
  readonly folded: string;
  /** `text` is the literal as written; false for an edge that only a folded reading may take. */
  readonly exact: boolean;
  readonly node: RouteNode<T>;
  next: LiteralEdge<T> | undefined;

  constructor(text: string, folded: string, exact: boolean, node: RouteNode<T>) {
    this.text = text;
    this.folded = folded;
    this.exact = exact;
    this.node = node;
    this.next = undefined;
  }
}

/**
 * The entries of one path pattern by the number of their method; at 0, and wherever a method has no
 * entry of its own, that of `*`.
 */
export type MethodTable<T> = (RouteEntry<T> | undefined)[];

/**
 * Numbers the methods that a config names; 0 is every other one. A method in lower or mixed case is
 * its upper-case one, as frameworks compare them without case.
 */
export class MethodNumbers {
  readonly names: string[] = ["*"];

  add(method: string): number {
    const number = this.names.indexOf(method);
    return number === -1 ? this.names.push(method) - 1 : number;
  }

  of(method: string): number {
    const number = this.#exactly(method);
    return number === 0 ? this.#exactly(method.toUpperCase()) : number;
  }

  /** There are few: a look at each costs less than a map's hash. */
  #exactly(method: string): number {
    const { names } = this;
    for (let number = 1; number < names.length; number++)
      if (names[number] === method) return number;
    return 0;
  }
}

/** Adds the path of a pattern to the tree and returns the table in which its methods stand. */
export function insertPattern<T>(root: RouteNode<T>, pattern: RoutePattern): MethodTable<T> {
  let node = root;
  for (const segment of pattern.segments) {
    if (segment.kind === "rest") {
      node.rest ??= [];
      return node.rest;
    }
    if (segment.kind === "parameter") {
      node.parameter ??= new RouteNode();
      node = node.parameter;
    } else {
      node = literalChild(node, segment.text) ?? addLiteralChild(node, segment.text);
    }
  }
  node.end ??= [];
  return node.end;
}

/** Where exactly this literal leads. */
export function literalChild<T>(parent: RouteNode<T>, text: string): RouteNode<T> | undefined {
  let edge = parent.literals?.get(hashOf(foldAscii(text)));
  while (edge !== undefined && !(edge.exact && edge.text === text)) edge = edge.next;
  return edge?.node;
}

function addLiteralChild<T>(parent: RouteNode<T>, text: string): RouteNode<T> {
  parent.literals ??= new Map();
  const folded = foldAscii(text);
  const node = new RouteNode<T>();
  addEdge(parent.literals, new LiteralEdge(text, folded, true, node));
  // Fastify's `caseSensitive: false` folds all of Unicode, after decoding: "É" is also reached as "é".
  const lower = text.toLowerCase();
  if (lower !== folded) addEdge(parent.literals, new LiteralEdge(lower, lower, false, node));
  return node;
}

function addEdge<T>(edges: Map<number, LiteralEdge<T>>, edge: LiteralEdge<T>): void {
  const hash = hashOf(edge.folded);
  edge.next = edges.get(hash);
  edges.set(hash, edge);
}

/** Lower-cases A to Z and nothing else. */
function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** FNV-1a over UTF-16 units; the walker computes the same in place, and cuts it to a small integer alike. */
export const hashing = { seed: 0x811c9dc5 | 0, prime: 0x01000193, mask: 0x3fffffff } as const;

function hashOf(folded: string): number {
  let hash: number = hashing.seed;
  for (let index = 0; index < folded.length; index++)
    hash = Math.imul(hash ^ folded.charCodeAt(index), hashing.prime);
  return hash & hashing.mask;
}
