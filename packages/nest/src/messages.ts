/** What came over a socket: each message is decided on its own. */
import type { Facts } from "@flux/core";
import { denialOf } from "./denial-exception.ts";
import type { GuardedCall } from "./guarded-call.ts";
import { keepDecision, keptDecision } from "./kept-decisions.ts";
import { type GuardedRequest, routeFacts } from "./requests.ts";

/** @throws WsException in a gateway; elsewhere DenialException */
export async function guardMessage({ flux, asked, context, request }: GuardedCall): Promise<void> {
  const facts = messageFacts(request);
  const decision = await flux.decide(facts, asked.requirement, keptDecision(context));
  if (decision.allowed) return keepDecision(context, decision);
  const denial = await denialOf(flux, decision, facts);
  if (context.getType() !== "ws") throw denial;
  // It is there where there are gateways, and only there.
  const { WsException } = await import("@nestjs/websockets");
  throw Object.assign(new WsException(denial.getResponse()), { decision });
}

/**
 * The facts of the handshake, whose path led nowhere in particular. A message may change things: so its method
 * is none of the safe ones (RFC 9110 §9.2.1), and a credential in a cookie needs the proof of its origin.
 */
function messageFacts(request: GuardedRequest): Facts {
  const { url, headers, ip, peer } = routeFacts(request);
  return { method: "MESSAGE", url, headers, ip, peer, detached: true };
}
