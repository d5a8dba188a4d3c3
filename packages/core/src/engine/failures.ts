/** Failed credentials, counted by client address: whoever guesses runs out of guesses, known-good ones pass. */
import { AuthFailure, type Principal } from "../auth/principal.ts";
import type { Denial } from "../decision/decision.ts";
import type { Charge, Outcome, Receipt } from "../limits/store.ts";
import { chargeDenials } from "./charging.ts";
import type { Walk } from "./walk.ts";

/** The name of their counter; no limit of the config may have it. */
export const failuresName = "auth.failures";

interface Counted {
  readonly denial?: Denial;
  readonly receipt?: Receipt;
}

/**
 * Takes one try before an unknown credential is judged, so that many at once cannot pass together; a good
 * one gets it back.
 */
export async function failuresAllow(walk: Walk): Promise<Counted | undefined> {
  const { failures, store, clientAddress } = walk.engine;
  if (failures === undefined) return undefined;
  const owner = `ip:${clientAddress(walk.facts)}`;
  const charges: readonly Charge[] = [{ policy: failures, partition: "", cost: 1 }];
  let outcome: Outcome;
  try {
    outcome = await store.charge(owner, charges, false, walk.now);
  } catch (error) {
    walk.engine.report("store", "Failed credentials could not be counted", error);
    walk.degrade("store");
    return undefined;
  }
  if (outcome.allowed) return { receipt: { owner, charges, outcome } };
  const [denial] = chargeDenials(walk, charges, outcome) as [Denial];
  return {
    denial: {
      ...denial,
      check: "credentials",
      name: undefined,
      detail: "Too many failed credentials came from this address.",
    },
  };
}

/** Gives the try back unless the credential was judged and refused: an outage is nobody's guess. */
export async function countFailure(
  walk: Walk,
  receipt: Receipt | undefined,
  identity: Principal | AuthFailure,
): Promise<void> {
  if (receipt === undefined) return;
  if (identity instanceof AuthFailure && identity.code === "invalid_token") return;
  try {
    await walk.engine.store.settle(receipt, [0]);
  } catch (error) {
    walk.engine.report("store", "A good credential's try could not be given back", error);
  }
}
