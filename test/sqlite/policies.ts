/** What the tests of this directory charge, in this process and in others. */
import type { Charge, Policy, Receipt, Store } from "@flux/core";
import { quotaPolicy, ratePolicy } from "../../packages/core/src/limits/policy.ts";
import { remaining } from "../../packages/core/src/limits/state.ts";

export const start = Date.UTC(2026, 10, 22, 12);
export const api = ratePolicy({ name: "api", quota: 600, window: 60_000, burst: 100 });
export const tokens = quotaPolicy({ name: "tokens", per: "month", quota: 10_000 });

export const on = (policy: Policy, cost = 1, partition = ""): Charge => ({
  policy,
  partition,
  cost,
});

export function spend(store: Store, owner: string, ...charges: Charge[]): Receipt {
  return { owner, charges, outcome: store.charge(owner, charges) as Receipt["outcome"] };
}

/** Units that can be spent now. */
export function left(store: Store, owner: string, policy: Policy, partition = ""): number {
  const peek = on(policy, 0, partition);
  return remaining(peek, spend(store, owner, peek).outcome, 0);
}

/** A receipt as it reaches another process. */
export function carried({ owner, charges, outcome }: Receipt): Receipt {
  return { owner, charges, outcome: JSON.parse(JSON.stringify(outcome)) as Receipt["outcome"] };
}
