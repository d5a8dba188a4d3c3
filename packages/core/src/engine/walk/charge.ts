/** Charging's place in the walk, and how a walk ends that is refused. */

import type { Denial } from "../../decision/decision.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { isPromise } from "../../support/is-promise.ts";
import { finish } from "../answer/finish.ts";
import type { RequestDecision } from "../answer/request-decision.ts";
import { type Charged, chargeOwner, isOutcome } from "../charges/charge-stage.ts";
import { chargeDenials, UnchargeableRequest } from "../charges/charging.ts";
import type { Walk } from "./walk.ts";

export type Answer = RequestDecision | Promise<RequestDecision>;

export function refuse(walk: Walk, denial: Denial): RequestDecision {
  walk.deny(denial);
  return finish(walk);
}

type AfterCharge = (
  walk: Walk,
  owner: string,
  charges: readonly Charge[],
  outcome: Outcome,
) => Answer;

/** Charges one owner, all or none, and goes on with what came of it. */
export function charge(
  walk: Walk,
  owner: string,
  asked: readonly Charge[],
  goOn: AfterCharge,
): Answer {
  return judge(walk, owner, asked, chargeOwner(walk, owner, asked), goOn);
}

function judge(
  walk: Walk,
  owner: string,
  asked: readonly Charge[],
  charged: Charged | Promise<Charged>,
  goOn: AfterCharge,
): Answer {
  if (!isOutcome(charged)) return judgeOther(walk, owner, asked, charged, goOn);
  walk.timing?.lapCharge(asked);
  return goOn(walk, owner, asked, charged);
}

/** Apart from the above, which makes no closure. */
function judgeOther(
  walk: Walk,
  owner: string,
  asked: readonly Charge[],
  charged: Exclude<Charged, Outcome> | Promise<Charged>,
  goOn: AfterCharge,
): Answer {
  if (isPromise(charged))
    return charged.then((settled) => judge(walk, owner, asked, settled, goOn));
  if (charged === "unavailable") return refuse(walk, storeUnavailable(walk));
  walk.timing?.lapCharge(asked);
  return goOn(walk, owner, charged.charges, charged.outcome);
}

/** A refusal that no charge explains is still one. */
export function refuseCharges(
  walk: Walk,
  charges: readonly Charge[],
  outcome: Outcome,
): RequestDecision {
  const denials = chargeDenials(charges, outcome);
  if (denials.length === 0) return refuse(walk, storeUnavailable(walk));
  for (const denial of denials) walk.deny(denial);
  return finish(walk);
}

function storeUnavailable({ now }: Walk): Denial {
  return {
    code: "unavailable",
    check: "limit",
    detail: "The counters cannot be reached now.",
    retryAt: now + 1_000,
  };
}

export function unchargeable(walk: Walk, error: unknown): RequestDecision {
  if (!(error instanceof UnchargeableRequest)) throw error;
  walk.engine.report("cost", error.detail, error.cause);
  return refuse(walk, { code: "bad_request", check: "request", detail: error.detail });
}
