/** What happens to charges afterwards: settled to the real use, or given back. */
import { FluxError } from "../../errors.ts";
import type { Charge, Outcome, Receipt, Store } from "../../limits/store.ts";
import { isPromise } from "../../support/is-promise.ts";
import { didYouMean } from "../../support/nearest.ts";
import type { Walk } from "../walk/walk.ts";

/** What was settled: units by policy, the first word of each; 0 of what was given back. */
const settled = new WeakMap<Outcome, Map<string, number>>();

/** Units of a charge that this request has paid for, now. */
export function paid(outcome: Outcome | undefined, { policy, cost }: Charge): number {
  if (outcome?.allowed !== true) return 0;
  return settled.get(outcome)?.get(policy.id) ?? cost;
}

/** Settles the charges of one call, and notes it once the store has: where that fails, they stand. */
function settleReceipt(
  walk: Walk,
  receipt: Receipt,
  amounts: readonly (number | undefined)[],
): void | Promise<void> {
  const done = storeOf(walk, receipt).settle(receipt, amounts);
  if (isPromise(done)) return Promise.resolve(done).then(() => noteSettled(receipt, amounts));
  noteSettled(receipt, amounts);
}

function noteSettled(
  { charges, outcome }: Receipt,
  amounts: readonly (number | undefined)[],
): void {
  const units = settled.get(outcome) ?? new Map<string, number>();
  charges.forEach(({ policy }, i) => {
    const amount = amounts[i];
    if (amount !== undefined && !units.has(policy.id)) units.set(policy.id, amount);
  });
  settled.set(outcome, units);
}

/**
 * All that was charged for a request, by this guard and the ones before it, the latest first.
 * @param only the one guard whose charges are asked for; default: all of them.
 */
export function receiptsOf(walk: Walk, shield: boolean, only?: Walk): Receipt[] {
  const receipts: Receipt[] = [];
  for (let each: Walk | undefined = walk; each !== undefined; each = each.previous) {
    if (each.peeks || (only !== undefined && each !== only)) continue;
    if (each.outcome?.allowed === true)
      receipts.push({ owner: each.owner, charges: each.charges, outcome: each.outcome });
    if (shield && each.shielded?.outcome.allowed === true) receipts.push(each.shielded);
  }
  return receipts;
}

export function storeOf({ engine }: Walk, { outcome }: Receipt): Store {
  return engine.localOutcomes.has(outcome) ? engine.localStore() : engine.store;
}

export function settle(
  walk: Walk,
  actual: { readonly [feature: string]: number | undefined },
): void | Promise<void> {
  // Whoever only looked was charged nothing; what earlier guards were charged is theirs to settle.
  const receipts = walk.peeks ? [] : receiptsOf(walk, false);
  /** By metered feature: the earliest guard that charged it. */
  const earliest = new Map<string, Receipt>();
  for (const receipt of receipts)
    for (const { policy } of receipt.charges)
      if (policy.kind === "quota") earliest.set(policy.name, receipt);
  for (const [name, amount] of Object.entries(actual)) {
    if (amount !== undefined && !(Number.isSafeInteger(amount) && amount >= 0))
      throw new FluxError(
        "settle_invalid",
        `settle({ ${JSON.stringify(name)} }): expected a whole number from 0 to 2^53 - 1, got ${String(amount)}.`,
      );
    if (!earliest.has(name))
      throw new FluxError(
        "settle_invalid",
        `settle({ ${JSON.stringify(name)} }): this request was not charged for it.${didYouMean(name, earliest.keys())} Charged: ${[...earliest.keys()].join(", ") || "no metered feature"}.`,
      );
  }
  const left = new Map(Object.entries(actual));
  return every(receipts, (receipt) => {
    const amounts = receipt.charges.map(({ policy, cost }) => {
      const amount = policy.kind === "quota" ? left.get(policy.name) : undefined;
      if (amount === undefined) return undefined;
      // Where two guards charged the same feature, the earliest charge takes what is left over.
      const part = earliest.get(policy.name) === receipt ? amount : Math.min(amount, cost);
      left.set(policy.name, amount - part);
      return part;
    });
    if (amounts.some((amount) => amount !== undefined))
      return settleReceipt(walk, receipt, amounts);
  });
}

/** Gives back what was not settled; charges by address only where `shield` says so: they count strangers. */
export function giveBack(walk: Walk, { shield }: { shield: boolean }): void | Promise<void> {
  // What other parts of the request have used is theirs to give back.
  const receipts = receiptsOf(walk, shield, walk.facts.partial === true ? walk : undefined);
  // The earliest first: a store may not give back a charge from under a later one on the same limit.
  return every(receipts.reverse(), (receipt) => {
    const nothing = receipt.charges.map(() => 0);
    return settleReceipt(walk, receipt, nothing);
  });
}

/**
 * Acts on every receipt, whatever becomes of the others.
 * @throws what the first that failed threw, or rejects with it, when all have been tried.
 */
function every(
  receipts: readonly Receipt[],
  act: (receipt: Receipt) => void | Promise<void>,
): void | Promise<void> {
  const pending: Promise<void>[] = [];
  const errors: unknown[] = [];
  for (const receipt of receipts)
    try {
      const done = act(receipt);
      if (done !== undefined) pending.push(done);
    } catch (error) {
      errors.push(error);
    }
  if (pending.length > 0)
    return Promise.allSettled(pending).then(async () => {
      if (errors.length > 0) throw errors[0];
      // All have ended: of those that failed, this throws what the first of the receipts did.
      await Promise.all(pending);
    });
  if (errors.length > 0) throw errors[0];
}
