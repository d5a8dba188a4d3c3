import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FluxError } from "../errors.ts";
import {
  quotaPolicy,
  quotaProblem,
  ratePolicy,
  rateProblem,
  variantCount,
  variantOf,
} from "./policy.ts";

describe("ratePolicy", () => {
  it("computes in whole microseconds, never in the caller's favour", () => {
    expect(ratePolicy({ name: "api", quota: 7, window: 1_000, burst: 3 })).toMatchObject({
      kind: "rate",
      name: "api",
      id: "limit:api",
      quota: 7,
      window: 1_000_000,
      burst: 3,
      interval: 142_858,
      tolerance: 428_574,
    });
  });

  it("takes the quota for the burst where none is given", () => {
    expect(ratePolicy({ name: "api", quota: 600, window: 60_000 }).burst).toBe(600);
  });

  it("gives the same object for equal definitions and numbers the different ones", () => {
    const first = ratePolicy({ name: "numbers", quota: 5, window: 1_000 });
    const same = ratePolicy({ name: "numbers", quota: 5, window: 1_000, burst: 5 });
    const upgraded = ratePolicy({ name: "numbers", quota: 50, window: 1_000 });
    const other = ratePolicy({ name: "numbers-2", quota: 5, window: 1_000 });
    expect(same).toBe(first);
    expect(upgraded.index).toBe(first.index);
    expect(upgraded.variant).not.toBe(first.variant);
    expect(other.index).not.toBe(first.index);
    expect(variantOf(upgraded.variant)).toBe(upgraded);
  });

  it("takes any name, and keeps a feature apart from a limit of its name", () => {
    const names = ["__proto__", "constructor", "toString", ""];
    const all = names.flatMap((name) => [
      ratePolicy({ name, quota: 1, window: 1 }),
      quotaPolicy({ name, per: "day", quota: 1 }),
    ]);
    expect(new Set(all.map((policy) => policy.index)).size).toBe(all.length);
  });

  it.each([
    [{ quota: 0, window: 1_000 }, "quota"],
    [{ quota: 1.5, window: 1_000 }, "quota"],
    [{ quota: Number.NaN, window: 1_000 }, "quota"],
    [{ quota: Infinity, window: 1_000 }, "quota"],
    [{ quota: 1, window: 0 }, "window"],
    [{ quota: 1, window: -5 }, "window"],
    [{ quota: 1, window: 0.0001 }, "window"],
    [{ quota: 1, window: Number.NaN }, "window"],
    [{ quota: 1, window: 1e300 }, "window"],
    [{ quota: 1, window: 1_000, burst: 0 }, "burst"],
    [{ quota: 1, window: 1_000, burst: -1 }, "burst"],
    [{ quota: 1_000_001, window: 1_000 }, "one unit per microsecond"],
    [{ quota: 1, window: 86_400_000, burst: 100_000 }, "142 years"],
  ])("refuses %j", (numbers, word) => {
    expect(rateProblem(numbers)).toContain(word);
    expect(() => ratePolicy({ name: "wrong", ...numbers })).toThrow(FluxError);
  });

  it("accepts decimal milliseconds that are whole microseconds", () => {
    expect(ratePolicy({ name: "fine", quota: 1, window: 0.1 }).window).toBe(100);
    expect(ratePolicy({ name: "fine", quota: 3, window: 1_000.007 }).window).toBe(1_000_007);
  });

  it("refills no faster than its quota, by less than a microsecond a unit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 1e9 }),
        (quota, ms) => {
          fc.pre(quota <= ms * 1_000);
          const { interval, window } = ratePolicy({ name: "any", quota, window: ms, burst: 1 });
          expect(Number.isSafeInteger(interval)).toBe(true);
          expect(BigInt(interval) * BigInt(quota)).toBeGreaterThanOrEqual(BigInt(window));
          expect(BigInt(interval - 1) * BigInt(quota)).toBeLessThan(BigInt(window));
        },
      ),
    );
  });
});

describe("quotaPolicy", () => {
  it("is numbered by its feature and its kind of period", () => {
    const month = quotaPolicy({ name: "tokens", per: "month", quota: 10 });
    const day = quotaPolicy({ name: "tokens", per: "day", quota: 10 });
    expect(quotaPolicy({ name: "tokens", per: "month", quota: 10 })).toEqual(month);
    expect(day.index).toBe(month.index);
    expect(day.variant).not.toBe(month.variant);
    expect(month).toMatchObject({ kind: "quota", id: "feature:tokens", per: "month", quota: 10 });
  });

  it("leaves nothing behind of a quota of its own for each of many tenants", () => {
    const { variant } = quotaPolicy({ name: "prepaid", per: "month", quota: 0 });
    const before = variantCount();
    for (let balance = 1; balance <= 10_000; balance++) {
      const policy = quotaPolicy({ name: "prepaid", per: "month", quota: balance });
      expect(policy).toMatchObject({ variant, quota: balance });
    }
    expect(variantCount()).toBe(before);
  });

  it("knows zero and unlimited, and refuses what is no amount", () => {
    expect(quotaPolicy({ name: "none", per: "hour", quota: 0 }).quota).toBe(0);
    expect(quotaPolicy({ name: "all", per: "hour", quota: Infinity }).quota).toBe(Infinity);
    for (const quota of [-1, 0.5, Number.NaN, 2 ** 53, -Infinity]) {
      expect(quotaProblem({ quota })).toContain("non-negative safe integer");
      expect(() => quotaPolicy({ name: "wrong", per: "hour", quota })).toThrow(FluxError);
    }
  });
});
