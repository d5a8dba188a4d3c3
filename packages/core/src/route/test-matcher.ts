/** For tests: the slowest possible matcher, once for each way in which some framework reads a path. */
import type { RoutePattern } from "./pattern.ts";

export interface Reader {
  /** The path that the framework compares with its patterns. */
  readonly read: (path: string) => string;
  /** How it compares case; by itself not at all. */
  readonly fold?: (text: string) => string;
}

export const same = (path: string): string => path;
const keepPercent = (path: string): string => decodeURI(path.replaceAll("%25", "%2525"));
const foldAscii = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const foldUnicode = (text: string): string => text.toLowerCase();
const withoutTrailing = (path: string): string =>
  path.length > 1 ? path.replace(/\/$/, "") : path;
const collapse = (path: string): string => path.replace(/\/+/g, "/");
const cut = (path: string): string => path.replace(/;.*$/s, "");
const strip = (path: string): string => path.replace(/;[^/]*/g, "");
const decodeTwice = (path: string): string => decodeURIComponent(decodeURIComponent(path));

/** Named for who reads like that by default or by an option. */
export const readers: Record<string, Reader> = {
  "strict and raw": { read: same },
  "Express and Koa": { read: withoutTrailing, fold: foldAscii },
  "Express, case-sensitive": { read: withoutTrailing },
  "Fastify and Hono": { read: keepPercent },
  "Hono, not strict": { read: (path) => withoutTrailing(keepPercent(path)) },
  "Fastify, cut at semicolons": { read: (path) => keepPercent(cut(path)) },
  "Fastify, every option": {
    read: (path) => withoutTrailing(collapse(keepPercent(cut(path)))),
    fold: foldUnicode,
  },
  "Next, decoded": { read: (path) => withoutTrailing(decodeURIComponent(path)) },
  "collapsed and decoded": { read: (path) => collapse(decodeURIComponent(path)) },
  "matrix parameters stripped": { read: (path) => decodeURIComponent(strip(path)) },
  "stripped after decoding": {
    read: (path) => collapse(strip(decodeURIComponent(path))),
    fold: foldUnicode,
  },
  "behind a proxy that decodes": { read: decodeTwice, fold: foldAscii },
  "behind a proxy that decodes, cut": { read: (path) => withoutTrailing(cut(decodeTwice(path))) },
};

function segmentsOf(path: string): string[] {
  return path === "/" || path === "" ? [] : path.slice(1).split("/");
}

/** "exact", "empty" where only an empty rest makes it match, or undefined. */
function matches(pattern: RoutePattern, path: string, fold: (text: string) => string) {
  const segments = segmentsOf(path);
  for (const [index, wanted] of pattern.segments.entries()) {
    if (wanted.kind === "rest") {
      const rest = segments.slice(index);
      return rest.some((segment) => segment !== "") ? "exact" : "empty";
    }
    const segment = segments[index];
    if (segment === undefined || segment === "") return undefined;
    if (wanted.kind === "literal" && fold(wanted.text) !== fold(segment)) return undefined;
  }
  return segments.length === pattern.segments.length ? "exact" : undefined;
}

/** Negative where `a` is more specific, 0 where neither is. */
function compareSpecificity(a: RoutePattern, b: RoutePattern): number {
  const ranks = { literal: 0, parameter: 1, end: 2, rest: 3 };
  const rank = (pattern: RoutePattern, index: number) =>
    ranks[pattern.segments[index]?.kind ?? "end"];
  for (let index = 0; index <= Math.max(a.segments.length, b.segments.length); index++) {
    const difference = rank(a, index) - rank(b, index);
    if (difference !== 0) return difference;
  }
  return Number(a.method === "*") - Number(b.method === "*");
}

/** What a reader's most specific handlers are; the best stand first, and an empty rest decides nothing. */
export function bestOf(
  patterns: readonly RoutePattern[],
  method: string,
  path: string,
  reader: Reader,
) {
  const fold = reader.fold ?? same;
  const read = reader.read(path);
  const fitting = patterns
    .filter((pattern) => pattern.method === method || pattern.method === "*")
    .map((pattern) => ({ pattern, match: matches(pattern, read, fold) }))
    .filter(({ match }) => match !== undefined)
    .sort((a, b) => compareSpecificity(a.pattern, b.pattern));
  const exact = fitting.find(({ match }) => match === "exact")?.pattern;
  const keys = fitting
    .filter(({ pattern }) => exact === undefined || compareSpecificity(pattern, exact) <= 0)
    .filter(({ pattern }) => {
      const own = patterns.some((other) => other.method === method && other.path === pattern.path);
      return pattern.method === method || !own;
    })
    .map(({ pattern }) => keyOf(pattern));
  return { keys, unmatched: exact === undefined };
}

export function keyOf(pattern: RoutePattern): string {
  return `${pattern.method} ${pattern.path}`;
}
