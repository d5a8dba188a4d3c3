import type { Problem } from "../errors.ts";
import { getNumber, headNumber, MethodNumbers } from "./method-numbers.ts";
import { overlapsOf } from "./overlaps.ts";
import { parseRouteKey, type RoutePattern } from "./pattern.ts";
import { spellingsOf } from "./spellings.ts";
import { pathEnd, pathStart, Unreadable } from "./target.ts";
import { insertPattern, type MethodTable, RouteEntry, type RouteMatch, RouteNode } from "./trie.ts";
import { RouteWalker } from "./walk.ts";

export type { RouteEntry, RouteMatch } from "./trie.ts";

/**
 * Reads a config's routes.
 * @returns the routes, and the mistakes: malformed keys, and keys that match the same requests as another.
 */
export function readRoutes<T>(routes: Iterable<readonly [key: string, value: T]>): {
  entries: readonly RouteEntry<T>[];
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const refuse = (key: string, message: string) =>
    problems.push({ path: `routes[${JSON.stringify(key)}]`, message });
  // Frameworks that ignore case cannot tell patterns apart that differ in nothing else.
  const shapes = new Map<string, RouteEntry<T>>();
  for (const [key, value] of routes) {
    const pattern = parseRouteKey(key);
    if (typeof pattern === "string") {
      refuse(key, pattern);
      continue;
    }
    const shape = shapeOf(pattern);
    const rival = shapes.get(shape.toLowerCase());
    if (rival === undefined) shapes.set(shape.toLowerCase(), new RouteEntry(key, pattern, value));
    else refuse(key, tieMessage(rival, key, shape));
  }
  return { entries: [...shapes.values()], problems };
}

/** What tells two patterns apart: not the names of parameters. */
function shapeOf(pattern: RoutePattern): string {
  let shape = pattern.method;
  for (const segment of pattern.segments) {
    if (segment.kind === "literal") shape += `/=${segment.text}`;
    else shape += segment.kind === "parameter" ? "/:" : "/*";
  }
  return shape;
}

function tieMessage<T>(first: RouteEntry<T>, key: string, shape: string): string {
  const differInCase =
    shapeOf(first.pattern) === shape
      ? ""
      : ", as frameworks that ignore case cannot tell them apart";
  return `${JSON.stringify(first.key)} and ${JSON.stringify(key)} match the same requests${differInCase}: keep one of them.`;
}

const noOverrides: readonly string[] = [];

/** Finds what a config asks of a request; a plain path costs the same whatever the number of routes. */
export class RouteIndex<T> {
  readonly #entries: readonly RouteEntry<T>[];
  readonly #root = new RouteNode<T>();
  readonly #methods = new MethodNumbers();
  readonly #walker = new RouteWalker<T>();
  /** By method number, the matches of the patterns without parameters, for paths written as they are. */
  readonly #fixed: Map<string, RouteMatch<T>>[] = [];
  readonly #nothing: RouteMatch<T> = { entries: [], unmatched: true };

