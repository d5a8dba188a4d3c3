import type { Walk } from "../walk/walk.ts";
import type { Check } from "./check.ts";

/** How far a walk has come: to the principal alone, or to all that is known of the caller. */
export type Reached = "principal" | "account";

/**
 * Runs every check whose needs are met, as far as the walk has come, and notes each denial. Checks that
 * need what a caller does not have do not run: an anonymous caller has no principal, and whoever acts for
 * no tenant no account. Where one of those was asked for, the request has been refused before.
 */
export function runChecks(walk: Walk, reached: Reached): void {
  const { checks } = walk.requirement;
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i] as Check;
    if (!canRun(check, walk, reached)) continue;
    const denial = check.run(walk);
    walk.timing?.lap(check.label);
    if (denial !== undefined) walk.deny(denial);
  }
}

export function canRun({ needs }: Check, walk: Walk, reached: Reached): boolean {
  if (needs === "account") return reached === "account" && walk.account !== undefined;
  if (needs === "principal") return walk.principal !== undefined;
  return needs === "nothing" || reached === "account";
}
