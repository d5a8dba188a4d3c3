/** Failed credentials, counted by client address: whoever guesses runs out of guesses, known-good ones pass. */
import { AuthFailure } from "../../auth/auth-failure.ts";
import type { Denial } from "../../decision/decision.ts";
import type { Principal } from "../../decision/principal.ts";
import type { RatePolicy } from "../../limits/policy.ts";
import type { Charge, Receipt } from "../../limits/store.ts";
import type { Walk } from "../walk/walk.ts";
import { chargeOwner, isOutcome } from "./charge-stage.ts";
import { chargeDenials } from "./charging.ts";
import { addressOwner } from "./owners.ts";
import { storeOf } from "./settling.ts";

/** The name of their counter; no limit of the config may have it. */
export const failuresName = "auth.failures";

/**
 * One request that brings a credential nobody knows. It takes a try before the credential is judged, so
 * that many at once cannot pass together, and gets it back unless the credential was refused.
 */
export class CountedAttempt {
  readonly #walk: Walk;
  #receipt: Receipt | undefined;
  /** Why the credential is not judged, once that is known. */
  denial: Denial | undefined;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** Takes a try. Asked only where the same credential is not being judged for another request. */
  async permit(): Promise<boolean> {
    const { failures } = this.#walk.engine;
    const owner = addressOwner(this.#walk);
    const asked: readonly Charge[] = [{ policy: failures as RatePolicy, partition: "", cost: 1 }];
    // Also where the request only looks: it is a guess all the same.
    const charged = await chargeOwner(this.#walk, owner, asked, false);
    // Counting never depends on the store alone (`onErrorOf`), so this is no failure of it.
    if (charged === "unavailable") return true;
    const { charges, outcome } = isOutcome(charged)
      ? { charges: asked, outcome: charged }
      : charged;
    if (outcome.allowed) {
      this.#receipt = { owner, charges, outcome };
      return true;
    }
    const [denial] = chargeDenials(charges, outcome) as [Denial];
    this.denial = {
      ...denial,
      check: "credentials",
      name: undefined,
      detail: "Too many failed credentials came from this address.",
    };
    return false;
  }

  /** Gives the try back unless the credential was judged and refused: an outage is nobody's guess. */
  async judged(identity: Principal | AuthFailure): Promise<void> {
    const receipt = this.#receipt;
    if (receipt === undefined) return;
    if (identity instanceof AuthFailure && identity.code === "invalid_token") return;
    try {
      await storeOf(this.#walk, receipt).settle(receipt, [0]);
    } catch (error) {
      this.#walk.engine.report("store", "A good credential's try could not be given back", error);
    }
  }
}
