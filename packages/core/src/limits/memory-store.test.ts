import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FluxError } from "../errors.ts";
import { memoryStore } from "./memory-store.ts";
import { quotaPolicy, ratePolicy } from "./policy.ts";
import { failed, remaining, resetAt, retryAt, used } from "./state.ts";
import type { Charge } from "./store.ts";

const start = Date.UTC(2026, 10, 22, 12);
const api = ratePolicy({ name: "api", quota: 600, window: 60_000, burst: 100 });
const tokens = quotaPolicy({ name: "tokens", per: "month", quota: 10_000 });
const unlimited = quotaPolicy({ name: "unlimited", per: "day", quota: Infinity });

const on = (policy: Charge["policy"], cost = 1, partition = ""): Charge => ({
  policy,
  partition,
  cost,
});

function storeAt(now: number, maxKeys?: number) {
  const clock = { now };
  const store = memoryStore({ maxKeys });
  store.connect({ now: () => clock.now });
  /** Units that can be spent now. */
  const left = (owner: string, policy: Charge["policy"], partition = "") => {
    const peek = on(policy, 0, partition);
    return remaining(peek, store.charge(owner, [peek]), 0);
  };
  const spend = (owner: string, ...charges: Charge[]) => {
    const outcome = store.charge(owner, charges);
    return { owner, charges, outcome };
  };
  return { clock, store, left, spend };
}

describe("a rate", () => {
  it("admits its burst at once, then one unit an interval", () => {
    const { clock, spend, left } = storeAt(start);
    for (let i = 0; i < 100; i++) expect(spend("acme", on(api)).outcome.allowed).toBe(true);
    expect(spend("acme", on(api)).outcome.allowed).toBe(false);
    clock.now += 99.999;
    expect(spend("acme", on(api)).outcome.allowed).toBe(false);
    clock.now = start + 100;
    expect(spend("acme", on(api)).outcome.allowed).toBe(true);
    clock.now += 5_000;
    expect(left("acme", api)).toBe(50);
  });

  it("says when to come back, and that a cost above the burst never passes", () => {
    const { spend, clock } = storeAt(start);
    const { outcome, charges } = spend("acme", on(api, 95));
    expect(remaining(charges[0] as Charge, outcome, 0)).toBe(5);
    expect(used(charges[0] as Charge, outcome, 0)).toBe(95);
    expect(resetAt(charges[0] as Charge, outcome, 0)).toBe(start + 9_500);
    const ten = on(api, 10);
    const refused = spend("acme", ten).outcome;
    expect(refused.allowed).toBe(false);
    expect(failed(ten, refused, 0)).toBe(true);
    expect(retryAt(ten, refused, 0)).toBe(start + 500);
    clock.now = retryAt(ten, refused, 0) as number;
    expect(spend("acme", ten).outcome.allowed).toBe(true);
    for (const cost of [101, Number.MAX_SAFE_INTEGER]) {
      const never = on(api, cost);
      const outcome = spend("globex", never).outcome;
      expect(outcome.allowed).toBe(false);
      expect(failed(never, outcome, 0)).toBe(true);
      expect(retryAt(never, outcome, 0)).toBeUndefined();
    }
  });
});

