import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { used } from "../limits/state.ts";
import type { Charge } from "../limits/store.ts";
import { watched } from "./test-limiter.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 12) }));
afterEach(() => void vi.useRealTimers());

const minute = 60_000;
const ofTen = { quota: 10, window: minute };

describe("settling", () => {
  test("gives back within the window, once", async () => {
    const { charge, store, left } = watched(ofTen);
    const receipt = await charge(6);
    await Promise.all([store.settle(receipt, [2]), store.settle(receipt, [0])]);
    await store.settle(receipt, [0]);
    expect(await left()).toBe(8);
  });

  test("an amount that is undefined leaves it open", async () => {
    const { charge, store, left } = watched(ofTen);
    const receipt = await charge(6);
    await store.settle(receipt, [undefined]);
    await store.settle(receipt, [0]);
    expect(await left()).toBe(10);
  });

  test("to what was charged leaves it, and closes it", async () => {
    const { charge, store, left } = watched(ofTen);
    const receipt = await charge(6);
    await store.settle(receipt, [6]);
    await store.settle(receipt, [0]);
    expect(await left()).toBe(4);
  });

  test("charges what was used beyond, and may overrun", async () => {
    const { charge, store, left } = watched(ofTen);
    await store.settle(await charge(6), [9]);
    expect(await left()).toBe(1);
    await store.settle(await charge(1), [Number.MAX_SAFE_INTEGER]);
    const { charges, outcome } = await charge(0);
    expect(used(charges[0] as Charge, outcome, 0)).toBe(100_000_010);
  });

  test("after the window gives nothing back: it would be granted anew", async () => {
    const { charge, store, left, limiter } = watched(ofTen);
    const receipt = await charge(6);
    vi.advanceTimersByTime(minute - 20);
    await store.settle(receipt, [0]);
    vi.advanceTimersByTime(20);
    expect(limiter.taken()).toEqual(["consume 6"]);
    expect(await left()).toBe(10);
  });

  test("that reaches the counter in the next window is taken back", async () => {
    const { charge, store, left, limiter } = watched(ofTen);
    const receipt = await charge(6);
    vi.advanceTimersByTime(minute - 200);
    limiter.before = async (method) => {
      if (method === "reward") vi.advanceTimersByTime(300);
    };
    await store.settle(receipt, [0]);
    expect(limiter.taken()).toEqual(["consume 6", "reward 6", "penalty 6"]);
    expect(await left()).toBe(10);
  });

  test("that finds others in the next window is taken back, too", async () => {
    const { charge, store, left, limiter } = watched(ofTen);
    const receipt = await charge(6);
    vi.advanceTimersByTime(minute - 200);
    let others: Promise<unknown> | undefined;
    limiter.before = async (method) => {
      if (method !== "reward" || others !== undefined) return;
      vi.advanceTimersByTime(300);
      others = charge(9);
      await others;
    };
    await store.settle(receipt, [0]);
    expect(await left()).toBe(1);
  });

  test("where the counter was lost is taken back", async () => {
    const { charge, store, left, limiter } = watched(ofTen);
    const receipt = await charge(6);
    await limiter.delete("tenant:acorn");
    await store.settle(receipt, [0]);
    expect(await left()).toBe(10);
  });

  test("is of this process: what came as plain data is ignored", async () => {
    const { charge, store, left } = watched(ofTen);
    const { owner, charges, outcome } = await charge(6);
    await store.settle({ owner, charges, outcome: JSON.parse(JSON.stringify(outcome)) }, [0]);
    expect(await left()).toBe(4);
  });

  test("of what was refused or only looked at is ignored", async () => {
    const { charge, store, left } = watched(ofTen);
    await charge(6);
    await store.settle(await charge(5), [0]);
    await store.settle(await charge(3, true), [0]);
    expect(await left()).toBe(4);
  });

  test("needs amounts, also where it is ignored", async () => {
    const { charge, store } = watched(ofTen);
    const { owner, charges, outcome } = await charge(6);
    const foreign = { owner, charges, outcome: { ...outcome } };
    await expect(store.settle(foreign, [-1])).rejects.toMatchObject({ code: "settle_invalid" });
    await expect(store.settle({ owner, charges, outcome }, [undefined, 0.5])).rejects.toMatchObject(
      {
        code: "settle_invalid",
      },
    );
  });

  test("needs an amount", async () => {
    const { charge, store } = watched(ofTen);
    await expect(store.settle(await charge(6), [-1])).rejects.toMatchObject({
      code: "settle_invalid",
    });
  });
});
