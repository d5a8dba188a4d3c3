/** One call of the store for all that one owner is charged, and what follows where the store fails. */

import type { OnError } from "../../config/config-types.ts";
import { FluxError } from "../../errors.ts";
import { failed, outcomeWithout } from "../../limits/state.ts";
import type { Charge, Outcome } from "../../limits/store.ts";
import { isPromise } from "../../support/is-promise.ts";
import type { Walk } from "../walk/walk.ts";
import { localCharges } from "./local-share.ts";

/** What this process has charged by itself, where `onError` let other charges pass. */
class ChargedHere {
  readonly charges: readonly Charge[];
  readonly outcome: Outcome;

  constructor(charges: readonly Charge[], outcome: Outcome) {
    this.charges = charges;
    this.outcome = outcome;
  }
}

/** What came of charging: the store's outcome of all that was asked for, what took its place, or `unavailable`. */
export type Charged = Outcome | ChargedHere | "unavailable";

/** Whether it is the store's own outcome, at once: no promise, and nothing that took its place. */
export function isOutcome(charged: Charged | Promise<Charged>): charged is Outcome {
  return (charged as Partial<Outcome>).allowed !== undefined;
}

/**
 * Charges all or none. Where the store throws or rejects, each charge's `onError` decides.
 * @param looks whether nothing is taken.
 */
export function chargeOwner(
  walk: Walk,
  owner: string,
  charges: readonly Charge[],
  looks: boolean = walk.peeks,
): Charged | Promise<Charged> {
  let outcome: Outcome | Promise<Outcome>;
  try {
    outcome = walk.engine.store.charge(owner, charges, looks, walk.now);
  } catch (error) {
    return withoutStore(walk, owner, charges, looks, error);
  }
  if (!isPromise(outcome)) return believed(walk, owner, charges, looks, outcome);
  // A store may give any thenable; what goes on from here is a promise.
  return Promise.resolve(outcome).then(
    (settled) => {
      walk.resume();
      return believed(walk, owner, charges, looks, settled);
    },
    (error) => {
      walk.resume();
      return withoutStore(walk, owner, charges, looks, error);
    },
  );
}

/** What the store answered, where that is an answer. Only Flux's own store, which never waits, is believed unseen. */
function believed(
  walk: Walk,
  owner: string,
  charges: readonly Charge[],
  looks: boolean,
  outcome: Outcome,
): Charged {
  const wrong = walk.engine.checksOutcomes ? wrongOutcome(charges, outcome) : undefined;
  if (wrong !== undefined) return withoutStore(walk, owner, charges, looks, wrong);
  if (outcome.degraded === true) walk.degrade("store");
  return looks ? asItStands(charges, outcome) : outcome;
}

/** What is wrong with a store's answer, so that it is none. */
function wrongOutcome(charges: readonly Charge[], outcome: Outcome): FluxError | undefined {
  if (typeof outcome !== "object" || outcome === null) return noOutcome;
  const { allowed, at, marks } = outcome;
  if (typeof allowed !== "boolean" || !Number.isFinite(at)) return noOutcome;
  if (!Array.isArray(marks) || marks.length !== 2 * charges.length) return noOutcome;
  for (let i = 0; i < marks.length; i++) if (!Number.isFinite(marks[i])) return noOutcome;
  // Nobody could be told why, and nothing would keep the request out.
  return allowed || charges.some((charge, i) => failed(charge, outcome, i)) ? undefined : baseless;
}

const noOutcome = new FluxError(
  "store_unavailable",
  "The store answered what is no outcome: { allowed: boolean, at: µs since the epoch, marks: two numbers a charge }.",
);
const baseless = new FluxError(
  "store_unavailable",
  "The store refused, and by what it says of the counters every charge fits.",
);

/**
 * What a store says of charges that were not taken, with the counters as they stand: it tells them as the
 * charges would leave them.
 */
function asItStands(charges: readonly Charge[], outcome: Outcome): Outcome {
  return outcome.allowed ? outcomeWithout(outcome, charges, (charge) => charge.cost) : outcome;
}

function withoutStore(
  walk: Walk,
  owner: string,
  charges: readonly Charge[],
  looks: boolean,
  error: unknown,
): Charged {
  const { engine } = walk;
  const names = charges.map(({ policy }) => policy.id.replace(":", " ")).join(", ");
  engine.report("store", `The store could not charge ${names}; the onError of each decides`, error);
  walk.degrade("store");
  const policies = charges.map(({ policy }) => engine.onErrorOf(policy.id));
  walk.withoutStore = new Map(charges.map(({ policy }, i) => [policy.id, policies[i] as OnError]));
  if (policies.includes("deny")) return "unavailable";
  const local = localCharges(
    charges.filter((_charge, i) => policies[i] === "local"),
    engine.store.processes ?? 1,
  );
  if (local === undefined) return "unavailable";
  const outcome = engine.localStore().charge(owner, local, looks, engine.now());
  engine.localOutcomes.add(outcome);
  return new ChargedHere(local, looks ? asItStands(local, outcome) : outcome);
}
