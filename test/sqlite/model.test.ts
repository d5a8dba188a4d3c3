import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Charge, memoryStore, type Receipt } from "@flux/core";
import { sqliteStore } from "@flux/core/sqlite";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type Policy, quotaPolicy, ratePolicy } from "../../packages/core/src/limits/policy.ts";
import { failed, remaining, resetAt, retryAt, used } from "../../packages/core/src/limits/state.ts";
import { carried, on, spend } from "./policies.ts";

const start = Date.UTC(2026, 10, 30, 18);
const rates = [
  ratePolicy({ name: "m-api", quota: 7, window: 1_000, burst: 10 }),
  ratePolicy({ name: "m-api", quota: 50, window: 1_000, burst: 40 }),
  ratePolicy({ name: "m-search", quota: 3, window: 10, burst: 4 }),
  ratePolicy({ name: "m-slow", quota: 1, window: 60_000, burst: 8 }),
];
const quotas = [
  quotaPolicy({ name: "m-tokens", per: "month", quota: 30 }),
  quotaPolicy({ name: "m-tokens", per: "day", quota: 12 }),
  quotaPolicy({ name: "m-calls", per: "hour", quota: 20 }),
  quotaPolicy({ name: "m-all", per: "day", quota: Infinity }),
];
const policies: readonly Policy[] = [...rates, ...quotas];
const owners = ["acme", "globex", "ip:192.0.2.1"];
const partitions = ["", "user-1"];

const charge: fc.Arbitrary<Charge> = fc.record({
  policy: fc.constantFrom(...policies),
  partition: fc.constantFrom(...partitions),
  cost: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 12 })),
});

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("charge" as const),
      owner: fc.constantFrom(...owners),
      charges: fc.array(charge, { minLength: 1, maxLength: 5 }),
      dryRun: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      which: fc.nat(),
      actual: fc.array(fc.option(fc.nat({ max: 15 }), { nil: undefined }), {
        minLength: 5,
        maxLength: 5,
      }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("clock" as const),
      // ms: mostly within a burst's refill, at times beyond it or a period, and back.
      by: fc.oneof(
        { weight: 8, arbitrary: fc.double({ min: 0, max: 400, noNaN: true }) },
        { weight: 3, arbitrary: fc.double({ min: 0, max: 20_000, noNaN: true }) },
        { weight: 3, arbitrary: fc.double({ min: -10_000, max: 0, noNaN: true }) },
        { weight: 1, arbitrary: fc.constantFrom(3_600_000, 5_400_000, 90_000_000) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("others" as const) }) },
);

describe("beside a memory store", () => {
  const directory = mkdtempSync(join(tmpdir(), "flux-sqlite-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  let files = 0;

  it("answers the same, from two stores on one file, whatever is charged, settled and whenever", () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 60, size: "max" }), (actions) => {
        const clock = { now: start };
        const file = join(directory, `${files++}.db`);
        const stores = [sqliteStore(file), sqliteStore(file)] as const;
        const model = memoryStore();
        for (const store of [...stores, model]) store.connect({ now: () => clock.now });
        const receipts: { readonly model: Receipt; readonly real: Receipt }[] = [];
        let latest = start;
        let others = 0;
        try {
          for (const [turn, action] of actions.entries()) {
            const store = stores[turn % 2] as (typeof stores)[0];
            if (action.kind === "charge") {
              const { owner, charges, dryRun } = action;
              const expected = model.charge(owner, charges, dryRun);
              const outcome = store.charge(owner, charges, dryRun);
              expect(told(charges, outcome)).toEqual(told(charges, expected));
              const receipt = { owner, charges };
              receipts.push({
                model: { ...receipt, outcome: expected },
                real: { ...receipt, outcome },
              });
            } else if (action.kind === "settle" && receipts.length > 0) {
              const { model: before, real } = receipts[
                action.which % receipts.length
              ] as (typeof receipts)[0];
              const actual = action.actual.slice(0, real.charges.length);
              model.settle(before, actual);
              store.settle(turn % 3 === 0 ? real : carried(real), actual);
            } else if (action.kind === "clock") {
              // Back by no more than idle counters are kept for.
              latest = Math.max(latest, clock.now);
              clock.now = Math.max(latest - 10_000, clock.now + action.by);
            } else {
              for (let i = 0; i < 5; i++) {
                const charges = [on(rates[2] as Policy)];
                for (const each of [store, model]) each.charge(`other-${others}`, charges);
                others++;
              }
            }
            // The memory store knows the latest moment of all: so does each of the two, having been asked.
            for (const each of [...stores, model]) each.charge("nobody", [], true);
            compare(store, model);
          }
        } finally {
          for (const store of stores) store.close();
        }
      }),
      { numRuns: 100 },
    );
  }, 120_000);
});

function told(charges: readonly Charge[], outcome: Receipt["outcome"]) {
  const of = charges.map((charge, i) => ({
    failed: failed(charge, outcome, i),
    remaining: remaining(charge, outcome, i),
    used: used(charge, outcome, i),
    resetAt: resetAt(charge, outcome, i),
    retryAt: retryAt(charge, outcome, i),
  }));
  return { allowed: outcome.allowed, at: outcome.at, of };
}

function compare(store: ReturnType<typeof sqliteStore>, model: ReturnType<typeof memoryStore>) {
  const peeks = policies.map((policy) => on(policy, 0));
  for (const owner of owners)
    for (const partition of partitions) {
      const charges = peeks.map((peek) => ({ ...peek, partition }));
      for (const peek of charges) {
        const [one, other] = [spend(store, owner, peek), spend(model, owner, peek)];
        expect(told([peek], one.outcome)).toEqual(told([peek], other.outcome));
      }
    }
}
