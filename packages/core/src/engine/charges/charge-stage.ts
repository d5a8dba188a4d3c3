/** One call of the store for all that one owner is charged, and what follows where the store fails. */
import type { Charge, Outcome } from "../../limits/store.ts";
import { isPromise } from "../../support/is-promise.ts";
import type { Walk } from "../walk/walk.ts";

/** What came of charging: the charges that were made or refused, or `unavailable`. */
export type Charged =
  | { readonly charges: readonly Charge[]; readonly outcome: Outcome }
  | "unavailable";

/** The charges that were made or refused: all that were asked for, unless `onError` let some pass. */
export function chargesOf(
  asked: readonly Charge[],
  charged: Exclude<Charged, "unavailable"> | Outcome,
): readonly Charge[] {
  return "outcome" in charged ? charged.charges : asked;
}

export function outcomeOf(charged: Exclude<Charged, "unavailable"> | Outcome): Outcome {
  return "outcome" in charged ? charged.outcome : charged;
}

/** The owner of what a client's address is charged; a store may tell strangers by the prefix. */
export function addressOwner({ engine, facts }: Walk): string {
  return `ip:${engine.clientAddress(facts)}`;
}

/** Charges all or none. Where the store throws or rejects, each charge's `onError` decides. */
export function chargeOwner(
  walk: Walk,
  owner: string,
  charges: readonly Charge[],
): Outcome | Promise<Charged> | Charged {
  const { store } = walk.engine;
  let outcome: Outcome | Promise<Outcome>;
  try {
    outcome = store.charge(owner, charges, false, walk.now);
  } catch (error) {
    return withoutStore(walk, owner, charges, error);
  }
  if (!isPromise(outcome)) {
    if (outcome.degraded === true) walk.degrade("store");
    return outcome;
  }
  // A store may give any thenable; what goes on from here is a promise.
  return Promise.resolve(outcome).then(
    (settled) => {
      walk.resume();
      if (settled.degraded === true) walk.degrade("store");
      return { charges, outcome: settled };
    },
    (error) => {
      walk.resume();
      return withoutStore(walk, owner, charges, error);
    },
  );
}

function withoutStore(
  walk: Walk,
  owner: string,
  charges: readonly Charge[],
  error: unknown,
): Charged {
  const { engine } = walk;
  engine.report("store", "The store could not charge; each limit's onError decides", error);
  walk.degrade("store");
  const policies = charges.map(({ policy }) => engine.onErrorOf(policy.id));
  if (policies.includes("deny")) return "unavailable";
  const local = charges.filter((_charge, i) => policies[i] === "local");
  const outcome = engine.localStore().charge(owner, local, false, engine.now());
  engine.localOutcomes.add(outcome);
  return { charges: local, outcome };
}
