import type { Decision, Flux, Keys, PreparedRequirement, Requirement } from "@flux/core";
import { cache } from "react";
import { factsOfHeaders } from "./request-facts.ts";
import type { Running } from "./running.ts";

/** Who is asking, outside a route handler. */
export function currentOf<K extends Keys>(
  flux: Flux<K>,
  around: Running | undefined,
): (requirement?: Requirement<K>) => Promise<Decision<K>> {
  const ask = async (requirement: Requirement<K> | PreparedRequirement<K>) =>
    flux.peek(factsOfHeaders("GET", await readHeaders()), requirement);
  const anybody = flux.prepare({ auth: "optional" });
  const askOnce = cache(() => ask(anybody));
  return async (requirement) => {
    if (requirement !== undefined) return ask(requirement);
    return (around?.getStore() as Decision<K> | undefined) ?? askOnce();
  };
}

/** Loaded when it is needed: the proxy has no use for it. */
async function readHeaders(): Promise<Headers> {
  const { headers } = await import("next/headers.js");
  return headers();
}
