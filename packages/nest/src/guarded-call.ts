/** A call on its way through a guard, and what is kept of it once it may pass. */
import type { Decision, Flux, RegisteredKeys } from "@flux/core";
import { applyHeaders, concludeWith } from "@flux/core/node";
import type { ExecutionContext } from "@nestjs/common";
import { keepDecision } from "./kept-decisions.ts";
import type { GuardedRequest } from "./requests.ts";
import type { HandlerRequirement } from "./requirements.ts";
import { answerOf, rawResponseOf } from "./responses.ts";

/** One call of a handler, on its way through a guard. */
export interface GuardedCall {
  readonly flux: Flux<RegisteredKeys>;
  readonly asked: HandlerRequirement;
  readonly context: ExecutionContext;
  readonly request: GuardedRequest;
  readonly response: object | undefined;
}

/**
 * Keeps what lets a request pass, and watches how the response ends.
 * @returns whether there is still anybody to answer.
 */
export function keep(
  { context, request, response }: GuardedCall,
  decision: Decision<RegisteredKeys>,
): boolean {
  request.flux = decision;
  keepDecision(context, decision);
  if (response === undefined) return true;
  applyHeaders(answerOf(response), decision.headers);
  return concludeWith(rawResponseOf(response), decision);
}
