import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { periodEnd, periodStart } from "./period.ts";
import { type Policy, quotaPolicy, ratePolicy } from "./policy.ts";
import { failed, remaining, resetAt, retryAt, used } from "./state.ts";
import type { Charge, Receipt } from "./store.ts";

const start = Date.UTC(2026, 10, 30, 23);
const rates = [
  ratePolicy({ name: "p-api", quota: 7, window: 1_000, burst: 10 }),
  ratePolicy({ name: "p-search", quota: 3, window: 10, burst: 4 }),
];
const quotas = [
  quotaPolicy({ name: "p-tokens", per: "month", quota: 30 }),
  quotaPolicy({ name: "p-calls", per: "hour", quota: 20 }),
];
const owners = ["acme", "globex", "ip:192.0.2.1"];
const partitions = ["", "user-1", "acme"];

const cost = fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 12 }));
const chargeOn = (policies: readonly Policy[]): fc.Arbitrary<Charge> =>
  fc.record({
    policy: fc.constantFrom(...policies),
    partition: fc.constantFrom(...partitions),
    cost,
  });
const chargesOn = (policies: readonly Policy[]) =>
  fc.array(chargeOn(policies), { minLength: 1, maxLength: 5 });
const owner = fc.constantFrom(...owners);
/** ms: mostly within a burst's refill, at times beyond it or beyond a period. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 400, noNaN: true }) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 3_000, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(3_600_000, 5_400_000) },
);

describe("every limit is exact", () => {
  it("admits exactly its burst at once, for every burst from 1 to 2,000", () => {
    const phases = fc.sample(fc.double({ min: 0, max: 4e12, noNaN: true }), 2_000);
    const quotasAndWindows = fc.sample(
      fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1_000, max: 86_400_000 })),
      2_000,
    );
    for (let burst = 1; burst <= 2_000; burst++) {
      const store = memoryStore();
      const [quota, window] = quotasAndWindows[burst - 1] as [number, number];
      const now = phases[burst - 1] as number;
      const policy = ratePolicy({ name: "exact", quota, window, burst });
      const charges = [{ policy, partition: "", cost: 1 }];
      let admitted = 0;
      while (store.charge("acme", charges, false, now).allowed) admitted++;
      if (admitted !== burst) expect({ burst, quota, window, now, admitted }).toBeNull();
    }
  });

  it("admits one more exactly an interval later, however the burst was spent", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.nat({ max: 1_000_000 }),
        (burst, quota, window, phase) => {
          const policy = ratePolicy({ name: "exact", quota, window, burst });
          const store = memoryStore();
          // Whole µs above a moment that a double of ms holds exactly.
          const moment = (microseconds: number) => start + (phase + microseconds) / 1_000;
          const all = [{ policy, partition: "", cost: burst }];
          const one = [{ policy, partition: "", cost: 1 }];
          const { at } = store.charge("acme", all, false, moment(0));
          const early = store.charge("acme", one, false, moment(policy.interval - 2));
          expect(early.allowed).toBe(early.at - at >= policy.interval);
          const late = store.charge("acme", one, false, moment(policy.interval + 1));
          expect(late.allowed).toBe(!early.allowed);
        },
      ),
    );
  });
});

describe("what stands never exceeds burst + quota × t / window, over any span t", () => {
  interface Spent {
    readonly at: number;
    units: number;
  }

  interface Entry extends Spent {
    readonly receipt: Receipt;
  }

  function holds(log: readonly Spent[], { burst, quota, window }: (typeof rates)[number]): boolean {
    const sorted = log.filter((entry) => entry.units > 0).sort((a, b) => a.at - b.at);
    for (let from = 0; from < sorted.length; from++) {
      let units = 0;
      const first = (sorted[from] as Spent).at;
      for (const entry of sorted.slice(from)) {
        units += entry.units;
        if ((units - burst) * window > quota * (entry.at - first)) return false;
      }
    }
    return true;
  }

  const action = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("charge" as const),
        cost,
        pause: fc.nat({ max: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        which: fc.nat(),
        share: fc.constantFrom(0, 0, 0.5, 0.9),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("sweep" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("clock" as const),
        by: fc.double({ min: -2, max: 2, noNaN: true }),
      }),
    },
  );

  const actions = fc.array(action, { minLength: 5, maxLength: 60, size: "max" });

  const slow = ratePolicy({ name: "p-slow", quota: 1, window: 10_000, burst: 10 });

  it.each([...rates, slow])(
    "$name: whatever is charged and given back, whatever the clock does",
    (policy) => {
      fc.assert(
        fc.property(actions, (actions) => {
          const clock = { now: start };
          const store = memoryStore();
          store.connect({ now: () => clock.now });
          const log: Entry[] = [];
          const settled: Entry[] = [];
          let others = 0;
          let latest = start;
          for (const action of actions) {
            if (action.kind === "charge") {
              clock.now += (action.pause * policy.interval) / 1_000;
              const charges = [{ policy, partition: "", cost: action.cost }];
              const outcome = store.charge("acme", charges);
              if (outcome.allowed) {
                const receipt = { owner: "acme", charges, outcome };
                log.push({ at: outcome.at, units: action.cost, receipt });
              }
            } else if (action.kind === "settle" && log.length > 0) {
              const entry = log[action.which % log.length] as Entry;
              const units = Math.floor(entry.units * action.share);
              store.settle(entry.receipt, [units]);
              entry.units = units;
              // A receipt settles once: what is left of it stands for good.
              settled.push(...log.splice(log.indexOf(entry), 1));
            } else if (action.kind === "sweep") {
              for (let i = 0; i < 3; i++) {
                store.charge(`other-${others++}`, [{ policy, partition: "", cost: 1 }]);
              }
            } else if (action.kind === "clock") {
              // In times of the burst's refill, so that what is full may be idle, or the other way;
              // back by no more than the store keeps idle counters for.
              latest = Math.max(latest, clock.now);
              clock.now = Math.max(
                latest - 10_000,
                clock.now + (action.by * policy.tolerance) / 1_000,
              );
            }
            // Whatever is left could be spent at once, and would have to stand too.
            const peek = { policy, partition: "", cost: 0 };
            const outcome = store.charge("acme", [peek]);
            const next = { at: outcome.at, units: remaining(peek, outcome, 0) };
            expect(holds([...log, ...settled, next], policy)).toBe(true);
          }
        }),
        { numRuns: 1_000 },
      );
    },
  );
});

describe("a model that forgets nothing", () => {
  interface Counter {
    value: number;
    side: number;
  }

  /** The rules of the store, word for word, on a plain map. */
  class Model {
    readonly counters = new Map<string, Counter>();
    readonly settled = new Set<string>();

    counter(owner: string, { policy, partition }: Charge): Counter {
      const key = JSON.stringify([owner, policy.id, partition]);
      let counter = this.counters.get(key);
      if (counter === undefined) {
        counter = { value: 0, side: 0 };
        this.counters.set(key, counter);
      }
      return counter;
    }

    charge(owner: string, charges: readonly Charge[], now: number): boolean {
      const before = structuredClone([...this.counters]);
      for (const charge of charges) {
        const counter = this.counter(owner, charge);
        const { policy, cost } = charge;
        if (policy.kind === "rate") {
          const tat = Math.max(counter.value, now) + cost * policy.interval;
          if (cost > 0 && tat - now > policy.tolerance) return this.#restore(before);
          if (cost > 0) counter.value = tat;
        } else {
          const period = periodStart(policy.per, now);
          if (counter.side < period) Object.assign(counter, { value: 0, side: period });
          if (cost > 0 && counter.value + cost > policy.quota) return this.#restore(before);
          counter.value += cost;
        }
      }
      return true;
    }

    settle(receipt: Receipt, i: number, units: number, now: number): void {
      const charge = receipt.charges[i] as Charge;
      const { policy } = charge;
      const counter = this.counter(receipt.owner, charge);
      const value = receipt.outcome.marks[2 * i] as number;
      const difference = units - charge.cost;
      if (policy.kind === "quota") {
        const period = periodStart(policy.per, receipt.outcome.at);
        if (now >= periodEnd(policy.per, period)) return;
        counter.value = Math.max(0, counter.value + difference);
      } else if (difference > 0) {
        counter.value = Math.max(now, counter.value) + difference * policy.interval;
      } else {
        const given = counter.side - (this.given.get(receipt)?.[i] ?? 0);
        const credit = Math.max(0, Math.min(-difference * policy.interval, value - given - now));
        counter.value -= credit;
        counter.side += credit;
      }
    }

    /** The credits of each charge's counter when it was charged. */
    readonly given = new Map<Receipt, number[]>();

    #restore(before: [string, Counter][]): false {
      this.counters.clear();
      for (const [key, counter] of before) this.counters.set(key, counter);
      return false;
    }
  }

  it("answers the same, on every counter, while the store sweeps", () => {
    const policies = [...rates, ...quotas];
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant("charge" as const),
          owner,
          charges: chargesOn(policies),
          step,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("settle" as const),
          which: fc.nat(),
          i: fc.nat({ max: 4 }),
          units: fc.nat({ max: 15 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("others" as const) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 50 }), (actions) => {
        const clock = { now: start };
        const store = memoryStore();
        store.connect({ now: () => clock.now });
        const model = new Model();
        const receipts: Receipt[] = [];
        let others = 0;
        for (const action of actions) {
          const now = Math.floor(clock.now * 1_000);
          if (action.kind === "charge") {
            clock.now += action.step;
            const { owner, charges } = action;
            const now = Math.floor(clock.now * 1_000);
            const outcome = store.charge(owner, charges);
            expect(outcome.allowed).toBe(model.charge(owner, charges, now));
            expect(charges.some((charge, i) => failed(charge, outcome, i))).toBe(!outcome.allowed);
            const receipt = { owner, charges, outcome };
            if (outcome.allowed) receipts.push(receipt);
            model.given.set(
              receipt,
              charges.map((charge) => model.counter(owner, charge).side),
            );
          } else if (action.kind === "settle" && receipts.length > 0) {
            const receipt = receipts[action.which % receipts.length] as Receipt;
            const i = action.i % receipt.charges.length;
            const key = `${receipts.indexOf(receipt)} ${i}`;
            store.settle(
              receipt,
              receipt.charges.map((_, j) => (i === j ? action.units : undefined)),
            );
            if (!model.settled.has(key)) model.settle(receipt, i, action.units, now);
            model.settled.add(key);
          } else if (action.kind === "others") {
            const charge = { policy: rates[1] as Policy, partition: "", cost: 1 };
            for (let i = 0; i < 5; i++) store.charge(`other-${others++}`, [charge]);
          }
          compare(model, store, Math.floor(clock.now * 1_000));
        }
      }),
      { numRuns: 500 },
    );

    function compare(model: Model, store: ReturnType<typeof memoryStore>, now: number): void {
      for (const owner of owners) {
        for (const policy of policies) {
          for (const partition of partitions) {
            const peek: Charge = { policy, partition, cost: 0 };
            const outcome = store.charge(owner, [peek]);
            const { value, side } = model.counter(owner, peek);
            const expected =
              policy.kind === "rate"
                ? Math.max(0, Math.ceil((Math.max(value, now) - now) / policy.interval))
                : side < periodStart(policy.per, now)
                  ? 0
                  : value;
            expect(used(peek, outcome, 0)).toBe(expected);
          }
        }
      }
    }
  });
});

