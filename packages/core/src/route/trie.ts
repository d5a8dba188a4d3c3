import { hashOf } from "./hashing.ts";
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
export interface LiteralEdge<T> {
  readonly text: string;
  /** As long as `text`. */
  readonly folded: string;
  /** `text` is the literal as written; false for an edge that only a folded reading may take. */
  readonly exact: boolean;
  readonly node: RouteNode<T>;
  /** Another one with the same hash. */
  readonly next: LiteralEdge<T> | undefined;
}

/**
 * The entries of one path pattern by the number of their method; at 0, and wherever a method has no
 * entry of its own, that of `*`.
 */
export type MethodTable<T> = (RouteEntry<T> | undefined)[];

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
  addEdge(parent.literals, text, folded, true, node);
  // Fastify's `caseSensitive: false` folds all of Unicode, after decoding: "É" is also reached as "é".
  const lower = text.toLowerCase();
  if (lower !== folded) addEdge(parent.literals, lower, lower, false, node);
  return node;
}

function addEdge<T>(
  edges: Map<number, LiteralEdge<T>>,
  text: string,
  folded: string,
  exact: boolean,
  node: RouteNode<T>,
): void {
  const hash = hashOf(folded);
  edges.set(hash, { text, folded, exact, node, next: edges.get(hash) });
}

/** Lower-cases A to Z and nothing else. */
function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
