/** The smallest change that would have allowed a denied request: everything listed, together. */
import type { Denial, MissingNames, Remedy } from "../../decision/decision.ts";
import type { CompiledPlan } from "../../entitlements/catalogue.ts";
import { mostOf } from "../../limits/policy.ts";
import { used } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import type { Account } from "../account.ts";
import { accountCharges } from "../charges/charging.ts";
import { Walk } from "../walk/walk.ts";

/** `undefined` where nothing that the caller can change would help. */
export function remedyOf(walk: Walk): Remedy | undefined {
  const remedy: { -readonly [K in keyof Remedy]: Remedy[K] } = {};
  const { denials } = walk;
  for (const { code, detail } of denials) {
    if (code === "unauthenticated" || code === "invalid_token") remedy.authenticate = true;
    if (code === "bad_request") remedy.request = detail;
  }
  for (const field of ["scopes", "roles", "permissions"] as const) {
    const names = missingNames(
      denials.flatMap(({ missing }) => (missing?.field === field ? [missing] : [])),
    );
    if (names !== undefined) remedy[field] = names;
  }
  const retryAt = waitingHelps(denials);
  if (retryAt !== undefined) remedy.retryAt = retryAt;
  const plans = unlockingPlans(walk);
  if (plans.length > 0) remedy.plans = plans;
  return Object.keys(remedy).length === 0 ? undefined : remedy;
}

/** Several checks of one kind become one list; of alternatives beside others the first stands for all. */
function missingNames(all: readonly NonNullable<Denial["missing"]>[]): MissingNames | undefined {
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  if (others.length === 0) return first.any ? { any: first.names } : first.names;
  const names = all.flatMap((each) => (each.any ? each.names.slice(0, 1) : each.names));
  return [...new Set(names)];
}

/** The time at which every limit and quota that refused would pass, if it ever would. */
function waitingHelps(denials: readonly Denial[]): number | undefined {
  const timed = denials.filter(({ code }) =>
    ["quota_exceeded", "rate_limited", "unavailable"].includes(code),
  );
  if (timed.length === 0 || timed.some(({ retryAt }) => retryAt === undefined)) return undefined;
  return Math.max(...timed.map(({ retryAt }) => retryAt as number));
}

/** The plans on which everything that a plan decides would have passed. */
function unlockingPlans(walk: Walk): readonly string[] {
  const { account, engine, denials } = walk;
  const changeable = denials.some(({ check }) =>
    ["flag", "feature", "quota", "limit"].includes(check),
  );
  // No plan brings back what is down.
  const isDown = denials.some(({ code }) => code === "unavailable");
  if (account === undefined || !changeable || isDown) return [];
  return [...engine.plans.values()]
    .filter((plan) => plan !== account.plan && passesOn(walk, account, plan))
    .map((plan) => plan.name);
}

/** Whether the same request would pass, had its account been on another plan. Nothing is charged. */
function passesOn(walk: Walk, account: Account, plan: CompiledPlan): boolean {
  const other = new Walk(walk.engine, walk.facts, walk.previous);
  other.requirement = walk.requirement;
  other.now = walk.now;
  other.principal = walk.principal;
  other.account = { ...account, plan };
  other.flagContext = undefined;
  for (const check of other.requirement.checks)
    if (["flag", "feature"].includes(check.kind) && check.run(other) !== undefined) return false;
  try {
    const charges = accountCharges(other);
    const { engine } = walk;
    return engine.store.synchronous === true
      ? (engine.store.charge(account.owner, charges, true, walk.now) as Outcome).allowed
      : charges.every((charge) => roomFor(walk, charge));
  } catch {
    return false;
  }
}

/** The same by what the refusal itself told, where the store would have to be awaited. */
function roomFor(walk: Walk, { policy, cost }: Charge): boolean {
  const i = walk.charges.findIndex((charge) => charge.policy.id === policy.id);
  const known = walk.charges[i];
  const use = known === undefined || walk.outcome === undefined ? 0 : used(known, walk.outcome, i);
  return use + cost <= mostOf(policy);
}
