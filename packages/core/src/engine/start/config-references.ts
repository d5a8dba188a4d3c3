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
import { failuresName } from "../charges/failures.ts";
import { reservedAttributes } from "../checks/flag-context.ts";
import { numbersOnPlan, type PolicyNumbers } from "./compiled-limits.ts";
import { asRecord, field, isKnown, problemsOf, type Raw, type Tell } from "./raw.ts";
import { requirementReferences } from "./requirement-references.ts";

export function configReferences(input: unknown): Problem[] {
  const config = asRecord(input);
  const flags = Object.entries(asRecord(config.flags));
  const routes = Object.entries(asRecord(config.routes));
  return [
    ...flags.flatMap(([key, definition]) => checkFlag(key, definition)),
    ...readRoutes(routes).problems,
    ...problemsOf((tell) => {
      checkPlans(config, tell);
      checkLimits(config, tell);
      checkCounted(config, tell);
      checkTenant(config, tell);
      for (const [key, requirement] of routes)
        requirementReferences(requirement, config, (message, ...path) =>
          tell(message, "routes", key, ...path),
        );
      for (const name of Object.keys(asRecord(config.attributes)))
        if ((reservedAttributes as readonly string[]).includes(name))
          tell(`Flux itself gives ${name}; another name is needed.`, "attributes", name);
    }),
  ];
}

function checkPlans(config: Raw, tell: Tell): void {
  const plans = asRecord(config.plans);
  const features = asRecord(config.features);
  const { defaultPlan } = config;
  if (typeof defaultPlan === "string") isKnown("plan", defaultPlan, plans, tell, "defaultPlan");
  if (
    Object.keys(plans).length > 0 &&
    defaultPlan === undefined &&
    field(asRecord(config.tenant), "load") === undefined
  )
    tell("is needed where there are plans and no tenant.load says who is on which.", "defaultPlan");
  for (const [name, plan] of Object.entries(plans)) {
    const given = asRecord(plan);
    const at = ["plans", name];
    if (typeof given.extends === "string")
      isKnown("plan", given.extends, plans, tell, ...at, "extends");
    if (inheritsItself(name, plans)) tell("leads back to the plan itself.", ...at, "extends");
    for (const [feature, grant] of Object.entries(asRecord(given.features))) {
      const path = [...at, "features", feature];
      if (!isKnown("feature", feature, features, tell, ...path)) continue;
      const kind = asRecord(features[feature]).kind;
      const wrong = isKind(kind) ? checkGrant(kind, grant) : undefined;
      if (wrong !== undefined) tell(wrong, ...path);
    }
  }
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

function checkLimits(config: Raw, tellOf: Tell): void {
  const plans = asRecord(config.plans);
  for (const [name, raw] of Object.entries(asRecord(config.limits))) {
    const limit = asRecord(raw);
    const tell: Tell = (message, ...path) => tellOf(message, "limits", name, ...path);
    const changes = asRecord(limit.plans);
    if (name === failuresName)
      tell("failed credentials are counted by this name; another one is needed.");
    if (limit.by === "tenant" && config.tenant === undefined)
      tell(
        'counts by tenant, but the config has no `tenant`: use "principal", or say where a tenant is named.',
        "by",
      );
    if (limit.by === "apiKey" && field(asRecord(config.auth), "apiKeys") === undefined)
      tell("counts by API key, but the config has no `auth.apiKeys`.", "by");
    if (limit.by === "ip" && Object.keys(changes).length > 0)
      tell("a limit by ip is charged before anyone is known, so no plan can change it.", "plans");
    if (limit.by === "ip" && limit.lease !== undefined)
      tell(
        "a limit by ip counts strangers, of whom there may be any number: none of them is hot.",
        "lease",
      );
    const base = numbersOf(limit);
    const check = (numbers: PolicyNumbers | undefined, ...path: string[]) => {
      // What is no number of units at all, the schema tells.
      if (numbers === undefined || !isWellFormed(numbers)) return;
      const wrong = rateProblem(numbers) ?? refusedRate(config.store, { name, ...numbers });
      if (wrong !== undefined) tell(wrong, ...path);
    };
    check(base);
    const limitOnPlans = { ...base, plans: changesOf(changes) };
    for (const plan of Object.keys(changes))
      if (isKnown("plan", plan, plans, tell, "plans", plan))
        check(numbersOnPlan(limitOnPlans, { lineage: lineageOf(plan, plans) }), "plans", plan);
  }
}

/** What else is counted, and the store cannot hold. */
function checkCounted({ auth, features, store }: Raw, tell: Tell): void {
  for (const [name, feature] of Object.entries(asRecord(features))) {
    const { kind, per } = asRecord(feature);
    if (kind !== "metered" || !isPeriod(per)) continue;
    const wrong = refusal(store, quotaPolicy({ name, per, quota: Number.POSITIVE_INFINITY }));
    if (wrong !== undefined) tell(wrong, "features", name);
  }
  const failures = numbersOf(asRecord(asRecord(auth).failures));
  if (isWellFormed(failures) && rateProblem(failures) === undefined) {
    const wrong = refusedRate(store, { name: failuresName, ...failures });
    if (wrong !== undefined) tell(wrong, "auth", "failures");
  }
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

function checkTenant(config: Raw, tell: Tell): void {
  const from = asRecord(asRecord(config.tenant).from);
  const auth = asRecord(config.auth);
  const path = field(from, "path");
  const wrong = typeof path === "string" && path !== "" ? pathParameterProblem(path) : undefined;
  if (wrong !== undefined) tell(wrong, "tenant", "from", "path");
  const named = ["header", "host", "path"].find((form) => Object.hasOwn(from, form));
  if (
    named !== undefined &&
    field(auth, "jwt") !== undefined &&
    field(asRecord(auth.claims), "tenants") === undefined
  )
    tell(
      `is needed: the tenant comes from the ${named}, which anyone can write, and nothing else says which tenants a token's subject belongs to.`,
      "auth",
      "claims",
      "tenants",
    );
}
