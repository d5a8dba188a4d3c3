import type { MethodNumbers } from "./method-numbers.ts";
import {
  type LiteralEdge,
  literalChild,
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
  let steps = 0;
  for (const specific of entries) {
    if (steps > maximumSteps) return;
    const { segments } = specific.pattern;
    const method = methods.of(specific.pattern.method);
    const found = new Set<RouteEntry<T> | undefined>();
    visit(root, 0, false);
    for (const general of found)
      if (general !== undefined && general !== specific) yield [specific, general];

    /**
     * Follows the specific pattern through the tree.
     * @param general whether the way here is already more general than it: the first difference decides.
     */
    function visit(node: RouteNode<T>, index: number, general: boolean): void {
      if (++steps > maximumSteps) return;
      const segment = segments[index];
      if (segment === undefined) {
        collect(node.end, general);
        collect(node.rest, true);
      } else if (segment.kind === "rest") {
        // What lies below is longer and so more specific, unless the way here is more general already.
        if (general) collectBelow(node);
        else collect(node.rest, false);
      } else {
        collect(node.rest, true);
        const literal = segment.kind === "literal";
        if (node.parameter !== undefined) visit(node.parameter, index + 1, general || literal);
        if (literal) {
          const child = literalChild(node, segment.text);
          if (child !== undefined) visit(child, index + 1, general);
        } else if (general) {
          for (const child of literalChildren(node)) visit(child, index + 1, true);
        }
      }
    }

    function collectBelow(node: RouteNode<T>): void {
      if (++steps > maximumSteps) return;
      collect(node.end, true);
      collect(node.rest, true);
      if (node.parameter !== undefined) collectBelow(node.parameter);
      for (const child of literalChildren(node)) collectBelow(child);
    }

    /** The entries that share a method with the specific one; on its own path, only `*` is more general. */
    function collect(table: MethodTable<T> | undefined, general: boolean): void {
      if (!general) found.add(table?.[0]);
      else if (method !== 0) found.add(table?.[method]);
      else for (const entry of table ?? []) found.add(entry);
    }
  }
}

function* literalChildren<T>(node: RouteNode<T>): Generator<RouteNode<T>> {
  for (const first of node.literals?.values() ?? [])
    for (let edge: LiteralEdge<T> | undefined = first; edge !== undefined; edge = edge.next)
      if (edge.exact) yield edge.node;
}
