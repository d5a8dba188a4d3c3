import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { type Policy, quotaPolicy, ratePolicy } from "./policy.ts";
import { used } from "./state.ts";
import type { Charge, Receipt } from "./store.ts";

const start = Date.UTC(2026, 10, 22, 12);
const policies: readonly Policy[] = [
  ratePolicy({ name: "v-slow", quota: 8, window: 3_600_000 }),
  ratePolicy({ name: "v-quick", quota: 20, window: 60_000 }),
  ratePolicy({ name: "v-once", quota: 1, window: 600_000 }),
  quotaPolicy({ name: "v-tokens", per: "month", quota: 100 }),
  quotaPolicy({ name: "v-calls", per: "hour", quota: 10 }),
];

const known = fc.nat({ max: 60 }).map((i) => `owner-${i}`);
const owner = fc.oneof(
  known,
  fc.nat({ max: 60 }).map((i) => `ip:192.0.2.${i}`),
);
const partition = fc.oneof(
  fc.constant(""),
  fc.nat({ max: 40 }).map((i) => `user-${i}`),
);
const cost = fc.oneof(fc.constant(1), fc.nat({ max: 20 }));
const policy = fc.constantFrom(...policies);
/** ms. */
const pause = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 2_000 }) },
  { weight: 2, arbitrary: fc.nat({ max: 400_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(3_600_000, 86_400_000 * 9) },
);

const charge: fc.Arbitrary<Charge> = fc.record({ policy, partition, cost });
const call = fc.record({
  kind: fc.constant("charge" as const),
  owner,
  charges: fc.array(charge, { minLength: 1, maxLength: 8 }),
  dryRun: fc.boolean(),
  pause: fc.oneof(
    pause,
    pause.map((ms) => -ms),
  ),
});
const settlement = fc.record({
  kind: fc.constant("settle" as const),
  which: fc.nat(),
  units: fc.array(fc.option(fc.nat({ max: 60 }), { nil: undefined }), { maxLength: 8 }),
});

describe("the bound", () => {
  it("holds, whatever is charged and settled, whatever the clock does", () => {
    const actions = fc.array(fc.oneof({ weight: 4, arbitrary: call }, settlement), {
      minLength: 30,
      maxLength: 200,
      size: "max",
    });
    fc.assert(
      fc.property(actions, fc.integer({ min: 16, max: 40 }), (actions, maxKeys) => {
        const clock = { now: start };
        const store = memoryStore({ maxKeys });
        store.connect({ now: () => clock.now });
        const receipts: Receipt[] = [];
        let most = 0;
        for (const action of actions) {
          if (action.kind === "charge") {
            const { owner, charges, dryRun } = action;
            clock.now = Math.max(0, clock.now + action.pause);
            receipts.push({ owner, charges, outcome: store.charge(owner, charges, dryRun) });
          } else if (receipts.length > 0) {
            store.settle(receipts[action.which % receipts.length] as Receipt, action.units);
          }
          expect(store.size).toBeLessThanOrEqual(maxKeys);
          most = Math.max(most, store.size);
        }
        // What a call has charged is there when it returns, though it needed all the room there is.
        const last = Array.from({ length: maxKeys >> 1 }, (_, i) => ({
          policy: policies[i % 2] as Policy,
          partition: `last-${i}`,
          cost: 1,
        }));
        store.charge("last", last);
        for (const each of last) expect(spent(store, "last", each.policy, each.partition)).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a counter of which half or more is used", () => {
  interface Held {
    readonly owner: string;
    readonly policy: Policy;
    /** The part of its burst or quota that is used. */
    readonly share: number;
  }

  const names = Array.from({ length: 30 }, (_, i) => `owner-${i}`);
  const step = fc.record({
    owner: fc.constantFrom(...names),
    policies: fc.uniqueArray(policy, { minLength: 1, maxLength: 3 }),
    /** In eighths of the burst or the quota. */
    cost: fc.constantFrom(0.1, 0.1, 1, 4, 8),
    pause,
    /** Of what is charged, settled at once; more than 1 overruns. */
    settled: fc.constantFrom(undefined, undefined, undefined, 0, 0.5, 1.2, 4),
  });

  it("is never given up while there is one of which less than a quarter is used", () => {
    let lost = 0;
    let kept = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 120, size: "max" }), (steps) => {
        const clock = { now: start };
        const store = memoryStore({ maxKeys: 32 });
        store.connect({ now: () => clock.now });
        const held = (): Held[] =>
          names.flatMap((owner) =>
            policies
              .map((policy) => ({ owner, policy, share: share(store, owner, policy) }))
              .filter(({ share }) => share > 0),
          );
        for (const { owner, policies, cost, pause, settled } of steps) {
          clock.now += pause;
          const before = held();
          const charges = policies.map((policy) => ({
            policy,
            partition: "",
            cost: Math.ceil((cost / 8) * room(policy)),
          }));
          const outcome = store.charge(owner, charges);
          const after = new Set(held().map((each) => `${each.owner} ${each.policy.id}`));
          const others = before.filter((each) => each.owner !== owner);
          const gone = others.filter((each) => !after.has(`${each.owner} ${each.policy.id}`));
          // All that is left was there when the last one was given up.
          const idle = others.filter((each) => !gone.includes(each) && each.share < 1 / 4);
          const near = gone.filter((each) => each.share >= 1 / 2);
          if (near.length > 0) expect(idle).toEqual([]);
          lost += near.length;
          kept += gone.length - near.length;
          if (settled !== undefined) {
            const units = charges.map(({ cost }) => Math.ceil(cost * settled));
            store.settle({ owner, charges, outcome }, units);
          }
        }
      }),
      { numRuns: 150 },
    );
    // Both have happened, so that something was tested.
    expect(Math.min(lost, kept)).toBeGreaterThan(100);
  });
});

function spent(
  store: ReturnType<typeof memoryStore>,
  owner: string,
  policy: Policy,
  partition = "",
): number {
  const peek: Charge = { policy, partition, cost: 0 };
  return used(peek, store.charge(owner, [peek]), 0);
}

function room(policy: Policy): number {
  return policy.kind === "rate" ? policy.burst : policy.quota;
}

/** The part of a burst or quota that is used, of a burst exactly: not in whole units. */
function share(store: ReturnType<typeof memoryStore>, owner: string, policy: Policy): number {
  const { at, marks } = store.charge(owner, [{ policy, partition: "", cost: 0 }]);
  const value = marks[0] as number;
  return policy.kind === "rate" ? Math.max(0, value - at) / policy.tolerance : value / policy.quota;
}