  constructor(entries: readonly RouteEntry<T>[]) {
    this.#entries = entries;
    const tables = new Set<MethodTable<T>>();
    for (const entry of entries) {
      const table = insertPattern(this.#root, entry.pattern);
      table[this.#methods.add(entry.pattern.method)] = entry;
      tables.add(table);
    }
    const count = this.#methods.names.length;
    for (let method = 0; method < count; method++) {
      for (const table of tables) table[method] ??= table[0];
      this.#fixed.push(new Map());
    }
    for (const entry of entries) this.#fix(entry.pattern);
  }

  /**
   * What applies to a request. No spelling of a path gets less than the entry of any handler that a
   * framework would route it to; see `spellings.ts` for the readings.
   *
   * HEAD is read as HEAD and as GET, and is `unmatched` where GET is: it is GET without a body (RFC 9110 §9.3.2).
   * @param url a path with or without a query, or an absolute URL.
   * @param overrides other methods that the request may be routed by.
   */
  match(
    method: string,
    url: string,
    overrides: readonly string[] = noOverrides,
  ): RouteMatch<T> | Unreadable {
    const start = pathStart(url);
    if (start === -1 || overrides.length !== 0) return this.#matchAll(method, url, overrides);
    const number = this.#methods.of(method);
    const end = pathEnd(url, start);
    const fixed = this.#fixed[number] as Map<string, RouteMatch<T>>;
    // A request's path is a new string, which a map has to read whole.
    if (fixed.size > 0) {
      const match = fixed.get(end - start === url.length ? url : url.slice(start, end));
      if (match !== undefined) return match;
    }
    const walker = this.#walker;
    if (!walker.split(url, start, end)) return this.#matchAll(method, url, overrides);
    walker.start();
    return this.#result(this.#walkMethod(number));
  }

  /**
   * The entries of a handler whose pattern ends in a rest: the most specific that take all of its paths.
   * @param before what stands before the rest.
   */
  matchRest(
    method: string,
    before: string,
    overrides: readonly string[] = noOverrides,
  ): readonly RouteEntry<T>[] {
    const spellings = spellingsOf(before || "/");
    if (spellings instanceof Unreadable) return [];
    const methods = this.#numbersOf(method, overrides);
    this.#walker.start();
    // An empty segment is nothing that a literal or a parameter could match.
    for (const { path } of spellings) this.#walkPath(`${path === "/" ? "" : path}//*`, methods);
    return this.#result(true).entries;
  }

  /**
   * Pairs of a pattern and a more general one from which it takes requests away, the more specific
   * first: `GET /reports/latest` and `GET /reports/:id`.
   */
  overlaps(): Iterable<[specific: RouteEntry<T>, general: RouteEntry<T>]> {
    return overlapsOf(this.#root, this.#methods, this.#entries);
  }

  #matchAll(method: string, url: string, overrides: readonly string[]): RouteMatch<T> | Unreadable {
    const spellings = spellingsOf(url);
    if (spellings instanceof Unreadable) return spellings;
    const methods = this.#numbersOf(method, overrides);
    this.#walker.start();
    let matched = true;
    for (const { path, decisive } of spellings) {
      if (!this.#walkPath(path, methods) && decisive) matched = false;
      // The walker folds ASCII letters; those of all Unicode are folded by some, after decoding.
      const lower = path.toLowerCase();
      if (lower !== path) this.#walkPath(lower, methods);
    }
    return this.#result(matched);
  }

  #numbersOf(method: string, overrides: readonly string[]): Set<number> {
    const numbers = new Set([this.#methods.of(method)]);
    for (const override of overrides) numbers.add(this.#methods.of(override));
    return numbers;
  }

  #walkPath(path: string, methods: Iterable<number>): boolean {
    this.#walker.split(path, 0, path.length);
    let matched = true;
    for (const method of methods) if (!this.#walkMethod(method)) matched = false;
    return matched;
  }

  /** Walks the path that was split last. */
  #walkMethod(method: number): boolean {
    const matched = this.#walker.walk(this.#root, method);
    return method === headNumber ? this.#walker.walk(this.#root, getNumber) : matched;
  }

  #result(matched: boolean): RouteMatch<T> {
    const { found, foundCount } = this.#walker;
    if (foundCount === 0) return this.#nothing;
    if (foundCount === 1) {
      const only = found[0] as RouteEntry<T>;
      return matched ? only.alone : only.withUnmatched;
    }
    return { entries: found.slice(0, foundCount) as RouteEntry<T>[], unmatched: !matched };
  }

  /** Finds the matches of a pattern without parameters ahead, by the very search that they spare. */
  #fix(pattern: RoutePattern): void {
    if (pattern.segments.some((segment) => segment.kind !== "literal")) return;
    const path = pattern.path;
    if (!this.#walker.split(path, 0, path.length)) return;
    for (const [method, matches] of this.#fixed.entries()) {
      this.#walker.start();
      const matched = this.#walkMethod(method);
      if (this.#walker.foundCount !== 0) matches.set(path, this.#result(matched));
    }
  }
}
