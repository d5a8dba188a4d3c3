import type { PatternSegment } from "./pattern.ts";
import {
  literalChild,
  type MethodNumbers,
  type MethodTable,
  type RouteEntry,
  type RouteNode,
} from "./trie.ts";

/**
 * The places of the tree that are looked at in all. Enough for ten thousand routes that overlap as
 * routes do; a config built to overlap everywhere has quadratically many pairs, and gets the first.
 */
const maximumSteps = 500_000;

/** Pairs of a pattern and a more general one with which it shares a path and a method. */
export function* overlapsOf<T>(
  root: RouteNode<T>,
  methods: MethodNumbers,
  entries: readonly RouteEntry<T>[],
): Generator<[specific: RouteEntry<T>, general: RouteEntry<T>]> {
  const search: Search<T> = { method: 0, segments: [], found: new Set(), steps: 0 };
  for (const specific of entries) {
    if (search.steps > maximumSteps) return;
    search.method = methods.of(specific.pattern.method);
    search.segments = specific.pattern.segments;
    search.found = new Set();
    visit(search, root, 0, false);
    for (const general of search.found) yield [specific, general];
  }
}

interface Search<T> {
  /** The specific entry's method, by its number. */
  method: number;
  segments: readonly PatternSegment[];
  found: Set<RouteEntry<T>>;
  steps: number;
}

/**
 * Follows the specific pattern through the tree.
 * @param general whether the way here is already more general than it: the first difference decides.
 */
function visit<T>(search: Search<T>, node: RouteNode<T>, index: number, general: boolean): void {
  if (++search.steps > maximumSteps) return;
  const segment = search.segments[index];
  if (segment === undefined) {
    if (general) collect(search, node.end);
    else collectSamePath(search, node.end);
    collect(search, node.rest);
  } else if (segment.kind === "rest") {
    // What lies below is longer and so more specific, unless the way here is more general already.
    if (general) collectBelow(search, node);
    else collectSamePath(search, node.rest);
  } else {
    collect(search, node.rest);
    const literal = segment.kind === "literal";
    if (node.parameter !== undefined) visit(search, node.parameter, index + 1, general || literal);
    if (literal) {
      const child = literalChild(node, segment.text);
      if (child !== undefined) visit(search, child, index + 1, general);
    } else if (general) {
      for (const child of literalChildren(node)) visit(search, child, index + 1, true);
    }
  }
}

function collectBelow<T>(search: Search<T>, node: RouteNode<T>): void {
  if (++search.steps > maximumSteps) return;
  collect(search, node.end);
  collect(search, node.rest);
  if (node.parameter !== undefined) collectBelow(search, node.parameter);
  for (const child of literalChildren(node)) collectBelow(search, child);
}

/** The entries that share a method with the specific one. */
function collect<T>(search: Search<T>, table: MethodTable<T> | undefined): void {
  if (table === undefined) return;
  if (search.method === 0) {
    for (const entry of table) if (entry !== undefined) search.found.add(entry);
  } else {
    const entry = table[search.method];
    if (entry !== undefined) search.found.add(entry);
  }
}

/** On one path, a method is more specific than `*`. */
function collectSamePath<T>(search: Search<T>, table: MethodTable<T> | undefined): void {
  if (search.method !== 0 && table?.[0] !== undefined) search.found.add(table[0]);
}

function* literalChildren<T>(node: RouteNode<T>): Generator<RouteNode<T>> {
  if (node.literals === undefined) return;
  for (const first of node.literals.values())
    for (let edge: typeof first | undefined = first; edge !== undefined; edge = edge.next)
      if (edge.exact) yield edge.node;
}
