import { describe, expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { quotaPolicy, ratePolicy } from "./policy.ts";
import type { Charge } from "./store.ts";

const api = ratePolicy({ name: "light-api", quota: 100, window: 1_000 });
const search = ratePolicy({ name: "light-search", quota: 10, window: 1_000 });
const tokens = quotaPolicy({ name: "light-tokens", per: "month", quota: 1_000 });
const now = Date.UTC(2026, 10, 30);

const charge = (policy: Charge["policy"], cost = 1, partition = ""): Charge => ({
  policy,
  partition,
  cost,
});

/** A store in which each counter has one unit used. */
function begun() {
  const store = memoryStore();
  const all = [charge(tokens), charge(api), charge(search), charge(search, 1, "user-1")];
  store.charge("acme", all, false, now);
  return {
    marks: (charges: readonly Charge[]) => store.charge("acme", charges, false, now).marks,
    allows: (charges: readonly Charge[]) => store.charge("acme", charges, false, now).allowed,
    standing: () => store.charge("acme", all, true, now).marks,
  };
}

describe("charges far from their limits", () => {
  it("count in whatever order they come, and on whatever partition", () => {
    const [inOrder, reversed] = [begun(), begun()];
    const charges = [charge(tokens, 2), charge(api, 3), charge(search, 1, "user-1")];
    const marks = inOrder.marks(charges);
    expect(reversed.marks(charges.toReversed())).toEqual([
      ...marks.slice(4),
      ...marks.slice(2, 4),
      ...marks.slice(0, 2),
    ]);
    expect(reversed.standing()).toEqual(inOrder.standing());
  });

  it("add up where one call charges a counter twice", () => {
    const { marks } = begun();
    const [first, , second] = marks([charge(tokens, 2), charge(tokens, 3)]);
    expect([first, second]).toEqual([3, 6]);
  });

  it("are not made where a later charge of the call is refused", () => {
    const { allows, standing } = begun();
    const before = standing();
    expect(allows([charge(tokens, 2), charge(api), charge(tokens), charge(search, 11)])).toBe(
      false,
    );
    expect(() => allows([charge(tokens), charge(api, -1)])).toThrow(/non-negative/);
    expect(standing()).toEqual(before);
  });

  it("are made once where a later charge of the call comes near its limit", () => {
    const { allows, marks } = begun();
    expect(allows([charge(tokens, 2), charge(tokens, 2), charge(search, 6)])).toBe(true);
    expect(marks([charge(tokens, 0)])[0]).toBe(5);
  });

  it("may be any number in a call", () => {
    const { marks } = begun();
    expect(marks(Array.from({ length: 40 }, () => charge(tokens)))[78]).toBe(41);
  });
});
