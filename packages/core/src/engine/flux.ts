import type { OnDeniedAnswer } from "../config/config-types.ts";
import { parseRequirement } from "../config/parse.ts";
import type { Keys, Requirement } from "../config/requirement-types.ts";
import type { ParsedConfig } from "../config/schema.ts";
import type { Decision } from "../decision/decision.ts";
import { FluxError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import type { EvaluationContext, FlagDetails } from "../flags/types.ts";
import {
  type DenialResponse,
  type ProblemSource,
  problemResponse,
} from "../http/denial-response.ts";
import { isPromise } from "../support/is-promise.ts";
import type { CompiledConfig } from "./compile-engine.ts";
import { decide } from "./evaluator.ts";
import type { FluxEvents } from "./listeners.ts";
import { namesFor } from "./rate-limit-fields.ts";
import { invalid } from "./read-config.ts";
import { RequestDecision } from "./request-decision.ts";
import { type CompiledRequirement, compileRequirement } from "./requirement.ts";
import { requirementReferences } from "./requirement-references.ts";

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
      const problem = () => problemResponse(problemOf(decision));
      if (config.onDenied === undefined) return problem();
      const answer = config.onDenied(decision, facts);
      return isPromise(answer)
        ? answer.then((settled) => complete(settled, decision) ?? problem())
        : (complete(answer, decision) ?? problem());
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
      const owner = engine.plainAccount(what.tenant, true).owner;
      Promise.resolve(engine.store.reset?.(owner)).catch((error) =>
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

/**
 * What `onDenied` gave, with what it left out: the decision's status and headers. No cache may keep it
 * for somebody else unless it says so itself (a 404 is one that caches may keep, RFC 9110 §15.1).
 */
function complete(
  answer: OnDeniedAnswer,
  decision: Decision,
): DenialResponse | Response | undefined {
  if (answer === undefined || answer === null) return undefined;
  const ours = { ...decision.headers, "Cache-Control": "no-store" };
  if (isResponse(answer)) {
    // A response's own headers may be immutable, as those of `Response.redirect` are.
    const headers = new Headers(answer.headers);
    for (const [name, value] of Object.entries(ours))
      if (!headers.has(name)) headers.set(name, value);
    return new Response(answer.body, {
      status: answer.status,
      statusText: answer.statusText,
      headers,
    });
  }
  const { status = decision.status, headers = {}, body = "" } = checkAnswer(answer);
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const left = Object.entries(ours).filter(([name]) => !given.has(name.toLowerCase()));
  return { status, headers: { ...Object.fromEntries(left), ...headers }, body };
}

/** A `Response` of another realm or of a polyfill is one as well. */
function isResponse(answer: object): answer is Response {
  return (
    typeof (answer as Partial<Response>).arrayBuffer === "function" &&
    typeof (answer as Partial<Response>).status === "number"
  );
}

/** @throws FluxError `on_denied_invalid`: a denied request must not be answered by accident. */
function checkAnswer(answer: Partial<DenialResponse>): Partial<DenialResponse> {
  const { status, headers, body } = answer as Record<string, unknown>;
  const wrong =
    typeof answer !== "object" || Object.keys(answer).some((name) => !answerFields.includes(name))
      ? "it has other fields than status, headers and body"
      : status !== undefined &&
          !(Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599)
        ? "its status is no whole number from 200 to 599"
        : headers !== undefined && (typeof headers !== "object" || headers === null)
          ? "its headers are no object"
          : body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)
            ? "its body is neither a string nor a Uint8Array"
            : undefined;
  if (wrong !== undefined)
    throw new FluxError(
      "on_denied_invalid",
      `onDenied must give undefined, a Response, or { status?, headers?, body? }; what it gave is none: ${wrong}.`,
    );
  return answer;
}

const answerFields: readonly string[] = ["status", "headers", "body"];

/** What the body is made of. A decision that is not of this library names nothing. */
function problemOf(decision: Decision): ProblemSource {
  const { denials, remedy, headers } = decision;
  const walk = RequestDecision.walkOf(decision);
  return {
    denials,
    remedy,
    headers,
    names: walk === undefined ? "none" : namesFor(walk),
    nameFlags: walk?.engine.exposeFlags === true,
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
