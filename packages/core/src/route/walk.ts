import { foldAscii, type MethodTable, type RouteEntry, type RouteNode } from "./trie.ts";

/**
 * Collects the most specific entry for a path, and what else may be meant by it.
 *
 * A literal that differs from the path only in case is matched by a case-insensitive framework and
 * not by a case-sensitive one. So it is taken *and* passed by: its entries are collected, and the
 * search goes on as if it had failed. Only a match that holds under both readings ends the search.
 *
 * Every place of the tree is reached along one way only, so a search visits each at most once: it
 * is bounded by the patterns that agree with the path so far, whatever the path.
 * @param path from its first "/".
 * @param method its number.
 * @returns whether the path is matched under both readings of its case.
 */
export function walkRoutes<T>(
  root: RouteNode<T>,
  path: string,
  method: number,
  found: Set<RouteEntry<T>>,
): boolean {
  const segments = path === "/" ? [] : path.slice(1).split("/");
  return at(root, 0);

  function at(node: RouteNode<T>, index: number): boolean {
    const segment = segments[index];
    if (segment === undefined) {
      if (collect(node.end)) return true;
      // Frameworks differ on whether a rest may be empty: it counts, and does not end the search.
      collect(node.rest);
      return false;
    }
    // An empty segment is nothing that a literal or a parameter could match.
    if (segment !== "") {
      const edges = node.literals?.get(foldAscii(segment));
      let certain = false;
      for (const edge of edges ?? [])
        if (at(edge.node, index + 1) && edge.exact && edge.text === segment) certain = true;
      if (certain) return true;
      if (node.parameter !== undefined && at(node.parameter, index + 1)) return true;
    }
    return collect(node.rest) && segments.slice(index).some(Boolean);
  }

  function collect(table: MethodTable<T> | undefined): boolean {
    const entry = table?.[method];
    if (entry !== undefined) found.add(entry);
    return entry !== undefined;
  }
}
