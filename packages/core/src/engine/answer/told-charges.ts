/** Which counters a decision tells of: its own, and those that earlier guards of the request have charged. */
import type { Charge, Outcome } from "../../limits/store.ts";
import type { Walk } from "../walk/walk.ts";

/** One counter, by the latest word of it. */
export interface Told {
  readonly charge: Charge;
  readonly outcome: Outcome;
  /** The charge's place in the outcome. */
  readonly i: number;
  /** Units taken by all guards together. */
  readonly taken: number;
}

/**
 * In the order of one guard that asks for everything: metered features, limits, then limits by address. Where
 * this guard refused, what earlier ones charged to the account has been given back, and is not told; what an
 * earlier peek has seen is nothing that this decision asked for.
 */
export function toldCharges(walk: Walk): readonly Told[] {
  const account = new Map<string, Told>();
  const shield = new Map<string, Told>();
  for (const each of chainOf(walk)) {
    if (each !== walk && each.peeks) continue;
    if (each === walk || walk.keepsEarlier)
      collect(account, each.charges, each.outcome, each.peeks);
    if (each.shielded !== undefined)
      collect(shield, each.shielded.charges, each.shielded.outcome, each.peeks);
  }
  const told = [...account.values()];
  return [
    ...told.filter(({ charge }) => charge.policy.kind === "quota"),
    ...told.filter(({ charge }) => charge.policy.kind === "rate"),
    ...shield.values(),
  ];
}

/** The first guard first. */
function chainOf(walk: Walk): readonly Walk[] {
  const chain: Walk[] = [];
  for (let each: Walk | undefined = walk; each !== undefined; each = each.previous)
    chain.unshift(each);
  return chain;
}

function collect(
  told: Map<string, Told>,
  charges: readonly Charge[],
  outcome: Outcome | undefined,
  peeks: boolean,
): void {
  if (outcome === undefined) return;
  charges.forEach((charge, i) => {
    const { id } = charge.policy;
    const taken = (told.get(id)?.taken ?? 0) + (outcome.allowed && !peeks ? charge.cost : 0);
    told.set(id, { charge, outcome, i, taken });
  });
}
