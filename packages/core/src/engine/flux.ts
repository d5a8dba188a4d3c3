import { parseRequirement } from "../config/parse.ts";
import type { Keys, Requirement } from "../config/requirement-types.ts";
import type { ParsedConfig } from "../config/schema.ts";
import type { Decision } from "../decision/decision.ts";
import { FluxError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import type { EvaluationContext, FlagDetails } from "../flags/types.ts";
import type { DenialResponse } from "../http/denial-response.ts";
import { isPromise } from "../support/is-promise.ts";
import { accountOwner } from "./account.ts";
import { deniedResponse } from "./answer/denied-response.ts";
import type { FluxEvents } from "./answer/listeners.ts";
import { RequestDecision } from "./answer/request-decision.ts";
import { type CompiledRequirement, compileRequirement } from "./requirement.ts";
import type { CompiledConfig } from "./start/compile-engine.ts";
import { invalid } from "./start/read-config.ts";
import { requirementReferences } from "./start/requirement-references.ts";
import { decide } from "./walk/evaluator.ts";

/** A requirement that was checked and compiled ahead, by `prepare`. */
export interface PreparedRequirement<K extends Keys = Keys> {
  readonly requirement: Requirement<K>;
}

/** What is to be forgotten; at least one of these. */
export interface Invalidation {
  /** A tenant's id: its record, and what is cached of its API keys. */
  readonly tenant?: string;
  /** A principal's id (`issuer|subject`). */
  readonly principal?: string;
  /** A token as it is sent, without `Bearer`. */
  readonly token?: string;
  /** An API key's id or its hash. */
  readonly key?: string;
}

/** A decision engine: made by `defineFlux`, asked once per request. */
export interface Flux<K extends Keys = Keys> {
  /**
   * Decides whether a request may pass, and charges it if so. It answers at once where nothing has to be
   * waited for, else by a promise; it never refuses by throwing.
   *
   * @param requirement what is asked for beside the config's own route; it replaces `unmatched`.
   * @param earlier the decision of an earlier guard of the same request: its identity is reused, and
   * nothing is charged twice.
   * @throws FluxError `requirement_invalid`, `facts_invalid`
   */
  decide(
    facts: Facts,
    requirement?: Requirement<K> | PreparedRequirement<K>,
    earlier?: Decision,
  ): Decision<K> | Promise<Decision<K>>;
  /**
   * Checks and compiles a requirement once, for a guard that is asked often.
   * @throws FluxError `requirement_invalid`
   */
  prepare(requirement: Requirement<K>): PreparedRequirement<K>;
  /**
   * The response to a denied request: what `onDenied` gives, else application/problem+json.
   * @throws FluxError `not_denied`, `on_denied_invalid`; and whatever `onDenied` throws
   */
  respond(
    decision: Decision,
    facts: Facts,
  ): DenialResponse | Response | Promise<DenialResponse | Response>;
  readonly flags: {
    /** Evaluates one flag in a context of one's own. Never throws. */
    evaluate<F extends keyof K["flags"] & string>(
      key: F,
      context: EvaluationContext,
    ): FlagDetails<K["flags"][F]["value"]>;
  };
  /**
   * Calls a listener for each event; returns what ends that. `decision` comes once for each guard that a
   * request passes. A listener that throws harms nobody.
   * @throws FluxError `event_unknown`
   */
  on<E extends keyof FluxEvents>(event: E, listener: (record: FluxEvents[E]) => void): () => void;
  /**
   * Forgets what is cached, after a purchase or a revocation. Counters stay.
   * @throws FluxError `invalidation_invalid`
   */
  invalidate(what: Invalidation): void;
  /** Fetches the issuers' keys and opens connections ahead of the first request. Rejects with what failed. */
  ready(): Promise<void>;
  /** Lets go of connections. */
  close(): Promise<void>;
  /** What was found at start that is not wrong, but probably not meant. */
  readonly warnings: readonly string[];
}

export function createFlux({ engine, warnings }: CompiledConfig, config: ParsedConfig): Flux<Keys> {
  const prepared = new WeakMap<object, CompiledRequirement>();
  const compile = (requirement: Requirement<Keys>): CompiledRequirement => {
    const { value, problems } = parseRequirement(requirement);
    const references = requirementReferences(requirement, config, "");
    const all = [...problems, ...references];
    if (value === undefined || all.length > 0)
      throw invalid("requirement_invalid", "The requirement", all);
    return compileRequirement(value, engine.definitions);
  };

  /** A requirement given as a literal at each call is compiled at each call; `prepare` spares that. */
  const compiledOf = (given: Requirement<Keys> | PreparedRequirement<Keys>): CompiledRequirement =>
    prepared.get(given) ?? compile(given as Requirement<Keys>);

  return {
    warnings,
    decide(facts, requirement, earlier) {
      checkFacts(facts);
      const guard = requirement === undefined ? undefined : compiledOf(requirement);
      // Who is calling and on which plan is told by this config alone, whatever another Flux decided.
      const walk = RequestDecision.walkOf(earlier);
      return decide(engine, facts, guard, walk?.engine === engine ? walk : undefined);
    },
    prepare(requirement) {
      const handle = Object.freeze({ requirement });
      prepared.set(handle, compile(requirement));
      return handle;
    },
    respond(decision, facts) {
      if (decision.allowed)
        throw new FluxError("not_denied", "respond answers a denied request; this one is allowed.");
      const answer = config.onDenied?.(decision, facts);
      return isPromise(answer)
        ? answer.then((settled) => deniedResponse(decision, settled))
        : deniedResponse(decision, answer);
    },
    flags: {
      evaluate(key, context) {
        engine.flagClock.now = engine.now();
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
      listeners.add(listener);
      engine.timed = config.explain || engine.listeners.decision.size > 0;
      return () => {
        listeners.delete(listener);
        engine.timed = config.explain || engine.listeners.decision.size > 0;
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
      await Promise.all([engine.connected, engine.auth.ready()]);
    },
    async close() {
      await engine.store.close?.();
    },
  };
}

const forgettable = ["tenant", "principal", "token", "key"] as const;

/** A revocation that names nothing would revoke nothing, silently. */
function checkInvalidation(what: Invalidation): void {
  const given = typeof what === "object" && what !== null ? Object.entries(what) : [];
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
