/** What is not wrong with a config, but probably not meant. */
import type { ParsedConfig } from "../../config/schema.ts";
import { type CompiledPlan, notEntitled } from "../../entitlements/catalogue.ts";
import { parseRouteKey, type RoutePattern } from "../../route/pattern.ts";
import type { RouteIndex } from "../../route/route-index.ts";
import { Unreadable } from "../../route/target.ts";
import { pathOf } from "../../support/path.ts";
import { authLevels, type CompiledRequirement, type LimitUse } from "../requirement.ts";
import { quote } from "./raw.ts";

/** How many warnings of a kind are told one by one. */
const mostNamed = 20;

type Entry = readonly [key: string, requirement: CompiledRequirement];
type Index = RouteIndex<CompiledRequirement>;
type Plans = ReadonlyMap<string, CompiledPlan>;
type Warnings = Iterable<string>;

/** @param routes the config's routes, compiled. */
export function startWarnings(
  config: ParsedConfig,
  plans: Plans,
  index: Index,
  routes: readonly Entry[],
): readonly string[] {
  return [
    ...atMost(weakenedPatterns(index), "patterns weaken others"),
    ...atMost(
      closedBases(config, index, routes),
      "public patterns leave out the path that they begin with",
    ),
    ...atMost(refusedStrangers(routes), 'routes with auth "optional" refuse anonymous callers'),
    ...atMost(hopelessCosts(routes), "routes can never be charged"),
    ...atMost(hopelessFeatures(config, plans), "routes ask for more than any plan grants"),
    ...identityWarnings(config),
  ];
}

function atMost(found: Warnings, rest: string): readonly string[] {
  const warnings = [...found];
  const more = warnings.length - mostNamed;
  return more <= 0 ? warnings : [...warnings.slice(0, mostNamed), `routes: ${more} more ${rest}.`];
}

function* weakenedPatterns(index: Index): Warnings {
  for (const [specific, general] of index.overlaps()) {
    const lost = lostBy(specific.value, general.value);
    if (lost.length > 0)
      yield `routes: ${quote(specific.key)} takes requests away from ${quote(general.key)} without asking for ${lost.join(", ")}; say so there as well if it was not meant.`;
  }
}

/** What the general requirement asks of a caller, or counts, and the specific one does not. */
function lostBy(specific: CompiledRequirement, general: CompiledRequirement): string[] {
  const kept = askedBy(specific);
  const lost = askedBy(general).filter((asked) => !kept.includes(asked));
  if (specific.auth < general.auth)
    lost.unshift(general.auth === authLevels.required ? "authentication" : "valid credentials");
  return lost;
}

const askedBy = (requirement: CompiledRequirement): string[] => [
  ...requirement.checks.map(({ label }) => label),
  ...limitsOf(requirement).map(({ limit }) => `limit ${limit.name}`),
];

const limitsOf = ({ shield, limits }: CompiledRequirement): readonly LimitUse[] => [
  ...shield,
  ...limits,
];

/** `* /a/*rest` stands for what is below `/a`; whoever opens it mostly means `/a` as well. */
function* closedBases(
  { unmatched }: ParsedConfig,
  index: Index,
  routes: readonly Entry[],
): Warnings {
  if (unmatched === "public") return;
  for (const [key, { auth, checks }] of routes) {
    const { method, path, segments } = parseRouteKey(key) as RoutePattern;
    if (auth !== authLevels.none || checks.length > 0 || segments.at(-1)?.kind !== "rest") continue;
    const base = path.slice(0, path.lastIndexOf("/")) || "/";
    const asked = method === "*" ? "GET" : method;
    const match = index.match(asked, base);
    if (!(match instanceof Unreadable) && match.unmatched)
      yield `routes: ${quote(key)} opens what is below ${base} and not ${base} itself; add ${quote(`${asked} ${base}`)} if that shall be open as well.`;
  }
}

function* refusedStrangers(routes: readonly Entry[]): Warnings {
  for (const [key, { auth, needsPrincipal }] of routes)
    if (auth === authLevels.optional && needsPrincipal)
      yield `${at(key)}: auth is "optional", but what else is asked for needs a caller, so anonymous ones are refused; write auth: "required", or ask for less.`;
}

/** A constant cost that is more than may ever be spent at once, on any plan. */
function* hopelessCosts(routes: readonly Entry[]): Warnings {
  for (const [key, requirement] of routes)
    for (const { limit, costs } of limitsOf(requirement)) {
      // A route's own requirement has one cost for each limit.
      const [cost] = costs;
      const bursts = [limit.base, ...limit.byPlan].map((policy) => policy?.burst ?? Infinity);
      const most = Math.max(...bursts);
      if (typeof cost === "number" && cost > most)
        yield `${at(key)}: costs ${cost} of the limit ${quote(limit.name)}, which never admits more than ${most} at once: every request is refused.`;
    }
}

/** A feature that nobody has, or a constant amount of one that is more than anybody has. */
function* hopelessFeatures({ routes, tenant }: ParsedConfig, plans: Plans): Warnings {
  const but = tenant?.load === undefined ? "" : " unless its tenant's record overrides that";
  for (const [key, { feature = [], use = {} }] of Object.entries(routes))
    for (const name of [feature, Object.keys(use)].flat()) {
      const amount = use[name];
      const grants = [...plans.values()].map((plan) => plan.entitlements.get(name) ?? notEntitled);
      const most = Math.max(...grants.map(({ value }) => Number(value)));
      if (!grants.some(({ granted }) => granted))
        yield `${at(key)}: asks for the feature ${quote(name)}, which no plan grants: every request is refused${but}.`;
      else if (typeof amount === "number" && amount > most)
        yield `${at(key)}: uses ${amount} of ${quote(name)}, and no plan grants more than ${most}: every request is refused${but}.`;
    }
}

function* identityWarnings({ auth, routes, tenant }: ParsedConfig): Warnings {
  const { jwt = [], apiKeys, custom, claims } = auth;
  const asks = Object.values(routes).some((requirement) => requirement.auth !== "none");
  if (asks && jwt.length === 0 && apiKeys === undefined && custom === undefined)
    yield "auth: routes ask who is calling, but neither jwt, apiKeys nor custom says how to know: every such request is unauthenticated.";
  const unbound = jwt.filter(({ tenants }) => tenants === undefined);
  const byClaim = tenant !== undefined && "claim" in tenant.from && claims.tenants === undefined;
  if (byClaim && jwt.length > 1 && unbound.length > 0)
    yield `auth.jwt: a claim names the tenant, and ${unbound.map(({ issuer }) => quote(issuer)).join(", ")} may name any, those of the other issuers included; give each issuer its \`tenants\`, or auth.claims.tenants.`;
}

const at = (key: string) => pathOf(["routes", key]);
