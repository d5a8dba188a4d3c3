/**
 * Every error that Flux throws is a `FluxError` with a stable `code`.
 * A refusal is never an error: it is a decision.
 */

/** The codes of everything that Flux throws, and when. */
export type FluxErrorCode =
  /** A config, or what an adapter or a store was given, is wrong; the message lists every mistake. */
  | "config_invalid"
  /** A requirement given to a guard or to decide is wrong. */
  | "requirement_invalid"
  /** The facts given to decide are not those of a request. */
  | "facts_invalid"
  /** `flux.as` or `asPrincipal` was given no caller, or a tenant where the config has none. */
  | "caller_invalid"
  /** A `testFlux` was given a plan, a flag or a time that its config cannot have. */
  | "test_invalid"
  /** `respond` was asked for the answer to a request that is allowed. */
  | "not_denied"
  /** `onDenied` gave something that is no answer. */
  | "on_denied_invalid"
  /** `on` was given an event that there is not. */
  | "event_unknown"
  /** `invalidate` was given nothing to forget, or something else. */
  | "invalidation_invalid"
  /** A cost or an amount is not a non-negative safe integer. */
  | "cost_invalid"
  /** `settle` was given a feature that was not charged, or an amount that is no amount. */
  | "settle_invalid"
  /**
   * A store could not be reached within its time budget, or answered what is no answer; the limits' `onError`
   * decides what that means for a request.
   */
  | "store_unavailable"
  /** This runtime lacks what a subpath stands on, as `node:sqlite` before Node 22.13. */
  | "runtime_unsupported"
  /** `generateApiKey` was given a prefix that cannot be part of a key. */
  | "api_key_invalid";

/** One mistake in a config or a requirement. */
export interface Problem {
  /** Where, as a path: `routes["POST /exports"].flag`. */
  readonly path: string;
  /** What is wrong, what was expected, and the nearest valid name where there is one. */
  readonly message: string;
}

export class FluxError extends Error {
  override readonly name = "FluxError";
  readonly code: FluxErrorCode;
  /** Every mistake found; empty where the message says it all. */
  readonly problems: readonly Problem[];

  constructor(
    code: FluxErrorCode,
    message: string,
    { cause, problems = [] }: { cause?: unknown; problems?: readonly Problem[] } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problems = problems;
  }
}