describe("a quota", () => {
  it("admits exactly what is left in its period, and begins anew with the next", () => {
    const { clock, spend, left } = storeAt(start);
    expect(spend("acme", on(tokens, 9_999)).outcome.allowed).toBe(true);
    const two = on(tokens, 2);
    const refused = spend("acme", two).outcome;
    expect(failed(two, refused, 0)).toBe(true);
    expect(used(two, refused, 0)).toBe(9_999);
    expect(remaining(two, refused, 0)).toBe(1);
    expect(retryAt(two, refused, 0)).toBe(Date.UTC(2026, 11, 1));
    expect(spend("acme", on(tokens, 1)).outcome.allowed).toBe(true);
    clock.now = Date.UTC(2026, 11, 1) - 0.001;
    expect(left("acme", tokens)).toBe(0);
    clock.now = Date.UTC(2026, 11, 1);
    expect(left("acme", tokens)).toBe(10_000);
    expect(spend("acme", on(tokens, 10_000)).outcome.allowed).toBe(true);
  });

  it("refuses for good what is above it", () => {
    const { spend } = storeAt(start);
    const never = on(tokens, 10_001);
    expect(retryAt(never, spend("acme", never).outcome, 0)).toBeUndefined();
  });

  it("counts what is unlimited", () => {
    const { spend } = storeAt(start);
    for (let i = 0; i < 3; i++) spend("acme", on(unlimited, Number.MAX_SAFE_INTEGER));
    const five = on(unlimited, 5);
    const { outcome } = spend("globex", five);
    expect(outcome.allowed).toBe(true);
    expect(used(five, outcome, 0)).toBe(5);
    expect(remaining(five, outcome, 0)).toBe(Infinity);
    const much = spend("acme", five).outcome;
    expect(much.allowed).toBe(true);
    expect(used(five, much, 0)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("several charges in one call", () => {
  it("are made all or none", () => {
    const { spend, left, store } = storeAt(start);
    spend("acme", on(tokens, 9_990));
    const charges = [on(api, 7), on(tokens, 20), on(api, 3, "user-1")];
    const { outcome } = spend("acme", ...charges);
    expect(outcome.allowed).toBe(false);
    expect(charges.map((charge, i) => failed(charge, outcome, i))).toEqual([false, true, false]);
    expect(left("acme", api)).toBe(100);
    expect(left("acme", api, "user-1")).toBe(100);
    expect(left("acme", tokens)).toBe(10);
    expect(store.size).toBe(1);
  });

  it("add up on one counter", () => {
    const { spend, left, store } = storeAt(start);
    const charges = [on(api, 60), on(api, 41)];
    const refused = spend("acme", ...charges).outcome;
    expect(refused.allowed).toBe(false);
    expect(charges.map((charge, i) => failed(charge, refused, i))).toEqual([false, true]);
    expect(left("acme", api)).toBe(100);
    expect(spend("acme", on(api, 60), on(api, 0), on(api, 40)).outcome.allowed).toBe(true);
    expect(left("acme", api)).toBe(0);
    expect(spend("acme", on(tokens, 6_000), on(tokens, 4_001)).outcome.allowed).toBe(false);
    expect(spend("acme", on(tokens, 6_000), on(tokens, 4_000)).outcome.allowed).toBe(true);
    expect(left("acme", tokens)).toBe(0);
    expect(store.size).toBe(2);
  });

  it("may be more than anyone would make", () => {
    const { spend, store } = storeAt(start, 80);
    const charges = Array.from({ length: 40 }, (_, i) => on(api, 1, `user-${i}`));
    const { outcome } = spend("acme", ...charges);
    expect(outcome.allowed).toBe(true);
    expect(outcome.marks.length).toBe(80);
    expect(store.size).toBe(40);
    expect(spend("acme").outcome).toMatchObject({ allowed: true, marks: [] });
  });
});

describe("what writes nothing", () => {
  it("is a peek, a refusal or a dry run: not even an empty counter is left", () => {
    const { spend, store, left } = storeAt(start);
    spend("acme", on(api, 0), on(tokens, 0));
    spend("acme", on(api, 101));
    const dry = store.charge("acme", [on(api, 40)], true);
    expect(dry.allowed).toBe(true);
    expect(remaining(on(api, 40), dry, 0)).toBe(60);
    expect(store.charge("acme", [on(api, 101)], true).allowed).toBe(false);
    expect(store.size).toBe(0);
    expect(left("acme", api)).toBe(100);
    store.settle({ owner: "acme", charges: [on(api, 40)], outcome: dry }, [90]);
    expect(left("acme", api)).toBe(100);
  });

  it("is a peek, which passes even where nothing is left", () => {
    const { spend } = storeAt(start);
    spend("acme", on(api, 100), on(tokens, 10_000));
    expect(spend("acme", on(api, 0), on(tokens, 0)).outcome.allowed).toBe(true);
  });
});

describe("bad input", () => {
  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])(
    "a cost of %d is an error, not a charge",
    (cost) => {
      const { store, left } = storeAt(start);
      expect(() => store.charge("acme", [on(api, 1), on(tokens, cost)])).toThrow(FluxError);
      expect(left("acme", api)).toBe(100);
    },
  );

  it.each([-1, 0.5, Number.NaN, Infinity])("an actual use of %d is an error", (units) => {
    const { store, spend, left } = storeAt(start);
    const receipt = spend("acme", on(api, 10), on(tokens, 10));
    expect(() => store.settle(receipt, [0, units])).toThrow(FluxError);
    expect(left("acme", api)).toBe(90);
  });

  it.each([Number.NaN, -1, Infinity, 2 ** 52])("a clock of %d is an error", (now) => {
    expect(() => storeAt(now).spend("acme", on(api))).toThrow(FluxError);
  });

  it("a store without a clock needs the decision's reading", () => {
    expect(() => memoryStore().charge("acme", [on(api)])).toThrow(FluxError);
    expect(memoryStore().charge("acme", [on(api)], false, start).at).toBe(start * 1_000);
  });

  it.each([0, 15, 1.5, -1, Number.NaN, 2 ** 31])("maxKeys of %d is an error", (maxKeys) => {
    expect(() => memoryStore({ maxKeys })).toThrow(FluxError);
  });
});

describe("a change of plan", () => {
  const pro = ratePolicy({ name: "api", quota: 6_000, window: 60_000, burst: 500 });

  it("takes effect at once and carries the used units over", () => {
    const { clock, spend, left } = storeAt(start);
    spend("acme", on(api, 100));
    expect(left("acme", api)).toBe(0);
    expect(left("acme", pro)).toBe(400);
    expect(spend("acme", on(pro, 400)).outcome.allowed).toBe(true);
    expect(spend("acme", on(pro, 1)).outcome.allowed).toBe(false);
    clock.now += 1_000;
    expect(left("acme", pro)).toBe(100);
    // Back on the small plan, 400 units are still owed.
    expect(left("acme", api)).toBe(0);
    expect(retryAt(on(api), spend("acme", on(api)).outcome, 0)).toBe(clock.now + 300_100 - 270_000);
  });

  it("never gives the units of one plan back at the price of another", () => {
    const { clock, store, spend, left } = storeAt(start);
    const receipt = spend("acme", on(api, 50));
    spend("acme", on(pro, 1));
    // At the rate of the large plan, all of it has refilled; then it is used anew.
    clock.now += 510;
    spend("acme", on(pro, 99));
    store.settle(receipt, [0]);
    expect(left("acme", pro)).toBe(401);
  });

  it("gives nothing back that refilled under another plan, though that plan is gone", () => {
    const { clock, store, spend, left } = storeAt(start);
    const receipt = spend("acme", on(api, 50));
    spend("acme", on(pro, 1));
    clock.now += 510;
    spend("acme", on(pro, 99));
    expect(spend("acme", on(api, 1)).outcome.allowed).toBe(true);
    expect(left("acme", api)).toBe(0);
    store.settle(receipt, [0]);
    expect(left("acme", api)).toBe(0);
  });

  it("keeps the use of a quota, and its refunds", () => {
    const { store, spend, left } = storeAt(start);
    const big = quotaPolicy({ name: "tokens", per: "month", quota: 5_000_000 });
    const receipt = spend("acme", on(tokens, 10_000));
    expect(left("acme", big)).toBe(4_990_000);
    spend("acme", on(big, 1));
    store.settle(receipt, [4_000]);
    expect(left("acme", big)).toBe(4_995_999);
    expect(left("acme", tokens)).toBe(5_999);
  });

  it("carries the use over to another kind of period", () => {
    const { clock, spend, left } = storeAt(start);
    const daily = quotaPolicy({ name: "tokens", per: "day", quota: 500 });
    spend("acme", on(tokens, 300));
    expect(left("acme", daily)).toBe(200);
    spend("acme", on(daily, 200));
    expect(left("acme", daily)).toBe(0);
    expect(left("acme", tokens)).toBe(9_500);
    clock.now += 86_400_000;
    expect(left("acme", daily)).toBe(500);
  });
});

describe("settle", () => {
  it("gives back what was not used, once", () => {
    const { store, spend, left } = storeAt(start);
    const receipt = spend("acme", on(tokens, 2_000), on(api, 10));
    store.settle(receipt, [523, undefined]);
    expect(left("acme", tokens)).toBe(9_477);
    expect(left("acme", api)).toBe(90);
    store.settle(receipt, [0, 0]);
    store.settle(receipt, [0, 0]);
    expect(left("acme", tokens)).toBe(9_477);
    expect(left("acme", api)).toBe(100);
  });

  it("charges what was used beyond the reservation, and may overrun", () => {
    const { store, spend, left, clock } = storeAt(start);
    store.settle(spend("acme", on(tokens, 9_000), on(api, 90)), [12_000, 150]);
    expect(left("acme", tokens)).toBe(0);
    const one = on(api);
    expect(retryAt(one, spend("acme", one).outcome, 0)).toBe(start + 5_100);
    clock.now += 10_000;
    expect(left("acme", api)).toBe(50);
  });

  it("charges an overrun even where the counter is gone", () => {
    const { store, spend, left, clock } = storeAt(start);
    const receipt = spend("acme", on(api, 1));
    clock.now += 60_000;
    for (let i = 0; i < 20; i++) spend(`other-${i}`, on(api, 1));
    expect(store.size).toBe(20);
    store.settle(receipt, [31]);
    expect(left("acme", api)).toBe(70);
    const peek = spend("globex", on(tokens, 0), on(api, 0));
    store.settle(peek, [100, 25]);
    expect(left("globex", tokens)).toBe(9_900);
    expect(left("globex", api)).toBe(75);
  });

  it("never touches a later period", () => {
    const { store, spend, left, clock } = storeAt(start);
    const [first, second] = [spend("acme", on(tokens, 2_000)), spend("acme", on(tokens, 2_000))];
    clock.now = Date.UTC(2026, 11, 1);
    store.settle(first, [9_999]);
    expect(left("acme", tokens)).toBe(10_000);
    spend("acme", on(tokens, 1_000));
    store.settle(second, [0]);
    expect(left("acme", tokens)).toBe(9_000);
  });

  it("charges what a peek found out, where it was the first of its period", () => {
    const { store, spend, left, clock } = storeAt(start);
    spend("acme", on(tokens, 2_000));
    clock.now = Date.UTC(2026, 11, 1);
    store.settle(spend("acme", on(tokens, 0)), [523]);
    expect(left("acme", tokens)).toBe(9_477);
  });

  it("leaves no counter behind for a period that is over", () => {
    const { store, spend, clock } = storeAt(start);
    const receipt = spend("acme", on(tokens, 2_000));
    clock.now = Date.UTC(2026, 11, 1) + 10_000;
    for (let i = 0; i < 5; i++) spend(`other-${i}`, on(api));
    store.settle(receipt, [3_000]);
    expect(store.size).toBe(5);
  });

  it("gives nothing back from a counter that was idle and swept in between", () => {
    const slow = ratePolicy({ name: "slow", quota: 60, window: 60_000 });
    const { store, spend, left, clock } = storeAt(start);
    const first = spend("acme", on(slow, 30));
    const second = spend("acme", on(slow, 30));
    store.settle(first, [0]);
    clock.now += 40_000;
    for (let i = 0; i < 5; i++) spend(`other-${i}`, on(api));
    expect(store.size).toBe(5);
    spend("acme", on(slow, 60));
    store.settle(second, [0]);
    expect(left("acme", slow)).toBe(0);
  });

  it("gives nothing back that a later charge has used, though the clock stepped back", () => {
    const { store, spend, left, clock } = storeAt(start);
    const receipt = spend("acme", on(api, 100));
    clock.now += 20_000;
    spend("acme", on(api, 100));
    clock.now -= 19_000;
    store.settle(receipt, [0]);
    clock.now += 19_000;
    expect(left("acme", api)).toBe(0);
  });

  it("ignores a refusal", () => {
    const { store, spend, left } = storeAt(start);
    spend("acme", on(api, 50));
    store.settle(spend("acme", on(api, 60)), [0]);
    expect(left("acme", api)).toBe(50);
  });

  it("needs amounts, also for what it ignores", () => {
    const { store, spend } = storeAt(start);
    const refused = spend("acme", on(api, 101));
    const foreign = { ...refused, outcome: { ...refused.outcome, allowed: true } };
    for (const receipt of [refused, foreign])
      expect(() => store.settle(receipt, [-1])).toThrow(
        expect.objectContaining({ code: "settle_invalid" }),
      );
  });

  it("gives back only what has not refilled meanwhile", () => {
    const { store, spend, left, clock } = storeAt(start);
    const receipt = spend("acme", on(api, 50));
    clock.now += 3_000;
    expect(left("acme", api)).toBe(80);
    store.settle(receipt, [0]);
    expect(left("acme", api)).toBe(100);
    spend("acme", on(api, 100));
    expect(left("acme", api)).toBe(0);
  });
});

describe("the clock", () => {
  it("opens nothing when it steps back", () => {
    const { spend, left, clock } = storeAt(start);
    clock.now = start + 9_000;
    spend("acme", on(api, 100), on(tokens, 10_000));
    for (const back of [1, 9_000, 86_400_000 * 60]) {
      clock.now = start + 9_000 - back;
      expect(left("acme", api)).toBe(0);
      expect(left("acme", tokens)).toBe(0);
    }
  });

  it("opens nothing when it steps back by seconds to where an idle counter was not", () => {
    const hourly = quotaPolicy({ name: "hourly", per: "hour", quota: 5 });
    const { spend, clock } = storeAt(start + 3_590_000);
    spend("acme", on(api, 100), on(hourly, 5));
    clock.now += 10_000;
    for (let i = 0; i < 20; i++) spend(`other-${i}`, on(api));
    clock.now -= 10_000;
    expect(spend("acme", on(api)).outcome.allowed).toBe(false);
    expect(spend("acme", on(hourly)).outcome.allowed).toBe(false);
  });

  it("takes nothing from a new caller when it steps back", () => {
    const { spend, clock, left } = storeAt(start);
    for (const step of [0, 3_600_000, -3_599_000, 7_200_000, -86_400_000]) {
      clock.now += step;
      for (let i = 0; i < 20; i++) spend(`other-${i} ${step}`, on(api));
      expect(left(`new ${step}`, api)).toBe(100);
    }
  });

  it("may give fractions of a millisecond", () => {
    const { spend } = storeAt(start + 0.1234567);
    expect(spend("acme", on(api)).outcome.at).toBe(start * 1_000 + 123);
  });
});

describe("isolation", () => {
  const names = [
    "",
    "__proto__",
    "constructor",
    "a",
    "a:b",
    "b",
    ":",
    "\0",
    "\ud800",
    "\udfff",
    "�",
  ];

  it("gives every owner and every partition its own counter", () => {
    const five = ratePolicy({ name: "five", quota: 5, window: 60_000 });
    const { spend, left, store } = storeAt(start);
    const pairs = names.flatMap((owner) => names.map((partition) => [owner, partition] as const));
    for (const [owner, partition] of pairs) {
      expect(left(owner, five, partition)).toBe(5);
      expect(spend(owner, on(five, 5, partition)).outcome.allowed).toBe(true);
    }
    for (const [owner, partition] of pairs) expect(left(owner, five, partition)).toBe(0);
    expect(store.size).toBe(pairs.length);
  });

  it("holds for any strings", () => {
    const text = fc.string({ unit: "binary", maxLength: 8 });
    const pair = fc.tuple(text, text);
    fc.assert(
      fc.property(pair, pair, ([owner, partition], [otherOwner, otherPartition]) => {
        fc.pre(owner !== otherOwner || partition !== otherPartition);
        const { spend, left } = storeAt(start);
        spend(owner, on(api, 100, partition), on(tokens, 10_000, partition));
        expect(left(owner, api, partition)).toBe(0);
        expect(left(otherOwner, api, otherPartition)).toBe(100);
        expect(left(otherOwner, tokens, otherPartition)).toBe(10_000);
      }),
    );
  });
});
