/** What a guard asks by: of a route handler its request, of a server action the headers of its request. */
import type { Facts } from "@flux/core";
import type { NextRequest } from "next/server.js";
import { type Call, callOf } from "./call.ts";
import { factsOfHeaders, factsOfRequest } from "./request-facts.ts";

export interface Asked {
  readonly facts: Facts;
  /** The same object for all guards of one request. */
  readonly key: object;
  readonly headers: Headers;
  readonly call: Call;
}

export const askedOfRequest = (request: NextRequest): Asked => ({
  facts: factsOfRequest(request),
  key: request,
  headers: request.headers,
  call: callOf(request),
});

/** A server action is posted to the page's own path, which Next does not tell. */
export async function askedOfAction(): Promise<Asked> {
  const { headers: read } = await import("next/headers.js");
  const headers = await read();
  const call = { method: "POST", path: undefined };
  return { facts: factsOfHeaders("POST", headers), key: headers, headers, call };
}
