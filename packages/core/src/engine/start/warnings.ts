/** What is not wrong with a config, but probably not meant. */
import type { ParsedConfig } from "../../config/schema.ts";
import { parseRouteKey } from "../../route/pattern.ts";
import type { RouteIndex } from "../../route/route-index.ts";
import { Unreadable } from "../../route/target.ts";
import { authLevels, type CompiledRequirement, type Cost, type LimitUse } from "../requirement.ts";

/** How many warnings of a kind are told one by one. */
const mostNamed = 20;

type Entry = readonly [key: string, requirement: CompiledRequirement];
type Index = RouteIndex<CompiledRequirement>;

/** @param routes the config's routes, compiled. */
export function startWarnings(
  config: ParsedConfig,
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
    ...atMost(hopelessFeatures(config, routes), "routes ask for more than any plan grants"),
    ...identityWarnings(config),
  ];
}

function atMost(warnings: readonly string[], rest: string): readonly string[] {
  if (warnings.length <= mostNamed) return warnings;
  return [...warnings.slice(0, mostNamed), `routes: ${warnings.length - mostNamed} more ${rest}.`];
}

function weakenedPatterns(index: Index): string[] {
  const weakened: string[] = [];
  for (const [specific, general] of index.overlaps()) {
    const lost = lostBy(specific.value, general.value);
    if (lost.length > 0)
      weakened.push(
        `routes: ${quote(specific.key)} takes requests away from ${quote(general.key)} without asking for ${lost.join(", ")}; say so there as well if it was not meant.`,
      );
  }
  return weakened;
}

/** What the general requirement asks of a caller, or counts, and the specific one does not. */
function lostBy(specific: CompiledRequirement, general: CompiledRequirement): string[] {
  const lost: string[] = [];
  if (specific.auth < general.auth)
    lost.push(general.auth === authLevels.required ? "authentication" : "valid credentials");
  const kept = new Set(specific.checks.map(({ label }) => label));
  for (const { label } of general.checks) if (!kept.has(label)) lost.push(label);
  const counted = new Set(limitsOf(specific).map(({ limit }) => limit));
  for (const { limit } of limitsOf(general))
    if (!counted.has(limit)) lost.push(`limit ${limit.name}`);
  return lost;
}

const limitsOf = ({ shield, limits }: CompiledRequirement): readonly LimitUse[] => [
  ...shield,
  ...limits,
];

/** `* /a/*rest` stands for what is below `/a`; whoever opens it mostly means `/a` as well. */
function closedBases(
  { unmatched }: ParsedConfig,
  index: Index,
  routes: readonly Entry[],
): string[] {
  if (unmatched === "public") return [];
  return routes.flatMap(([key, { auth, checks }]) => {
    const pattern = parseRouteKey(key);
    if (auth !== authLevels.none || checks.length > 0 || typeof pattern === "string") return [];
    const { method, path, segments } = pattern;
    if (segments.at(-1)?.kind !== "rest") return [];
    const base = path.slice(0, path.lastIndexOf("/")) || "/";
    const match = index.match(method === "*" ? "GET" : method, base);
    if (match instanceof Unreadable || !match.unmatched) return [];
    const missing = quote(`${method === "*" ? "GET" : method} ${base}`);
    return [
      `routes: ${quote(key)} opens what is below ${base} and not ${base} itself; add ${missing} if that shall be open as well.`,
    ];
  });
}

function refusedStrangers(routes: readonly Entry[]): string[] {
  return routes
    .filter(([, { auth, needsPrincipal }]) => auth === authLevels.optional && needsPrincipal)
    .map(
      ([key]) =>
        `${at(key)}: auth is "optional", but what else is asked for needs a caller, so anonymous ones are refused; write auth: "required", or ask for less.`,
    );
}

/** A constant cost that is more than may ever be spent at once, on any plan. */
function hopelessCosts(routes: readonly Entry[]): string[] {
  return routes.flatMap(([key, requirement]) =>
    limitsOf(requirement).flatMap(({ limit, costs }) => {
      const cost = constantOf(costs);
      const bursts = [limit.base, ...limit.byPlan].map((policy) => policy?.burst ?? Infinity);
      const most = Math.max(...bursts);
      if (cost <= most) return [];
      return [
        `${at(key)}: costs ${cost} of the limit ${quote(limit.name)}, which never admits more than ${most} at once: every request is refused.`,
      ];
    }),
  );
}

/** A feature that nobody has, or a constant amount of one that is more than anybody has. */
function hopelessFeatures(config: ParsedConfig, routes: readonly Entry[]): string[] {
  return routes.flatMap(([key, { uses }]) => {
    const feature = config.routes[key]?.feature ?? [];
    return [
      ...[feature].flat().flatMap((name) => hopelessFeature(config, key, name, 0)),
      ...uses.flatMap((use) =>
        hopelessFeature(config, key, use.feature.name, constantOf(use.costs)),
      ),
    ];
  });
}

function hopelessFeature(
  { plans, tenant }: ParsedConfig,
  key: string,
  name: string,
  amount: number,
): string[] {
  const grants = Object.values(plans).map(({ features }) =>
    features !== undefined && Object.hasOwn(features, name) ? features[name] : undefined,
  );
  const but = tenant?.load === undefined ? "" : " unless its tenant's record overrides that";
  if (grants.every((grant) => grant === undefined || grant === false || grant === 0))
    return [
      `${at(key)}: asks for the feature ${quote(name)}, which no plan grants: every request is refused${but}.`,
    ];
  if (amount === 0) return [];
  const most = Math.max(
    ...grants.map((grant) => (grant === "unlimited" ? Infinity : Number(grant ?? 0))),
  );
  if (amount <= most) return [];
  return [
    `${at(key)}: uses ${amount} of ${quote(name)}, and no plan grants more than ${most}: every request is refused${but}.`,
  ];
}

/** The largest of the costs that are constant. */
const constantOf = (costs: readonly Cost[]): number =>
  Math.max(0, ...costs.filter((cost) => typeof cost === "number"));

function identityWarnings({ auth, routes, tenant }: ParsedConfig): string[] {
  const warnings: string[] = [];
  const { jwt, apiKeys, custom, claims } = auth;
  const asks = Object.values(routes).some((requirement) => requirement.auth !== "none");
  if (asks && jwt === undefined && apiKeys === undefined && custom === undefined)
    warnings.push(
      "auth: routes ask who is calling, but neither jwt, apiKeys nor custom says how to know: every such request is unauthenticated.",
    );
  if (
    tenant !== undefined &&
    "claim" in tenant.from &&
    claims.tenants === undefined &&
    jwt !== undefined &&
    jwt.length > 1
  ) {
    const unbound = jwt.filter(({ tenants }) => tenants === undefined);
    if (unbound.length > 0)
      warnings.push(
        `auth.jwt: a claim names the tenant, and ${unbound.map(({ issuer }) => quote(issuer)).join(", ")} may name any, those of the other issuers included; give each issuer its \`tenants\`, or auth.claims.tenants.`,
      );
  }
  return warnings;
}

const quote = (text: string) => JSON.stringify(text);
const at = (key: string) => `routes[${quote(key)}]`;
