import type { Problem } from "../errors.ts";
import { getNumber, headNumber, MethodNumbers } from "./method-numbers.ts";
import { overlapsOf } from "./overlaps.ts";
import { parseRouteKey, type RoutePattern } from "./pattern.ts";
import { spellingsOf } from "./spellings.ts";
import { RouteTape } from "./tape.ts";
import { pathStart, Unreadable } from "./target.ts";
import { insertPattern, type MethodTable, RouteEntry, type RouteMatch, RouteNode } from "./trie.ts";
import { walkRoutes } from "./walk.ts";

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

/**
 * Finds what a config asks of a request. A plain path that leads one way is followed at a glance, whatever the number of
 * routes; one that differs from a literal in case, or comes to an end where another way might lead on, takes a few
 * times longer.
 */
export class RouteIndex<T> {
  readonly #entries: readonly RouteEntry<T>[];
  readonly #root = new RouteNode<T>();
  readonly #methods = new MethodNumbers();
  readonly #tape: RouteTape<T>;
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
    for (const table of tables)
      for (let method = 0; method < count; method++) table[method] ??= table[0];
    this.#tape = new RouteTape(this.#root, count, this.#nothing);
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
    const match = this.#tape.find(url, start, number);
    if (match === undefined) return this.#matchAll(method, url, overrides);
    return number === headNumber ? this.#matchHead(match, method, url, start) : match;
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
    const found = new Set<RouteEntry<T>>();
    // An empty segment is nothing that a literal or a parameter could match.
    for (const { path } of spellings) this.#walk(`${path === "/" ? "" : path}//*`, methods, found);
    return [...found];
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
    const found = new Set<RouteEntry<T>>();
    let matched = true;
    for (const { path, decisive } of spellings) {
      if (!this.#walk(path, methods, found) && decisive) matched = false;
      // The walk folds ASCII letters; those of all Unicode are folded by some, after decoding. A plain path has none of
      // these, and its letters that match exactly are not to match less so as well.
      const lower = path.toLowerCase();
      if (lower !== path && (spellings.length > 1 || overrides.length > 0))
        this.#walk(lower, methods, found);
    }
    const entries = [...found];
    const only = entries[0];
    if (only === undefined) return this.#nothing;
    if (entries.length === 1) return matched ? only.alone : only.withUnmatched;
    return { entries, unmatched: !matched };
  }

  /** @param match what HEAD itself leads to. */
  #matchHead(
    match: RouteMatch<T>,
    method: string,
    url: string,
    start: number,
  ): RouteMatch<T> | Unreadable {
    const asGet = this.#tape.find(url, start, getNumber);
    return asGet !== undefined && (match === asGet || match === this.#nothing)
      ? asGet
      : this.#matchAll(method, url, noOverrides);
  }

  #numbersOf(method: string, overrides: readonly string[]): readonly number[] {
    // Whoever names thousands of methods nobody knows names one.
    return [...new Set([method, ...overrides].map((each) => this.#methods.of(each)))];
  }

  #walk(path: string, methods: readonly number[], found: Set<RouteEntry<T>>): boolean {
    let matched = true;
    for (const method of methods) {
      let whole = walkRoutes(this.#root, path, method, found);
      if (method === headNumber) whole = walkRoutes(this.#root, path, getNumber, found);
      if (!whole) matched = false;
    }
    return matched;
  }
}