describe("a refused call", () => {
  it("changes no counter, and says truly when to come back", () => {
    const policies = [...rates, ...quotas];
    const calls = fc.array(fc.tuple(owner, chargesOn(policies), step), { maxLength: 20 });
    fc.assert(
      fc.property(calls, owner, chargesOn(policies), (before, owner, charges) => {
        const clock = { now: start };
        const store = memoryStore();
        store.connect({ now: () => clock.now });
        for (const [owner, charges, step] of before) {
          clock.now += step;
          store.charge(owner, charges);
        }
        const peeks = policies.flatMap((policy) =>
          partitions.map((partition) => ({ policy, partition, cost: 0 })),
        );
        const state = () => [
          store.size,
          ...owners.map((owner) => store.charge(owner, peeks).marks),
        ];
        const earlier = state();
        const dry = store.charge(owner, charges, true);
        expect(state()).toEqual(earlier);
        const outcome = store.charge(owner, charges);
        expect(outcome.allowed).toBe(dry.allowed);
        expect(outcome.allowed ? [] : outcome.marks).toEqual(dry.allowed ? [] : dry.marks);
        if (outcome.allowed) return;
        expect(state()).toEqual(earlier);
        // One alone passes exactly from its retryAt on.
        for (const [i, charge] of charges.entries()) {
          const alone = store.charge(owner, [charge], true);
          const retry = retryAt(charge, alone, 0);
          if (!failed(charge, alone, 0)) {
            expect(remaining(charge, alone, 0)).toBeGreaterThanOrEqual(0);
            expect(i).toBeLessThan(charges.length);
          } else if (retry === undefined) {
            const { policy } = charge;
            expect(charge.cost).toBeGreaterThan(
              policy.kind === "rate" ? policy.burst : policy.quota,
            );
          } else {
            expect(retry).toBeLessThanOrEqual(resetAt(charge, alone, 0));
            expect(store.charge(owner, [charge], true, retry).allowed).toBe(true);
            expect(store.charge(owner, [charge], true, retry - 1.002).allowed).toBe(false);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
