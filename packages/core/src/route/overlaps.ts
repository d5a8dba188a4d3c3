import type { MethodNumbers } from "./method-numbers.ts";
import type { RoutePattern } from "./pattern.ts";
import { literalChild, type MethodTable, type RouteEntry, type RouteNode } from "./trie.ts";

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
  const budget = { steps: maximumSteps };
  for (const specific of entries) {
    if (budget.steps < 0) return;
    const method = methods.of(specific.pattern.method);
    for (const general of generalOnes(root, specific.pattern, method, budget))
      if (general !== specific) yield [specific, general];
  }
}

/**
 * The entries that share a path and a method with a pattern and are more general; among them perhaps its own.
 * @param method its number.
 */
function generalOnes<T>(
  root: RouteNode<T>,
  { segments }: RoutePattern,
  method: number,
  budget: { steps: number },
): ReadonlySet<RouteEntry<T>> {
  const found = new Set<RouteEntry<T>>();
  follow(root, 0, false);
  return found;

  /**
   * Follows the pattern through the tree.
   * @param isGeneral whether the way here is already more general than it: the first difference decides.
   */
  function follow(node: RouteNode<T>, index: number, isGeneral: boolean): void {
    if (--budget.steps < 0) return;
    const segment = segments[index];
    if (segment === undefined) {
      collect(node.end, isGeneral);
      collect(node.rest, true);
    } else if (segment.kind === "rest") {
      // What lies below is longer and so more specific, unless the way here is more general already.
      if (isGeneral) collectBelow(node);
      else collect(node.rest, false);
    } else {
      collect(node.rest, true);
      const literal = segment.kind === "literal";
      if (node.parameter !== undefined) follow(node.parameter, index + 1, isGeneral || literal);
      if (literal) {
        const child = literalChild(node, segment.text);
        if (child !== undefined) follow(child, index + 1, isGeneral);
      } else if (isGeneral) {
        for (const child of literalChildren(node)) follow(child, index + 1, true);
      }
    }
  }

  function collectBelow(node: RouteNode<T>): void {
    if (--budget.steps < 0) return;
    collect(node.end, true);
    collect(node.rest, true);
    if (node.parameter !== undefined) collectBelow(node.parameter);
    for (const child of literalChildren(node)) collectBelow(child);
  }

  /** The entries that share the pattern's method; on its own path, only `*` is more general. */
  function collect(table: MethodTable<T> | undefined, isGeneral: boolean): void {
    if (table === undefined) return;
    const shared = isGeneral && method === 0 ? table : [table[isGeneral ? method : 0]];
    for (const entry of shared) if (entry !== undefined) found.add(entry);
  }
}

function* literalChildren<T>(node: RouteNode<T>): Generator<RouteNode<T>> {
  for (const edges of node.literals?.values() ?? [])
    for (const { exact, node: child } of edges) if (exact) yield child;
}
