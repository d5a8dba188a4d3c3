import type { Flux, Keys } from "@flux/core";
import { applyHeaders, denialResponse } from "@flux/core/web";
import { type NextRequest, NextResponse } from "next/server.js";
import type { HandOver } from "./hand-over.ts";
import { factsOfRequest } from "./request-facts.ts";

/** Everything that a client may have sent under a name that handlers could take for Flux's. */
const ownHeaders = "x-flux-";

export function proxyOf<K extends Keys>(
  flux: Flux<K>,
  handOver: HandOver,
): (request: NextRequest) => Promise<Response> {
  return async (request) => {
    const facts = factsOfRequest(request);
    const decision = await flux.decide(facts);
    if (!decision.allowed)
      return withWholeLocation(denialResponse(await flux.respond(decision, facts)), request);
    const headers = new Headers(request.headers);
    for (const name of [...headers.keys()]) if (name.startsWith(ownHeaders)) headers.delete(name);
    await handOver.give(decision, request, headers);
    const response = NextResponse.next({ request: { headers } });
    applyHeaders(response.headers, decision.headers);
    return response;
  };
}

/** Next reads the target of a proxy's redirect as a whole URL, and fails on a path (RFC 9110 §10.2.2 allows one). */
function withWholeLocation(response: Response, request: Request): Response {
  const location = response.headers.get("location");
  if (location === null) return response;
  const whole = new Response(response.body, response);
  whole.headers.set("location", new URL(location, request.url).href);
  return whole;
}
