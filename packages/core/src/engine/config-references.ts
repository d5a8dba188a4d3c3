/**
 * Whether a config hangs together: every name that it uses is one that it defines. It reads the config as
 * it was given and passes over what is malformed, so that these mistakes are told beside the schema's.
 */

import { checkGrant, type FeatureKind } from "../entitlements/catalogue.ts";
import type { Problem } from "../errors.ts";
import { checkFlag } from "../flags/check-flag.ts";
import { rateProblem } from "../limits/policy.ts";
import { buildRouteIndex } from "../route/route-index.ts";
import { parseDuration } from "../support/duration.ts";
import { pathOf } from "../support/path.ts";
import { failuresName } from "./failures.ts";
import { reservedAttributes } from "./flag-context.ts";
import { asRecord, field, type Raw, unknownName } from "./raw.ts";
import { requirementReferences } from "./requirement-references.ts";

export function configReferences(input: unknown): Problem[] {
  const config = asRecord(input);
  return [
    ...planProblems(config),
    ...flagProblems(config),
    ...limitProblems(config),
    ...tenantProblems(config),
    ...routeProblems(config),
    ...attributeProblems(config),
  ];
}

function planProblems(config: Raw): Problem[] {
  const problems: Problem[] = [];
  const plans = asRecord(config.plans);
  const features = asRecord(config.features);
  const known = Object.keys(plans);
  const unknownPlan = (path: string, name: unknown) => {
    if (typeof name === "string" && !Object.hasOwn(plans, name))
      problems.push({ path, message: unknownName("plan", name, known) });
  };
  unknownPlan("defaultPlan", config.defaultPlan);
  if (
    known.length > 0 &&
    config.defaultPlan === undefined &&
    field(asRecord(config.tenant), "load") === undefined
  )
    problems.push({
      path: "defaultPlan",
      message: "is needed where there are plans and no tenant.load says who is on which.",
    });
  for (const [name, plan] of Object.entries(plans)) {
    const given = asRecord(plan);
    unknownPlan(pathOf(["plans", name, "extends"]), given.extends);
    if (inheritsItself(name, plans))
      problems.push({
        path: pathOf(["plans", name, "extends"]),
        message: "leads back to the plan itself.",
      });
    for (const [feature, grant] of Object.entries(asRecord(given.features))) {
      const path = pathOf(["plans", name, "features", feature]);
      if (!Object.hasOwn(features, feature))
        problems.push({ path, message: unknownName("feature", feature, Object.keys(features)) });
      else {
        const kind = asRecord(features[feature]).kind;
        const wrong = isKind(kind) ? checkGrant(kind, grant) : undefined;
        if (wrong !== undefined) problems.push({ path, message: wrong });
      }
    }
  }
  return problems;
}

const isKind = (kind: unknown): kind is FeatureKind =>
  kind === "boolean" || kind === "static" || kind === "metered";

function inheritsItself(name: string, plans: Raw): boolean {
  const seen = new Set<string>();
  for (
    let at: unknown = name;
    typeof at === "string" && Object.hasOwn(plans, at);
    at = asRecord(plans[at]).extends
  ) {
    if (seen.has(at)) return at === name;
    seen.add(at);
  }
  return false;
}

function flagProblems(config: Raw): Problem[] {
  return Object.entries(asRecord(config.flags)).flatMap(([key, definition]) =>
    checkFlag(key, definition),
  );
}

function limitProblems(config: Raw): Problem[] {
  const problems: Problem[] = [];
  const plans = asRecord(config.plans);
  const auth = asRecord(config.auth);
  for (const [name, raw] of Object.entries(asRecord(config.limits))) {
    const limit = asRecord(raw);
    const at = (...path: string[]) => pathOf(["limits", name, ...path]);
    const changes = asRecord(limit.plans);
    if (name === failuresName)
      problems.push({
        path: at(),
        message: "failed credentials are counted by this name; another one is needed.",
      });
    if (limit.by === "tenant" && config.tenant === undefined)
      problems.push({
        path: at("by"),
        message:
          'counts by tenant, but the config has no `tenant`: use "principal", or say where a tenant is named.',
      });
    if (limit.by === "apiKey" && field(auth, "apiKeys") === undefined)
      problems.push({
        path: at("by"),
        message: "counts by API key, but the config has no `auth.apiKeys`.",
      });
    if (limit.by === "ip" && Object.keys(changes).length > 0)
      problems.push({
        path: at("plans"),
        message: "a limit by ip is charged before anyone is known, so no plan can change it.",
      });
    for (const plan of Object.keys(changes))
      if (!Object.hasOwn(plans, plan))
        problems.push({
          path: at("plans", plan),
          message: unknownName("plan", plan, Object.keys(plans)),
        });
    const base = { quota: limit.quota, window: parseDuration(limit.window), burst: limit.burst };
    const ranges = [[at(), base] as const];
    for (const [plan, change] of Object.entries(changes))
      if (change !== "unlimited")
        ranges.push([
          at("plans", plan),
          typeof change === "number"
            ? { ...base, quota: change }
            : {
                quota: asRecord(change).quota ?? base.quota,
                window: parseDuration(asRecord(change).window) ?? base.window,
                burst: asRecord(change).burst ?? base.burst,
              },
        ]);
    for (const [path, numbers] of ranges) {
      const { quota, window, burst } = numbers as { quota: number; window: number; burst?: number };
      // What is no number of units at all, the schema tells.
      if (!isUnits(quota) || !(burst === undefined || isUnits(burst)) || window === undefined)
        continue;
      const wrong = rateProblem({ quota, window, burst });
      if (wrong !== undefined) problems.push({ path, message: wrong });
    }
  }
  return problems;
}

const isUnits = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;

function tenantProblems(config: Raw): Problem[] {
  const from = asRecord(asRecord(config.tenant).from);
  const auth = asRecord(config.auth);
  const named = ["header", "host", "path"].find((form) => Object.hasOwn(from, form));
  if (named === undefined || field(auth, "jwt") === undefined) return [];
  if (field(asRecord(auth.claims), "tenants") !== undefined) return [];
  return [
    {
      path: "auth.claims.tenants",
      message: `is needed: the tenant comes from the ${named}, which anyone can write, and nothing else says which tenants a token's subject belongs to.`,
    },
  ];
}

function routeProblems(config: Raw): Problem[] {
  const routes = Object.entries(asRecord(config.routes));
  const { problems } = buildRouteIndex(routes);
  for (const [key, requirement] of routes)
    problems.push(...requirementReferences(requirement, config, pathOf(["routes", key])));
  return problems;
}

function attributeProblems(config: Raw): Problem[] {
  return Object.keys(asRecord(config.attributes))
    .filter((name) => (reservedAttributes as readonly string[]).includes(name))
    .map((name) => ({
      path: pathOf(["attributes", name]),
      message: `Flux itself gives ${name}; another name is needed.`,
    }));
}
