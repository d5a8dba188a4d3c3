import { parseRequirement } from "../config/parse.ts";
import type { Keys, Requirement } from "../config/requirement-types.ts";
import type { ParsedConfig } from "../config/schema.ts";
import type { Decision } from "../decision/decision.ts";
import { FluxError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import { isPromise } from "../support/is-promise.ts";
import { accountOwner } from "./account.ts";
import { deniedResponse } from "./answer/denied-response.ts";
import { RequestDecision } from "./answer/request-decision.ts";
import { checkShield, factsOfCaller, principalOf } from "./caller.ts";
import { type ChargeReceipt, chargesOfReceipt, receiptOf } from "./charges/carried.ts";
import type { Flux, Invalidation, PreparedRequirement } from "./flux.ts";
import { type CompiledRequirement, combine, compileRequirement } from "./requirement.ts";
import type { CompiledConfig } from "./start/compile-engine.ts";
import { problemsOf } from "./start/raw.ts";
import { invalid } from "./start/read-config.ts";
import { readsAddress } from "./start/reads-address.ts";
import { requirementReferences } from "./start/requirement-references.ts";
import { decide } from "./walk/evaluator.ts";
import { Walk } from "./walk/walk.ts";

type Earlier = Decision | ChargeReceipt | null | undefined;

export function createFlux({ engine, warnings }: CompiledConfig, config: ParsedConfig): Flux<Keys> {
  const prepared = new WeakMap<object, CompiledRequirement>();
  const compile = (requirement: Requirement<Keys>): CompiledRequirement => {
    const { value, problems } = parseRequirement(requirement);
    const references = problemsOf((tell) => requirementReferences(requirement, config, tell));
    const all = [...problems, ...references];
    if (value === undefined || all.length > 0)
      throw invalid("requirement_invalid", "The requirement", all);
    return compileRequirement(value, engine.definitions);
  };

  const anyCaller = compile({});

  /** A requirement given as a literal at each call is compiled at each call; `prepare` spares that. */
  const guardOf = (given: Requirement<Keys> | PreparedRequirement<Keys> | undefined) =>
    given === undefined ? undefined : (prepared.get(given) ?? compile(given as Requirement<Keys>));

  /** Who is calling and on which plan is told by this config alone, whatever another Flux decided. */
  const walkOf = (earlier: Earlier): Walk | undefined => {
    const walk = RequestDecision.walkOf(earlier);
    return walk?.engine === engine ? walk : undefined;
  };
  const claimsOf = (earlier: Earlier) => {
    // A framework may hold null where there is none, as Fastify's decorated requests do.
    const receipt = earlier as ChargeReceipt | null | undefined;
    return receipt?.receipts === undefined ? undefined : chargesOfReceipt(engine, receipt);
  };

  return {
    warnings,
    readsAddress: readsAddress(config),
    decide(facts, requirement, earlier) {
      checkFacts(facts);
      const guard = guardOf(requirement);
      const walk = new Walk(engine, facts, walkOf(earlier));
      walk.claims = claimsOf(earlier);
      return decide(walk, guard);
    },
    peek(facts, requirement, earlier) {
      checkFacts(facts);
      const guard = guardOf(requirement);
      const walk = new Walk(engine, facts, walkOf(earlier));
      walk.peeks = true;
      return decide(walk, guard);
    },
    as(caller) {
      const principal = principalOf(caller, engine);
      return {
        decide(requirement) {
          const guard = guardOf(requirement) ?? anyCaller;
          checkShield(guard);
          const walk = new Walk(engine, factsOfCaller);
          walk.identified = true;
          walk.principal = principal;
          return decide(walk, guard);
        },
      };
    },
    prepare(...requirements) {
      if (requirements.length === 0)
        throw new FluxError("requirement_invalid", "prepare needs at least one requirement.");
      const handle = Object.freeze({ requirements });
      prepared.set(handle, combine(requirements.map(compile)));
      return handle;
    },
    receipt(decision) {
      const walk = walkOf(decision);
      return walk === undefined ? undefined : receiptOf(walk);
    },
    respond(decision, facts) {
      if (decision.allowed)
        throw new FluxError("not_denied", "respond answers a denied request; this one is allowed.");
      const answer = config.onDenied?.(decision, facts);
      const respond = (settled: Awaited<typeof answer>) => deniedResponse(decision, settled);
      return isPromise(answer) ? answer.then(respond) : respond(answer);
    },
    flags: {
      evaluate(key, context) {
        engine.flagReads.now = engine.now();
        return engine.flags.evaluate(key, context);
      },
    },
    on(event, listener) {
      if (event !== "decision" && event !== "error")
        throw new FluxError(
          "event_unknown",
          `There is no event ${JSON.stringify(event)}. Known: "decision", "error".`,
        );
      const listeners = engine.listeners[event] as Set<typeof listener>;
      const retime = () => {
        engine.timed = config.explain || engine.listeners.decision.size > 0;
      };
      listeners.add(listener);
      retime();
      return () => {
        listeners.delete(listener);
        retime();
      };
    },
    invalidate(what) {
      checkInvalidation(what);
      engine.auth.invalidate(what);
      if (what.tenant === undefined) return;
      engine.tenants?.directory?.invalidate(what.tenant);
      Promise.resolve(engine.store.reset?.(accountOwner(what.tenant, true))).catch((error) =>
        engine.report("store", "What the store has cached could not be dropped", error),
      );
    },
    async ready() {
      await Promise.all([engine.store.ready?.() ?? engine.connected, engine.auth.ready()]);
    },
    async close() {
      await engine.store.close?.();
    },
  };
}

const forgettable = ["tenant", "principal", "token", "key"] as const;

/** A revocation that names nothing would revoke nothing, silently. */
function checkInvalidation(what: Invalidation): void {
  const given = Object.entries(what ?? {});
  const sound = given.every(
    ([name, value]) =>
      (forgettable as readonly string[]).includes(name) &&
      (value === undefined || typeof value === "string"),
  );
  if (!sound || given.every(([, value]) => value === undefined))
    throw new FluxError(
      "invalidation_invalid",
      `invalidate needs what is to be forgotten: an object with at least one of ${forgettable.join(", ")}, each a string.`,
    );
}

function checkFacts(facts: Facts): void {
  if (
    typeof facts?.method !== "string" ||
    typeof facts.url !== "string" ||
    typeof facts.headers !== "object" ||
    facts.headers === null
  )
    throw new FluxError(
      "facts_invalid",
      "decide needs the facts of a request: { method: string, url: string, headers: Headers | Record<string, string>, ip?: string }.",
    );
}
