import type { RoutePattern } from "./pattern.ts";

/** What a request's path and method stand for. */
export interface RouteMatch<T> {
  /** The distinct entries over all readings of the path and the method; all of them apply. */
  readonly entries: readonly RouteEntry<T>[];
  /** Some reading matched nothing, so the rule for unmatched requests applies as well. */
  readonly unmatched: boolean;
  /** What a single entry asks for, where nothing else applies. */
  readonly only?: T | undefined;
}

/** One route of the config, as an index hands it out. */
export class RouteEntry<T> {
  readonly key: string;
  readonly pattern: RoutePattern;
  readonly value: T;
  /** The match of this entry and no other: the same object each time. */
  readonly alone: RouteMatch<T>;
  /** The same, where some reading matched nothing. */
  readonly withUnmatched: RouteMatch<T> = { entries: [this], unmatched: true };

  constructor(key: string, pattern: RoutePattern, value: T) {
    this.key = key;
    this.pattern = pattern;
    this.value = value;
    this.alone = { entries: [this], unmatched: false, only: value };
  }
}

/** A place in the tree of patterns: what may follow the segments that lead to it. */
export class RouteNode<T> {
  /** Literal children by their folded text; the last one added stands first. */
  literals: Map<string, readonly LiteralEdge<T>[]> | undefined = undefined;
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
  /** `text` is the literal as written; false for an edge that only a folded reading may take. */
  readonly exact: boolean;
  readonly node: RouteNode<T>;
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
  const edges = parent.literals?.get(foldAscii(text));
  return edges?.find((edge) => edge.exact && edge.text === text)?.node;
}

function addLiteralChild<T>(parent: RouteNode<T>, text: string): RouteNode<T> {
  parent.literals ??= new Map();
  const folded = foldAscii(text);
  const node = new RouteNode<T>();
  addEdge(parent.literals, folded, { text, exact: true, node });
  // Fastify's `caseSensitive: false` folds all of Unicode, after decoding: "É" is also reached as "é".
  const lower = text.toLowerCase();
  if (lower !== folded) addEdge(parent.literals, lower, { text: lower, exact: false, node });
  return node;
}

function addEdge<T>(
  edges: Map<string, readonly LiteralEdge<T>[]>,
  folded: string,
  edge: LiteralEdge<T>,
): void {
  edges.set(folded, [edge, ...(edges.get(folded) ?? [])]);
}

/** Lower-cases A to Z and nothing else. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
