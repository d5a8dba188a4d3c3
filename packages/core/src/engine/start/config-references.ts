/**
 * Whether a config hangs together: every name that it uses is one that it defines. It reads the config as
 * it was given and passes over what is malformed, so that these mistakes are told beside the schema's.
 */

import { checkGrant, type FeatureKind } from "../../entitlements/catalogue.ts";
import type { Problem } from "../../errors.ts";
import { checkFlag } from "../../flags/check-flag.ts";
import {
  type Period,
  type Policy,
  quotaPolicy,
  type RateDefinition,
  ratePolicy,
  rateProblem,
} from "../../limits/policy.ts";
import type { Store } from "../../limits/store.ts";
import { pathParameterProblem } from "../../route/path-parameter.ts";
import { readRoutes } from "../../route/route-index.ts";
import { parseDuration } from "../../support/duration.ts";
import { pathOf } from "../../support/path.ts";
import { failuresName } from "../charges/failures.ts";
import { reservedAttributes } from "../checks/flag-context.ts";
import { numbersOnPlan, type PolicyNumbers } from "./compiled-limits.ts";
import { asRecord, field, type Raw, unknownName } from "./raw.ts";
import { requirementReferences } from "./requirement-references.ts";

export function configReferences(input: unknown): Problem[] {
  const config = asRecord(input);
  return [
    ...planProblems(config),
    ...flagProblems(config),
    ...limitProblems(config),
    ...countedProblems(config),
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

const inheritsItself = (name: string, plans: Raw): boolean =>
  lineageOf(name, plans).some((plan) => asRecord(plans[plan]).extends === name);

/** A plan, then the one that it extends, and so on; each once. */
function lineageOf(name: string, plans: Raw): readonly string[] {
  const lineage = new Set<string>();
  for (
    let at: unknown = name;
    typeof at === "string" && Object.hasOwn(plans, at) && !lineage.has(at);
    at = asRecord(plans[at]).extends
  )
    lineage.add(at);
  return [...lineage];
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
    if (limit.by === "ip" && limit.lease !== undefined)
      problems.push({
        path: at("lease"),
        message:
          "a limit by ip counts strangers, of whom there may be any number: none of them is hot.",
      });
    for (const plan of Object.keys(changes))
      if (!Object.hasOwn(plans, plan))
        problems.push({
          path: at("plans", plan),
          message: unknownName("plan", plan, Object.keys(plans)),
        });
    const base = numbersOf(limit);
    const report = (path: string, numbers: PolicyNumbers | undefined) => {
      // What is no number of units at all, the schema tells.
      if (numbers === undefined || !isWellFormed(numbers)) return;
      const wrong = rateProblem(numbers) ?? refusedRate(config.store, { name, ...numbers });
      if (wrong !== undefined) problems.push({ path, message: wrong });
    };
    report(at(), base);
    const limitOnPlans = { ...base, plans: changesOf(changes) };
    for (const plan of Object.keys(changes))
      if (Object.hasOwn(plans, plan))
        report(at("plans", plan), numbersOnPlan(limitOnPlans, { lineage: lineageOf(plan, plans) }));
  }
  return problems;
}

/** What else is counted, and the store cannot hold. */
function countedProblems({ auth, features, store }: Raw): Problem[] {
  const problems: Problem[] = [];
  for (const [name, feature] of Object.entries(asRecord(features))) {
    const { kind, per } = asRecord(feature);
    if (kind !== "metered" || !isPeriod(per)) continue;
    const wrong = refusal(store, quotaPolicy({ name, per, quota: Number.POSITIVE_INFINITY }));
    if (wrong !== undefined) problems.push({ path: pathOf(["features", name]), message: wrong });
  }
  const failures = numbersOf(asRecord(asRecord(auth).failures));
  if (isWellFormed(failures) && rateProblem(failures) === undefined) {
    const wrong = refusedRate(store, { name: failuresName, ...failures });
    if (wrong !== undefined) problems.push({ path: "auth.failures", message: wrong });
  }
  return problems;
}

const isPeriod = (per: unknown): per is Period =>
  per === "hour" || per === "day" || per === "month";

const refusedRate = (store: unknown, definition: RateDefinition) =>
  refusal(store, ratePolicy(definition));

/** Why a store cannot hold a policy, in its own words. */
function refusal(store: unknown, policy: Policy): string | undefined {
  const { refuses } = asRecord(store);
  return typeof refuses === "function" ? (store as Store).refuses?.(policy) : undefined;
}

/** A limit's numbers as they were given, some of which may be none. */
function numbersOf(given: Raw): PolicyNumbers {
  const { quota, burst } = given as { quota: number; burst?: number };
  return { quota, window: parseDuration(given.window) as number, burst };
}

function changesOf(given: Raw): Parameters<typeof numbersOnPlan>[0]["plans"] {
  const changes = Object.entries(given).map(([plan, change]) => {
    if (typeof change !== "object") return [plan, change];
    const numbers = Object.entries(numbersOf(asRecord(change)));
    return [plan, Object.fromEntries(numbers.filter(([, value]) => value !== undefined))];
  });
  return Object.fromEntries(changes);
}

const isWellFormed = ({ quota, window, burst }: PolicyNumbers) =>
  isUnits(quota) && window !== undefined && (burst === undefined || isUnits(burst));

const isUnits = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;

function tenantProblems(config: Raw): Problem[] {
  const problems: Problem[] = [];
  const from = asRecord(asRecord(config.tenant).from);
  const auth = asRecord(config.auth);
  const path = field(from, "path");
  const wrong = typeof path === "string" && path !== "" ? pathParameterProblem(path) : undefined;
  if (wrong !== undefined) problems.push({ path: "tenant.from.path", message: wrong });
  const named = ["header", "host", "path"].find((form) => Object.hasOwn(from, form));
  if (
    named !== undefined &&
    field(auth, "jwt") !== undefined &&
    field(asRecord(auth.claims), "tenants") === undefined
  )
    problems.push({
      path: "auth.claims.tenants",
      message: `is needed: the tenant comes from the ${named}, which anyone can write, and nothing else says which tenants a token's subject belongs to.`,
    });
  return problems;
}

function routeProblems(config: Raw): Problem[] {
  const routes = Object.entries(asRecord(config.routes));
  const { problems } = readRoutes(routes);
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
