/** A request that a route of Express or Fastify leads to its handler. */
import type { Decision, Flux, RegisteredKeys } from "@flux/core";
import { applyHeaders, concludeWith } from "@flux/core/node";
import type { ExecutionContext } from "@nestjs/common";
import { denialOf } from "./denial-exception.ts";
import { earlierOf, keepDecision } from "./kept-decisions.ts";
import { type GuardedRequest, routeFacts } from "./requests.ts";
import type { Asked } from "./requirements.ts";
import { answerOf, rawResponseOf } from "./responses.ts";

/** One call of a handler, on its way through a guard. */
export interface GuardedCall {
  readonly flux: Flux<RegisteredKeys>;
  readonly asked: Asked;
  readonly context: ExecutionContext;
  readonly request: GuardedRequest;
  readonly response: object | undefined;
}

/** @throws DenialException */
export async function guardRoute(call: GuardedCall): Promise<void> {
  const { flux, asked, request, response } = call;
  const facts = routeFacts(request);
  const earlier = earlierOf(request);
  const decision = await flux.decide(facts, asked.requirement, earlier);
  if (decision.allowed) return keep(call, decision);
  const denial = await denialOf(flux, decision, facts);
  if (response !== undefined) tell(response, decision, earlier);
  throw denial;
}

/** Keeps what lets a request pass, and watches how the response ends. */
export function keep(
  { context, request, response }: GuardedCall,
  decision: Decision<RegisteredKeys>,
): void {
  request.flux = decision;
  keepDecision(context, decision);
  if (response === undefined) return;
  applyHeaders(answerOf(response), decision.headers);
  concludeWith(rawResponseOf(response), decision);
}

/** A filter of the app that takes a denial over need not know what is told beside it. */
function tell(response: object, { headers }: Decision, earlier: Decision | undefined): void {
  const answer = answerOf(response);
  if (answer.headersSent) return;
  // What an earlier guard has told of its charges is not true any more.
  for (const name of Object.keys(earlier?.headers ?? {})) answer.removeHeader(name);
  applyHeaders(answer, headers);
}
