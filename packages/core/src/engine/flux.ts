import type { NamedCaller } from "../config/auth-types.ts";
import type { Keys, Requirement } from "../config/requirement-types.ts";
import type { Decision } from "../decision/decision.ts";
import type { Facts } from "../facts/facts.ts";
import type { EvaluationContext, FlagDetails } from "../flags/types.ts";
import type { DenialResponse } from "../http/denial-response.ts";
import type { FluxEvents } from "./answer/listeners.ts";
import type { ChargeReceipt } from "./charges/carried.ts";

/** Requirements that were checked and compiled ahead, by `prepare`. */
export interface PreparedRequirement<K extends Keys = Keys> {
  readonly requirements: readonly Requirement<K>[];
}

/** Decides for one caller, without HTTP. */
export interface Caller<K extends Keys = Keys> {
  /**
   * Decides whether the caller may do this, and charges it if so. No route of the config applies.
   * @param requirement default: only that the tenant, where one was named, is known and not suspended.
   * @throws FluxError `requirement_invalid`; also for a limit by ip, for there is no address.
   */
  decide(requirement?: Requirement<K> | PreparedRequirement<K>): Decision<K> | Promise<Decision<K>>;
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
   * nothing is charged twice. Or the receipt of one that another process made: its charges count as
   * made, and nothing else of it is believed.
   * @throws FluxError `requirement_invalid`, `facts_invalid`
   */
  decide(
    facts: Facts,
    requirement?: Requirement<K> | PreparedRequirement<K>,
    earlier?: Decision | ChargeReceipt,
  ): Decision<K> | Promise<Decision<K>>;
  /**
   * Decides as `decide` does, and charges nothing: the counters are held against what is asked for, and
   * left alone (`auth.failures` counts all the same). No `decision` event tells of it, and there is
   * nothing to settle. It answers what a page may show.
   * @throws FluxError `requirement_invalid`, `facts_invalid`
   */
  peek(
    facts: Facts,
    requirement?: Requirement<K> | PreparedRequirement<K>,
    earlier?: Decision,
  ): Decision<K> | Promise<Decision<K>>;
  /**
   * Names a caller, for jobs, queues and tools: `flux.as({ tenant: "acme", subject: "job-7" })`. Whoever
   * calls this is believed; costs and attributes that are functions see facts without headers.
   * @throws FluxError `caller_invalid`
   */
  as(caller: NamedCaller): Caller<K>;
  /**
   * Checks and compiles requirements once, for a guard that is asked often. All that are given hold.
   * @throws FluxError `requirement_invalid`
   */
  prepare(requirement: Requirement<K>, ...more: readonly Requirement<K>[]): PreparedRequirement<K>;
  /**
   * The response to a denied request: what `onDenied` gives, else application/problem+json.
   * @throws FluxError `not_denied`, `on_denied_invalid`; and whatever `onDenied` throws
   */
  respond(
    decision: Decision,
    facts: Facts,
  ): DenialResponse | Response | Promise<DenialResponse | Response>;
  /**
   * What a decision of this Flux has charged, as plain data: for a guard of the same request in another
   * process, which passes it to `decide` as `earlier`. Whoever can forge one passes without being charged:
   * sign it.
   * @returns `undefined` where nothing was charged.
   */
  receipt(decision: Decision): ChargeReceipt | undefined;
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
  /**
   * Whether clients are counted by an address that only an adapter can tell (`facts.ip`): there is a limit
   * by ip, or `auth.failures`, and no `clientIp` that finds it in the request.
   */
  readonly readsAddress: boolean;
}
