/** The last step of every walk: a denied request gives back what earlier guards charged, and observers hear of it. */
import type { DecisionRecord } from "../../decision/decision.ts";
import { giveBack } from "../charges/settling.ts";
import { evaluateFlag } from "../checks/flag-context.ts";
import { canRun } from "../checks/run-checks.ts";
import type { Walk } from "../walk/walk.ts";
import { RequestDecision } from "./request-decision.ts";

export function finish(walk: Walk): RequestDecision {
  const decision = new RequestDecision(walk);
  // Whoever only looks spends nothing, refuses nobody, and is no event.
  if (walk.peeks) return decision;
  if (walk.previous !== undefined && !walk.keepsEarlier) void refundEarlier(walk.previous);
  const { listeners } = walk.engine;
  if (listeners.decision.size > 0) listeners.emit("decision", recordOf(walk, decision));
  return decision;
}

/** Denied further down the route is denied: what an earlier guard charged for the same request goes back. */
async function refundEarlier(previous: Walk): Promise<void> {
  try {
    await giveBack(previous, { shield: false });
  } catch (error) {
    previous.engine.report(
      "store",
      "The charges of an earlier guard could not be given back",
      error,
    );
  }
}

function recordOf(walk: Walk, { allowed, status }: RequestDecision): DecisionRecord {
  const { account } = walk;
  const flags: Record<string, string | undefined> = {};
  for (const check of walk.requirement.checks)
    if (check.flag !== undefined && canRun(check, walk, "account"))
      flags[check.flag.key] = evaluateFlag(check.flag, walk).variant;
  const charged = walk.outcome?.allowed === true ? walk.charges : [];
  const shielded = walk.shielded?.outcome.allowed === true ? walk.shielded.charges : [];
  return {
    at: walk.now,
    allowed,
    status,
    codes: walk.denials.map(({ code }) => code),
    denials: walk.denials.map(({ code, name }) => ({ code, name })),
    method: walk.facts.method,
    routes: walk.requirement.routes,
    principal: walk.principal?.id,
    tenant: account?.isTenant === true ? account.id : undefined,
    plan: account?.plan?.name,
    flags,
    charges: [...shielded, ...charged].map(({ policy, cost }) => ({ name: policy.name, cost })),
    degraded: walk.sources,
    duration: (performance.now() - (walk.timing?.startedAt ?? performance.now())) * 1_000,
  };
}
