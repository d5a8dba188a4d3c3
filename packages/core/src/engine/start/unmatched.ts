import type { ParsedConfig } from "../../config/schema.ts";
import type { Denial } from "../../decision/decision.ts";
import type { Check } from "../checks/check.ts";
import { type CompiledRequirement, compileRequirement, type Definitions } from "../requirement.ts";

const denied: Denial = {
  code: "forbidden",
  check: "request",
  detail: "Nothing is open here.",
};

const refuseAll: Check = {
  kind: "request",
  needs: "nothing",
  label: "unmatched: deny",
  run: () => denied,
  saw: () => "no route of the config matches",
};

/** What is asked of a request that no route matches. */
export function unmatchedRequirement(
  rule: ParsedConfig["unmatched"],
  definitions: Definitions,
): CompiledRequirement {
  const requirement = compileRequirement(
    { auth: rule === "authenticated" ? "required" : "none" },
    definitions,
    "unmatched",
  );
  return rule === "deny" ? { ...requirement, checks: [refuseAll] } : requirement;
}
