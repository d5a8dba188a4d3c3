import { type Facts, singleHeader } from "./facts.ts";

/** Whether this is a CORS preflight: what the Fetch standard (§4.8) sends before a cross-origin request. */
export function isPreflight(facts: Facts): boolean {
  return (
    facts.method === "OPTIONS" &&
    isGiven(singleHeader(facts, "origin")) &&
    isGiven(singleHeader(facts, "access-control-request-method"))
  );
}

function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
