import { RateLimiterMemory } from "rate-limiter-flexible";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ratePolicy } from "../limits/policy.ts";
import { failed, remaining, resetAt, retryAt, used } from "../limits/state.ts";
import type { Charge, Receipt } from "../limits/store.ts";
import { flexibleStore } from "./flexible-store.ts";
import { watched } from "./test-limiter.ts";

const start = Date.UTC(2026, 10, 22, 12);
beforeEach(() => void vi.useFakeTimers({ now: start }));
afterEach(() => void vi.useRealTimers());

const minute = 60_000;
const ofTen = { quota: 10, window: minute };

/** What is told of the only charge of a call. */
function told({ charges, outcome }: Receipt) {
  const charge = charges[0] as Charge;
  return {
    allowed: outcome.allowed,
    failed: failed(charge, outcome, 0),
    used: used(charge, outcome, 0),
    remaining: remaining(charge, outcome, 0),
    resetAt: resetAt(charge, outcome, 0) - start,
    retryAt: (retryAt(charge, outcome, 0) ?? Number.NaN) - start,
  };
}

describe("a window", () => {
  test("admits the quota, then nothing until it ends", async () => {
    const { charge } = watched(ofTen);
    expect(told(await charge(4))).toEqual({
      allowed: true,
      failed: false,
      used: 4,
      remaining: 6,
      resetAt: minute,
      retryAt: 0,
    });
    vi.advanceTimersByTime(20_000);
    expect(told(await charge(6))).toMatchObject({ allowed: true, remaining: 0, resetAt: minute });
    expect(told(await charge(1))).toEqual({
      allowed: false,
      failed: true,
      used: 10,
      remaining: 0,
      resetAt: minute,
      retryAt: minute,
    });
    vi.advanceTimersByTime(39_999);
    expect((await charge(1)).outcome.allowed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(told(await charge(10))).toMatchObject({ allowed: true, resetAt: 2 * minute });
  });

  test("admits twice the quota across its edge", async () => {
    const { charge } = watched(ofTen);
    await charge(1);
    vi.advanceTimersByTime(minute - 1);
    expect((await charge(9)).outcome.allowed).toBe(true);
    vi.advanceTimersByTime(1);
    expect((await charge(10)).outcome.allowed).toBe(true);
  });

  test("is looked at without being charged", async () => {
    const { charge, left, limiter } = watched(ofTen);
    expect(told(await charge(0))).toMatchObject({ allowed: true, used: 0, resetAt: 0 });
    expect(told(await charge(3, true))).toMatchObject({ allowed: true, used: 3, resetAt: minute });
    expect(told(await charge(11, true))).toMatchObject({ allowed: false, failed: true, used: 0 });
    expect(await left()).toBe(10);
    await charge(10);
    expect(told(await charge(1, true))).toMatchObject({ allowed: false, failed: true, used: 10 });
    expect(told(await charge(0))).toMatchObject({ allowed: true, used: 10, resetAt: minute });
    expect(limiter.taken().filter((call) => call !== "get")).toEqual(["consume 10"]);
  });

  test("never admits what is above the quota, and says so", async () => {
    const { charge, limiter } = watched(ofTen);
    await charge(4);
    expect(told(await charge(11))).toEqual({
      allowed: false,
      failed: true,
      used: 4,
      remaining: 6,
      resetAt: minute,
      retryAt: Number.NaN,
    });
    expect(limiter.taken()).toEqual(["consume 4", "get"]);
  });

  test("past its end and not swept up yet, is none", async () => {
    const { left, charge, limiter } = watched(ofTen);
    await charge(10);
    vi.setSystemTime(start + minute + 5);
    expect((await limiter.get("tenant:acorn"))?.consumedPoints).toBe(10);
    expect(await left()).toBe(10);
  });
});

describe("a refusal", () => {
  test("leaves the counter as it was, and is only looked up from then on", async () => {
    const { charge, left, limiter } = watched(ofTen);
    await charge(8);
    expect(told(await charge(3))).toMatchObject({ allowed: false, used: 8, remaining: 2 });
    expect(limiter.taken()).toEqual(["consume 8", "consume 3", "reward 3"]);
    for (let i = 0; i < 5; i++)
      expect(told(await charge(3))).toMatchObject({ allowed: false, used: 8, retryAt: minute });
    expect(limiter.taken()).toEqual(Array(5).fill("get"));
    expect(await left()).toBe(2);
    expect((await charge(2)).outcome.allowed).toBe(true);
  });

  test("at the same time as others lets no more than the quota pass, and leaves it exact", async () => {
    const { charge, left } = watched(ofTen);
    const all = await Promise.all(Array.from({ length: 50 }, () => charge(3)));
    expect(all.filter(({ outcome }) => outcome.allowed).length).toBe(3);
    expect(await left()).toBe(1);
  });

  test("that cannot be given back is a refusal all the same", async () => {
    const { charge, limiter } = watched(ofTen);
    await charge(8);
    limiter.before = (method) =>
      method === "reward" ? Promise.reject(new Error("gone")) : undefined;
    expect(told(await charge(3))).toMatchObject({ allowed: false, used: 8 });
  });

  test("out of the limiter's own memory was not counted, and is not given back", async () => {
    const { charge, left, limiter } = watched(ofTen, { inMemoryBlockOnConsumed: 10 });
    await charge(5);
    limiter.before = (method) =>
      // As RateLimiterStoreAbstract refuses: a result, and no Error.
      method === "consume" ? Promise.reject({ consumedPoints: 0, msBeforeNext: 7_000 }) : undefined;
    const refused = { allowed: false, failed: true, remaining: 0, retryAt: 7_000 };
    expect(told(await charge(1))).toMatchObject(refused);
    expect(told(await charge(1))).toMatchObject(refused);
    // Its memory is asked again, which costs no look at the server.
    expect(limiter.taken()).toEqual(["consume 5", "consume 1", "consume 1"]);
    limiter.before = undefined;
    expect(await left()).toBe(5);
  });
});

describe("a limiter that blocks", () => {
  const blocking = { blockDuration: 300 };

  test("counts what it refuses, and tells when the block ends", async () => {
    const { charge, limiter } = watched(ofTen, blocking);
    await charge(10);
    vi.advanceTimersByTime(10_000);
    const blocked = { allowed: false, failed: true, remaining: 0, retryAt: 310_000 };
    expect(told(await charge(1))).toMatchObject(blocked);
    expect(told(await charge(1))).toMatchObject(blocked);
    expect(told(await charge(1, true))).toMatchObject(blocked);
    expect(limiter.taken()).toEqual(["consume 10", "consume 1", "get", "get"]);
    vi.advanceTimersByTime(299_999);
    expect((await charge(1)).outcome.allowed).toBe(false);
    vi.advanceTimersByTime(1);
    expect((await charge(1)).outcome.allowed).toBe(true);
  });

  test("is not unblocked by what is given back", async () => {
    const { charge, store, limiter } = watched(ofTen, blocking);
    const first = await charge(10);
    await charge(1);
    await store.settle(first, [0]);
    expect(limiter.taken()).toEqual(["consume 10", "consume 1", "get"]);
    expect((await charge(1)).outcome.allowed).toBe(false);
  });

  test("gives back before it blocks", async () => {
    const { charge, store, left } = watched(ofTen, blocking);
    await store.settle(await charge(6), [0]);
    expect(await left()).toBe(10);
  });
});

describe("what cannot be charged", () => {
  test.each([-1, 0.5, Number.NaN, 2 ** 53])("a cost of %d", async (cost) => {
    const { charge, limiter } = watched(ofTen);
    await expect(charge(cost)).rejects.toMatchObject({ code: "cost_invalid" });
    expect(limiter.taken()).toEqual([]);
  });

  test.each([Number.NaN, -1, Infinity])("by a clock of %d", async (now) => {
    const { charge, store, limiter } = watched(ofTen);
    store.connect({ now: () => now });
    for (const cost of [0, 1])
      await expect(charge(cost)).rejects.toMatchObject({ code: "config_invalid" });
    expect(limiter.taken()).toEqual([]);
  });

  test("before it was connected", async () => {
    const { on } = watched(ofTen);
    const store = flexibleStore((window) => new RateLimiterMemory(window));
    await expect(store.charge("tenant:acorn", [on()])).rejects.toThrow(
      "flexibleStore: it has no clock",
    );
  });

  test("several counters at once: none of them is", async () => {
    const { store, on, name, limiter } = watched(ofTen);
    await expect(store.charge("tenant:acorn", [on(), on(1, "ann")])).rejects.toMatchObject({
      code: "config_invalid",
      message: `flexibleStore: asked to charge limit:${name} and limit:${name} at once, all or none, which limiters cannot: let each request charge one limit, its route and its guards together, or use another store`,
    });
    expect(limiter.taken()).toEqual([]);
  });

  test("a policy that it refuses", async () => {
    const { store } = watched(ofTen);
    const policy = ratePolicy({ name: "bursty", quota: 10, window: minute, burst: 20 });
    await expect(
      store.charge("tenant:acorn", [{ policy, partition: "", cost: 1 }]),
    ).rejects.toMatchObject({
      code: "config_invalid",
      message:
        "flexibleStore: limit:bursty cannot be counted by it: burst must be left out: flexibleStore counts in fixed windows, which admit the quota of 10 at once, not 20.",
    });
  });

  test("no counter at all: that passes", async () => {
    const { store } = watched(ofTen);
    expect(await store.charge("tenant:acorn", [])).toMatchObject({ allowed: true, marks: [] });
  });
});

describe("counters", () => {
  test("of owners and partitions are apart", async () => {
    const { store, on, policy } = watched(ofTen);
    await store.charge("tenant:a", [on(10)]);
    for (const [owner, partition] of [
      ["tenant:A", ""],
      ["tenant:a", "ann"],
      ["tenant:a|ann", ""],
      ["tenant:b", ""],
    ] as const) {
      const { allowed } = await store.charge(owner, [{ policy, partition, cost: 10 }]);
      expect(allowed, `${owner} ${partition}`).toBe(true);
    }
  });

  test("of one limit's plans have one prefix for one window, whatever their quota", () => {
    const asked: unknown[] = [];
    const store = flexibleStore((window, limit) => {
      asked.push([limit, window.keyPrefix, window.points, window.duration]);
      return new RateLimiterMemory(window);
    });
    for (const [quota, window] of [
      [10, minute],
      [20, minute],
      [20, 2 * minute],
      [10, minute],
    ] as const)
      expect(store.refuses(ratePolicy({ name: "api", quota, window }))).toBeUndefined();
    expect(asked).toEqual([
      ["api", "flux_api_60", 10, 60],
      ["api", "flux_api_60", 20, 60],
      ["api", "flux_api_120", 20, 120],
    ]);
  });
});
