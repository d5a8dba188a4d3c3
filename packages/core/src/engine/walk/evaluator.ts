/**
 * The walk: route → shield → identify → tenant → pure checks → charge. Each stage goes straight on to the
 * next while nothing waits; only where something is thenable does a promise come into being.
 */

import { AuthFailure } from "../../auth/auth-failure.ts";
import { Credential } from "../../auth/credential.ts";
import type { Principal } from "../../decision/principal.ts";
import type { Facts } from "../../facts/facts.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { Unreadable } from "../../route/target.ts";
import { isPromise } from "../../support/is-promise.ts";
import type { Entry } from "../../tenant/directory.ts";
import { TenantFailure, tenantFailures } from "../../tenant/tenant.ts";
import type { Account } from "../account.ts";
import { finish } from "../answer/finish.ts";
import type { RequestDecision } from "../answer/request-decision.ts";
import { accountCharges, shieldCharges, takeBack } from "../charges/charging.ts";
import { CountedAttempt } from "../charges/failures.ts";
import { addressOwner, ownerOf } from "../charges/owners.ts";
import { runChecks } from "../checks/run-checks.ts";
import { authLevels, type CompiledRequirement } from "../requirement.ts";
import { type Answer, charge, refuse, refuseCharges, unchargeable } from "./charge.ts";
import { requirementOf } from "./routing.ts";
import { hasPassed, rememberAccount, rememberPassed, standingOf } from "./standing.ts";
import type { Walk } from "./walk.ts";

/** Decides one request; `guard` is what a guard adds. */
export function decide(walk: Walk, guard: CompiledRequirement | undefined): Answer {
  const { engine, facts } = walk;
  const requirement = requirementOf(engine, facts, guard);
  if (requirement instanceof Unreadable)
    return refuse(walk, { code: "bad_request", check: "request", detail: requirement.detail });
  walk.requirement = requirement;
  walk.timing?.lap("request");
  return requirement.shield.length === 0 ? identify(walk) : shield(walk);
}

/** Goes on with what a source has answered: at once, or when it has. */
function after<T>(
  walk: Walk,
  answer: T | Promise<T>,
  goOn: (walk: Walk, settled: T) => Answer,
): Answer {
  if (!isPromise(answer)) return goOn(walk, answer);
  return answer.then((settled) => {
    walk.resume();
    return goOn(walk, settled);
  });
}

/** Limits by address: they need nothing, and count strangers before anything is spent on them. */
function shield(walk: Walk): Answer {
  const owner = addressOwner(walk);
  if (walk.claims !== undefined) walk.adopt(owner, true);
  let charges: readonly Charge[];
  try {
    charges = shieldCharges(walk);
  } catch (error) {
    return unchargeable(walk, error);
  }
  if (charges.length === 0) return identify(walk);
  return charge(walk, owner, charges, afterShield);
}

function afterShield(walk: Walk, owner: string, charges: readonly Charge[], outcome: Outcome) {
  walk.shielded = { owner, charges, outcome };
  return outcome.allowed ? identify(walk) : refuseCharges(walk, charges, outcome);
}

function identify(walk: Walk): Answer {
  if (walk.identified) return admit(walk, walk.principal);
  if (walk.requirement.auth === authLevels.none) return permit(walk);
  const recalled = walk.engine.auth.recall(walk);
  const { known } = walk;
  // Nearly everybody is known: nothing has failed then, and nothing is waited for.
  if (known !== undefined && recalled === known.principal) return enter(walk, known.principal);
  if (recalled instanceof Credential) return verify(walk, recalled);
  return after(walk, recalled, admit);
}

async function verify(walk: Walk, credential: Credential): Promise<RequestDecision> {
  const { auth, failures } = walk.engine;
  const attempt = failures && new CountedAttempt(walk);
  const identity = await auth.verify(credential, walk, attempt && (() => attempt.permit()));
  walk.resume();
  if (attempt?.denial !== undefined) return refuse(walk, attempt.denial);
  if (attempt !== undefined) await attempt.judged(identity);
  return admit(walk, identity);
}

/** What the credentials came to: nobody, somebody, or a refusal. */
function admit(walk: Walk, identity: Principal | AuthFailure | undefined): Answer {
  if (!(identity instanceof AuthFailure)) return enter(walk, identity);
  walk.timing?.lap("credentials");
  const { code, detail, retryAfter = 1 } = identity;
  const retryAt = code === "unavailable" ? walk.now + retryAfter * 1_000 : undefined;
  return refuse(walk, { code, check: "credentials", detail, retryAt });
}

