/** A request that a route of Express or Fastify leads to its handler. */
import type { Decision } from "@flux/core";
import { applyHeaders } from "@flux/core/node";
import { denialOf } from "./denial-exception.ts";
import { type GuardedCall, keep } from "./guarded-call.ts";
import { earlierOf } from "./kept-decisions.ts";
import { routeFacts } from "./requests.ts";
import { answerOf } from "./responses.ts";

/**
 * @returns whether the handler is to run: not for a client that left while it was decided.
 * @throws DenialException
 */
export async function guardRoute(call: GuardedCall): Promise<boolean> {
  const { flux, asked, request, response } = call;
  const facts = routeFacts(request);
  const earlier = earlierOf(request);
  const decision = await flux.decide(facts, asked.requirement, earlier);
  if (decision.allowed) return keep(call, decision);
  const denial = await denialOf(flux, decision, facts);
  if (response !== undefined) setDenialHeaders(response, decision, earlier);
  throw denial;
}

/** A filter of the app that takes a denial over need not know what is told beside it. */
function setDenialHeaders(
  response: object,
  { headers }: Decision,
  earlier: Decision | undefined,
): void {
  const answer = answerOf(response);
  if (answer.headersSent) return;
  // What an earlier guard has told of its charges is not true any more.
  for (const name of Object.keys(earlier?.headers ?? {})) answer.removeHeader(name);
  applyHeaders(answer, headers);
}
