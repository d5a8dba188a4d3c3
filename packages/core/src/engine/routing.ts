/** What a request is asked for: the config's entries for its path, in every reading, and what a guard adds. */
import type { Facts } from "../facts/facts.ts";
import { methodOverrides } from "../facts/method-overrides.ts";
import { isPreflight } from "../facts/preflight.ts";
import type { RouteMatch } from "../route/route-index.ts";
import { Unreadable } from "../route/target.ts";
import { BoundedMap } from "../support/bounded-map.ts";
import type { Engine } from "./engine.ts";
import { type CompiledRequirement, combine } from "./requirement.ts";

export function requirementOf(
  engine: Engine,
  facts: Facts,
  guard: CompiledRequirement | undefined,
): CompiledRequirement | Unreadable {
  const match = matchOf(engine, facts);
  if (match instanceof Unreadable) return match;
  const { pattern } = facts;
  if (guard === undefined && pattern === undefined && match.entries.length === 0)
    if (facts.method === "OPTIONS" && isPreflight(facts)) return engine.open;
  if (
    pattern === undefined &&
    guard === undefined &&
    match.entries.length === 1 &&
    !match.unmatched
  )
    return (match.entries[0] as RouteMatch<CompiledRequirement>["entries"][number]).value;
  const parts = match.entries.map(({ value }) => value);
  // A guard replaces the rule for unmatched requests; it never replaces an entry.
  if (match.unmatched && guard === undefined) parts.push(engine.unmatched);
  if (pattern !== undefined) parts.push(...entriesOfPattern(engine, facts, pattern));
  if (guard !== undefined) parts.push(guard);
  return combined(parts.filter((part, i) => parts.indexOf(part) === i));
}

function matchOf(engine: Engine, facts: Facts): RouteMatch<CompiledRequirement> | Unreadable {
  const overrides = methodOverrides(facts);
  const sent = engine.index.match(facts.method, facts.url, overrides);
  const { routedUrl } = facts;
  if (routedUrl === undefined || sent instanceof Unreadable) return sent;
  // Whoever rewrote the path chose the handler: its entries hold beside those of the path that was sent,
  // and whether any matches is judged by it.
  const routed = engine.index.match(facts.method, routedUrl, overrides);
  if (routed instanceof Unreadable) return routed;
  const entries = [...new Set([...sent.entries, ...routed.entries])];
  return { entries, unmatched: routed.unmatched };
}

/** The entries of the pattern that the framework itself matched, whatever the path's own entries are. */
function entriesOfPattern(
  engine: Engine,
  facts: Facts,
  pattern: string,
): readonly CompiledRequirement[] {
  // A pattern is written as it reads; a request's path never holds anything but ASCII.
  const path = /^[\x21-\x7e]*$/.test(pattern) ? pattern : encodeURI(pattern);
  const match = engine.index.match(facts.method, path);
  return match instanceof Unreadable ? [] : match.entries.map(({ value }) => value);
}

const numbers = new WeakMap<CompiledRequirement, number>();
let lastNumber = 0;
/** Combinations by the numbers of their parts; a new one is made once. */
const combinations = new BoundedMap<string, CompiledRequirement>(10_000);

function combined(parts: readonly CompiledRequirement[]): CompiledRequirement {
  if (parts.length === 1) return parts[0] as CompiledRequirement;
  const key = parts.map(numberOf).join(" ");
  let combination = combinations.get(key);
  if (combination === undefined) {
    combination = combine(parts);
    combinations.set(key, combination);
  }
  return combination;
}

function numberOf(part: CompiledRequirement): number {
  let number = numbers.get(part);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(part, number);
  }
  return number;
}