function enter(walk: Walk, principal: Principal | undefined): Answer {
  walk.timing?.lap("credentials");
  walk.identified = true;
  walk.principal = principal;
  if (principal === undefined) return anonymous(walk);
  // A browser sends a cookie by itself, also when another site asks it to.
  if (walk.viaCookie && (isUnsafe(walk.facts) || walk.requirement.chargesFeatures))
    if (!walk.engine.auth.sameOrigin(walk.facts))
      return refuse(walk, {
        code: "forbidden",
        check: "credentials",
        detail: "A credential in a cookie needs proof that the request comes from the same origin.",
      });
  const standing = standingOf(walk);
  if (standing === undefined) return attribute(walk, principal);
  walk.account = standing.account;
  return permit(walk, hasPassed(standing, walk.requirement.number));
}

function anonymous(walk: Walk): Answer {
  const { requirement } = walk;
  if (requirement.auth !== authLevels.required && !requirement.needsPrincipal) return permit(walk);
  return refuse(walk, {
    code: "unauthenticated",
    check: "credentials",
    detail: "This needs credentials, and the request has none.",
  });
}

/** Safe methods are those of RFC 9110 §9.2.1; a form may have sent another one than it is routed by. */
function isUnsafe({ method, originalMethod = method }: Facts): boolean {
  return !safeMethods.includes(method) || !safeMethods.includes(originalMethod);
}

const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/** Finds the account that the principal acts for. */
function attribute(walk: Walk, principal: Principal): Answer {
  if (walk.account !== undefined) return permit(walk);
  const { tenants, plainAccount } = walk.engine;
  if (tenants === undefined) return attributed(walk, plainAccount(principal.id, false));
  const id = tenants.resolve(walk.facts, principal);
  if (id instanceof TenantFailure) return withoutTenant(walk, id);
  if (id === undefined)
    return walk.requirement.needsAccount
      ? withoutTenant(walk, tenantFailures.missing)
      : permit(walk);
  if (tenants.directory === undefined) return attributed(walk, plainAccount(id, true));
  return after(walk, tenants.directory.get(id, walk.now), afterLoad);
}

function afterLoad(walk: Walk, entry: Entry<Account>): Answer {
  const { state, degraded } = entry;
  if (degraded) walk.degrade("tenant");
  if (state instanceof TenantFailure) return withoutTenant(walk, state);
  if (state.suspended) return withoutTenant(walk, tenantFailures.suspended);
  return attributed(walk, state, entry);
}

/** @param entry the directory's; default: the account has no record, and never changes. */
function attributed(walk: Walk, account: Account, entry?: Entry<Account>): Answer {
  walk.account = account;
  rememberAccount(walk, account, entry);
  return permit(walk);
}

/** The tenant failed; what needs only the principal is still looked at, so that every failed check is told. */
function withoutTenant(walk: Walk, { code, detail }: TenantFailure): RequestDecision {
  const retryAt = code === "unavailable" ? walk.now + 1_000 : undefined;
  walk.deny({ code, check: code === "bad_request" ? "request" : "tenant", detail, retryAt });
  runChecks(walk, "principal");
  return finish(walk);
}

/**
 * All pure checks; only if every one passes is anything charged.
 * @param passed whether it is known that they all pass.
 */
function permit(walk: Walk, passed = false): Answer {
  walk.timing?.lap("tenant");
  if (walk.claims !== undefined) walk.adopt(ownerOf(walk), false);
  if (!passed && !passes(walk)) return finish(walk);
  let charges: readonly Charge[];
  try {
    charges = accountCharges(walk);
  } catch (error) {
    return unchargeable(walk, error);
  }
  if (charges.length === 0) return finish(walk);
  return charge(walk, ownerOf(walk), charges, afterCharge);
}

function passes(walk: Walk): boolean {
  const { flagReads } = walk.engine;
  const before = flagReads.changing;
  runChecks(walk, "account");
  if (walk.denials.length > 0) return false;
  // No flag has read what may be otherwise next time: nothing else could, between these two lines.
  if (flagReads.changing === before) rememberPassed(walk);
  return true;
}

function afterCharge(walk: Walk, owner: string, charges: readonly Charge[], outcome: Outcome) {
  walk.owner = owner;
  walk.charges = charges;
  walk.outcome = outcome;
  if (outcome.allowed) return finish(walk);
  if (walk.previous !== undefined && walk.facts.partial !== true) takeBack(walk, outcome);
  return refuseCharges(walk, walk.charges, walk.outcome);
}
