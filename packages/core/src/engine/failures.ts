/** Failed credentials, counted by client address: whoever guesses runs out of guesses, known-good ones pass. */
import { AuthFailure } from "../auth/auth-failure.ts";
import type { Denial } from "../decision/decision.ts";
import type { Principal } from "../decision/principal.ts";
import type { Charge, Receipt } from "../limits/store.ts";
import { chargeOwner } from "./charge-stage.ts";
import { chargeDenials } from "./charging.ts";
import { storeOf } from "./settling.ts";
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
  const { failures, clientAddress } = walk.engine;
  if (failures === undefined) return undefined;
  const owner = `ip:${clientAddress(walk.facts)}`;
  const asked: readonly Charge[] = [{ policy: failures, partition: "", cost: 1 }];
  const charged = await chargeOwner(walk, owner, asked);
  // While the store cannot be reached they are counted here: knocking it over opens nothing.
  if (charged === "unavailable") return undefined;
  const { charges, outcome } =
    "outcome" in charged ? charged : { charges: asked, outcome: charged };
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
    await storeOf(walk, receipt).settle(receipt, [0]);
  } catch (error) {
    walk.engine.report("store", "A good credential's try could not be given back", error);
  }
}
