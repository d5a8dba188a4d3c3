import type { Walk } from "../walk/walk.ts";
import type { Check, Need } from "./check.ts";

const depth: Record<Need, number> = { nothing: 0, principal: 1, context: 2, account: 3 };

/**
 * Runs every check whose needs are met, up to a depth, and notes each denial. Checks that need what a
 * caller does not have do not run: an anonymous caller has no principal, and whoever acts for no tenant
 * no account. Where one of those was asked for, the request has been refused before.
 */
export function runChecks(walk: Walk, upTo: Need): void {
  const { checks } = walk.requirement;
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i] as Check;
    if (!canRun(check, walk, upTo)) continue;
    const denial = check.run(walk);
    walk.timing?.lap(check.label);
    if (denial !== undefined) walk.deny(denial);
  }
}

export function canRun(check: Check, walk: Walk, upTo: Need): boolean {
  if (depth[check.needs] > depth[upTo]) return false;
  if (check.needs === "principal") return walk.principal !== undefined;
  return check.needs !== "account" || walk.account !== undefined;
}
