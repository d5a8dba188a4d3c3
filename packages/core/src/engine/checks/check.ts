/**
 * The stage contract. A pure check says what it needs, and the compiler schedules it: nobody orders
 * checks by hand, none short-cuts another, and `run` may be called again to explain.
 */
import type { CheckKind } from "../../decision/codes.ts";
import type { Denial } from "../../decision/decision.ts";
import type { CompiledFlag } from "../../flags/compile-flag.ts";
import type { Walk } from "../walk/walk.ts";

/**
 * What must be known before a check can run: nothing; the principal; the whole context, as far as there
 * is one (an anonymous caller's is nearly empty); an account, without which the request is refused.
 */
export type Need = "nothing" | "principal" | "context" | "account";

export interface Check {
  /** Its place among the denials. */
  readonly kind: CheckKind;
  readonly needs: Need;
  /** What is asked for, for an explanation and for comparing requirements: `scopes exports:write`. */
  readonly label: string;
  /** The flag that it reads, for whoever observes decisions. */
  readonly flag?: CompiledFlag;
  /** The denial, or `undefined` where the check passes. Pure. */
  run(walk: Walk): Denial | undefined;
  /** What the check saw, for an explanation; never a credential or a claim. */
  saw(walk: Walk): string;
}
