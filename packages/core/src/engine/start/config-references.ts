/**
 * Whether a config hangs together: every name that it uses is one that it defines. It reads the config as
 * it was given and passes over what is malformed, so that these mistakes are told beside the schema's.
 */

import { checkGrant } from "../../entitlements/catalogue.ts";
import type { Problem } from "../../errors.ts";
import { checkFlag } from "../../flags/check-flag.ts";
import {
  type Period,
  type Policy,
  quotaPolicy,
  ratePolicy,
  rateProblem,
} from "../../limits/policy.ts";
import type { Store } from "../../limits/store.ts";
import { pathParameterProblem } from "../../route/path-parameter.ts";
import { readRoutes } from "../../route/route-index.ts";
import { parseDuration } from "../../support/duration.ts";
import { failuresName } from "../charges/failures.ts";
import { reservedAttributes } from "../checks/flag-context.ts";
import { type ChangesOfPlans, numbersOnPlan, type PolicyNumbers } from "./compiled-limits.ts";
import { asRecord, below, isKnown, problemsOf, type Raw, type Tell } from "./raw.ts";
import { requirementReferences } from "./requirement-references.ts";

export function configReferences(input: unknown): Problem[] {
  const config = asRecord(input);
  const flags = Object.entries(asRecord(config.flags));
  const routes = Object.entries(asRecord(config.routes));
  const attributes = asRecord(config.attributes);
  return [
    ...flags.flatMap(([key, definition]) => checkFlag(key, definition)),
    ...readRoutes(routes).problems,
    ...problemsOf((tell) => {
      checkPlans(config, tell);
      checkLimits(config, tell);
      checkCounted(config, tell);
      checkTenant(config, tell);
      for (const [key, requirement] of routes)
        requirementReferences(requirement, config, below(tell, "routes", key));
      for (const name of reservedAttributes)
        if (Object.hasOwn(attributes, name))
          tell(`Flux itself gives ${name}; another name is needed.`, "attributes", name);
    }),
  ];
}

function checkPlans(config: Raw, tellAll: Tell): void {
  const plans = asRecord(config.plans);
  const features = asRecord(config.features);
  const { defaultPlan } = config;
  isKnown("plan", defaultPlan, plans, tellAll, "defaultPlan");
  if (
    Object.keys(plans).length > 0 &&
    defaultPlan === undefined &&
    asRecord(config.tenant).load === undefined
  )
    tellAll(
      "is needed where there are plans and no tenant.load says who is on which.",
      "defaultPlan",
    );
  for (const [name, plan] of Object.entries(plans)) {
    const given = asRecord(plan);
    const tell = below(tellAll, "plans", name);
    isKnown("plan", given.extends, plans, tell, "extends");
    if (lineageOf(given.extends, plans).includes(name))
      tell("leads back to the plan itself.", "extends");
    for (const [feature, grant] of Object.entries(asRecord(given.features)))
      if (isKnown("feature", feature, features, tell, "features", feature))
        tell(checkGrant(asRecord(features[feature]).kind, grant), "features", feature);
  }
}

/** A plan, then the one that it extends, and so on; each once. */
function lineageOf(name: unknown, plans: Raw): readonly string[] {
  const lineage = new Set<string>();
  for (
    let at = name;
    typeof at === "string" && Object.hasOwn(plans, at) && !lineage.has(at);
    at = asRecord(plans[at]).extends
  )
    lineage.add(at);
  return [...lineage];
}

function checkLimits(config: Raw, tellAll: Tell): void {
  const plans = asRecord(config.plans);
  for (const [name, raw] of Object.entries(asRecord(config.limits))) {
    const limit = asRecord(raw);
    const tell = below(tellAll, "limits", name);
    const changes = changesOf(asRecord(limit.plans));
    if (name === failuresName)
      tell("failed credentials are counted by this name; another one is needed.");
    if (limit.by === "tenant" && config.tenant === undefined)
      tell(
        'counts by tenant, but the config has no `tenant`: use "principal", or say where a tenant is named.',
        "by",
      );
    if (limit.by === "apiKey" && asRecord(config.auth).apiKeys === undefined)
      tell("counts by API key, but the config has no `auth.apiKeys`.", "by");
    if (limit.by === "ip" && Object.keys(changes).length > 0)
      tell("a limit by ip is charged before anyone is known, so no plan can change it.", "plans");
    if (limit.by === "ip" && limit.lease !== undefined)
      tell(
        "a limit by ip counts strangers, of whom there may be any number: none of them is hot.",
        "lease",
      );
    const check = (numbers: PolicyNumbers | undefined, ...path: string[]) => {
      // What is no number of units at all, the schema tells.
      if (numbers === undefined || !isWellFormed(numbers)) return;
      tell(
        rateProblem(numbers) ?? refusal(config.store, ratePolicy({ ...numbers, name })),
        ...path,
      );
    };
    const base = numbersOf(limit);
    check(base);
    for (const plan of Object.keys(changes))
      if (isKnown("plan", plan, plans, tell, "plans", plan))
        check(numbersOnPlan({ ...base, plans: changes }, lineageOf(plan, plans)), "plans", plan);
  }
}

/** What else is counted, and the store cannot hold. */
function checkCounted({ auth, features, store }: Raw, tell: Tell): void {
  for (const [name, feature] of Object.entries(asRecord(features))) {
    const { kind, per } = asRecord(feature);
    if (kind === "metered" && periods.includes(per))
      tell(
        refusal(store, quotaPolicy({ name, per: per as Period, quota: Infinity })),
        "features",
        name,
      );
  }
  const failures = numbersOf(asRecord(asRecord(auth).failures));
  if (isWellFormed(failures) && rateProblem(failures) === undefined)
    tell(refusal(store, ratePolicy({ ...failures, name: failuresName })), "auth", "failures");
}

const periods: readonly unknown[] = ["hour", "day", "month"];

/** Why a store cannot hold a policy, in its own words. */
function refusal(store: unknown, policy: Policy): string | undefined {
  const { refuses } = asRecord(store);
  return typeof refuses === "function" ? (store as Store).refuses?.(policy) : undefined;
}

/** A limit's numbers, as far as they were given; some may be none. */
function numbersOf({ quota, window, burst }: Raw): PolicyNumbers {
  const numbers = Object.entries({ quota, window: parseDuration(window), burst });
  const given = numbers.filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as PolicyNumbers;
}

/** What plans change of a limit; what is no change at all changes nothing. */
const changesOf = (given: Raw): ChangesOfPlans =>
  Object.fromEntries(
    Object.entries(given).map(([plan, change]) => [
      plan,
      typeof change === "object" ? numbersOf(asRecord(change)) : (change as number),
    ]),
  );

const isWellFormed = ({ quota, window, burst = quota }: PolicyNumbers) =>
  window !== undefined &&
  [quota, burst].every((units) => Number.isSafeInteger(units) && units >= 1);

function checkTenant(config: Raw, tell: Tell): void {
  const from = asRecord(asRecord(config.tenant).from);
  const { jwt, claims } = asRecord(config.auth);
  const { path } = from;
  if (typeof path === "string" && path !== "")
    tell(pathParameterProblem(path), "tenant", "from", "path");
  const named = ["header", "host", "path"].find((form) => Object.hasOwn(from, form));
  if (named !== undefined && jwt !== undefined && asRecord(claims).tenants === undefined)
    tell(
      `is needed: the tenant comes from the ${named}, which anyone can write, and nothing else says which tenants a token's subject belongs to.`,
      "auth",
      "claims",
      "tenants",
    );
}
