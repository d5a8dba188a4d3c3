/**
 * Every error that Flux throws is a `FluxError` with a stable `code`.
 * A refusal is never an error: it is a decision.
 */

/** The codes of everything that Flux throws, and when. */
export const fluxErrorCodes = {
  config_invalid:
    "a config, or what an adapter or a store was given, is wrong; the message lists every mistake",
  requirement_invalid: "a requirement given to a guard or to decide is wrong",
  facts_invalid: "the facts given to decide are not those of a request",
  caller_invalid:
    "flux.as or asPrincipal was given no caller, or a tenant where the config has none",
  test_invalid: "a testFlux was given a plan, a flag or a time that its config cannot have",
  not_denied: "respond was asked for the answer to a request that is allowed",
  on_denied_invalid: "onDenied gave something that is no answer",
  event_unknown: "on was given an event that there is not",
  invalidation_invalid: "invalidate was given nothing to forget, or something else",
  cost_invalid: "a cost or an amount is not a non-negative safe integer",
  settle_invalid: "settle was given a feature that was not charged, or an amount that is no amount",
  store_unavailable:
    "a store could not be reached within its time budget, or answered what is no answer; the limits' onError decides what that means for a request",
  runtime_unsupported:
    "this runtime lacks what a subpath stands on, as node:sqlite before Node 22.13",
  api_key_invalid: "generateApiKey was given a prefix that cannot be part of a key",
} as const;

export type FluxErrorCode = keyof typeof fluxErrorCodes;

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
    options?: { cause?: unknown; problems?: readonly Problem[] },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options?.problems ?? [];
  }
}
