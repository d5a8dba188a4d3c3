/** What a request is asked for: the config's entries for its path, in every reading, and what a guard adds. */
import type { Facts } from "../../facts/facts.ts";
import { methodOverrides } from "../../facts/method-overrides.ts";
import { isPreflight } from "../../facts/preflight.ts";
import { plainPattern } from "../../route/plain-pattern.ts";
import { beforeRest, divides } from "../../route/rest.ts";
import type { RouteMatch } from "../../route/route-index.ts";
import { Unreadable } from "../../route/target.ts";
import { BoundedMap } from "../../support/bounded-map.ts";
import type { Engine } from "../engine.ts";
import { type CompiledRequirement, combine } from "../requirement.ts";

export function requirementOf(
  engine: Engine,
  facts: Facts,
  guard: CompiledRequirement | undefined,
): CompiledRequirement | Unreadable {
  if (facts.detached === true) return guard ?? engine.unmatched;
  const overrides = methodOverrides(facts);
  const match = matchOf(engine, facts, overrides);
  const plain = guard === undefined && facts.pattern === undefined;
  if (plain && match.only !== undefined) return match.only;
  if (match instanceof Unreadable) return match;
  if (plain && match.entries.length === 0 && isPreflight(facts)) return engine.open;
  return joined(engine, facts, guard, match, overrides);
}

type Entries = RouteMatch<CompiledRequirement>["entries"];

/** The requirements of several entries and of a guard, as one. Apart from the above, which makes no closure. */
function joined(
  engine: Engine,
  facts: Facts,
  guard: CompiledRequirement | undefined,
  match: RouteMatch<CompiledRequirement>,
  overrides: readonly string[],
): CompiledRequirement {
  const { pattern } = facts;
  const make = () => {
    const parts = new Set(match.entries.map(({ value }) => value));
    // A guard replaces the rule for unmatched requests; it never replaces an entry.
    if (match.unmatched && guard === undefined) parts.add(engine.unmatched);
    if (pattern !== undefined)
      for (const { value } of entriesOfPattern(engine, facts, pattern, match, overrides))
        parts.add(value);
    if (guard !== undefined) parts.add(guard);
    return combine([...parts]);
  };
  // What a pattern's entries are depends on the method, too.
  if (overrides.length > 0) return make();
  const read = pattern === undefined ? "" : `${facts.method} ${pattern}`;
  return engine.combinations.of(match, read, guard, make);
}

function matchOf(
  engine: Engine,
  facts: Facts,
  overrides: readonly string[],
): RouteMatch<CompiledRequirement> | Unreadable {
  const sent = engine.index.match(facts.method, facts.url, overrides);
  const { routedUrl } = facts;
  if (routedUrl === undefined || sent instanceof Unreadable) return sent;
  const routed = engine.index.match(facts.method, routedUrl, overrides);
  return routed instanceof Unreadable ? routed : ofBoth(sent, routed, facts.mounted === true);
}

/**
 * Whoever rewrote the path chose the handler: its entries hold beside those of the path that was sent, and
 * whether any matches is judged by it.
 */
function ofBoth(
  sent: RouteMatch<CompiledRequirement>,
  routed: RouteMatch<CompiledRequirement>,
  mounted: boolean,
): RouteMatch<CompiledRequirement> {
  const entries = [...new Set([...sent.entries, ...routed.entries])];
  const unmatched = routed.unmatched || (mounted && sent.unmatched);
  const [first] = entries;
  return first !== undefined && entries.length === 1 && !unmatched
    ? first.alone
    : { entries, unmatched };
}

/** The entries of the pattern that the framework itself matched, beside the path's own. */
function entriesOfPattern(
  engine: Engine,
  facts: Facts,
  pattern: string,
  ofPath: RouteMatch<CompiledRequirement>,
  overrides: readonly string[],
): Entries {
  const before = beforeRest(pattern);
  if (before !== undefined) return entriesOfRest(engine, facts, before, ofPath, overrides);
  const match = engine.index.match(facts.method, asSent(plainPattern(pattern)), overrides);
  return match instanceof Unreadable ? [] : match.entries;
}

/** A pattern is written as it reads; a request's path never holds anything but ASCII. */
function asSent(pattern: string): string {
  return /^[\x21-\x7e]*$/.test(pattern) ? pattern : encodeURI(pattern);
}

/**
 * A handler with a rest has many paths, which the config may divide: then the path's own entries hold alone, as
 * they would without a pattern. But a framework may let a segment before the rest be empty (`/teams//x` for
 * `/teams/:team/*`): then some reading of the path leads elsewhere, or nowhere, and the rest's entries hold too.
 */
function entriesOfRest(
  engine: Engine,
  facts: Facts,
  before: string,
  ofPath: RouteMatch<CompiledRequirement>,
  overrides: readonly string[],
): Entries {
  const rests = engine.index.matchRest(facts.method, asSent(before), overrides);
  const divided =
    !ofPath.unmatched &&
    ofPath.entries.every((own) => rests.some((rest) => divides(own.pattern, rest.pattern)));
  return divided ? [] : rests;
}

/** How many methods and patterns of one route and guard are remembered; a router mounted at a parameter brings many. */
const mostPatterns = 256;
const noGuard = {};

/**
 * Requirements that were joined, by what they were joined for. A plain path's match is the same object each
 * time, and so is a prepared guard; what is made anew for each request goes as the request goes.
 */
export class Combinations {
  readonly #byMatch = new WeakMap<
    object,
    WeakMap<object, BoundedMap<string, CompiledRequirement>>
  >();

  /** @param read the method and the pattern that the framework matched; empty: no pattern is known. */
  of(
    match: object,
    read: string,
    guard: CompiledRequirement | undefined,
    make: () => CompiledRequirement,
  ): CompiledRequirement {
    let byGuard = this.#byMatch.get(match);
    if (byGuard === undefined) {
      byGuard = new WeakMap();
      this.#byMatch.set(match, byGuard);
    }
    let byPattern = byGuard.get(guard ?? noGuard);
    if (byPattern === undefined) {
      byPattern = new BoundedMap(mostPatterns);
      byGuard.set(guard ?? noGuard, byPattern);
    }
    let combined = byPattern.get(read);
    if (combined === undefined) {
      combined = make();
      byPattern.set(read, combined);
    }
    return combined;
  }
}
