import { type Facts, singleHeader } from "./facts.ts";

/** Whether this is a CORS preflight: what the Fetch standard (§4.8) sends before a cross-origin request. */
export function isPreflight(facts: Facts): boolean {
  if (facts.method !== "OPTIONS") return false;
  const origin = singleHeader(facts, "origin") ?? "";
  const method = singleHeader(facts, "access-control-request-method") ?? "";
  return origin !== "" && method !== "";
}
