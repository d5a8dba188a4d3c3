import { describe, expect, test } from "vitest";
import { checkActual, checkCosts } from "./amounts.ts";
import { ratePolicy } from "./policy.ts";

const policy = ratePolicy({ name: "amounts", quota: 10, window: 60_000 });
const noAmounts = [-1, 0.5, Number.NaN, Infinity, 2 ** 53, "1" as never];
const amounts = [0, 1, Number.MAX_SAFE_INTEGER];

describe("an amount", () => {
  test.each(noAmounts)("is not %s", (units) => {
    const charges = [0, units].map((cost) => ({ policy, partition: "", cost }));
    expect(() => checkCosts(charges)).toThrow(
      expect.objectContaining({
        code: "cost_invalid",
        message: expect.stringContaining(`the cost of limit:amounts must be`),
      }),
    );
    expect(() => checkActual([undefined, units])).toThrow(
      expect.objectContaining({
        code: "settle_invalid",
        message: expect.stringContaining(`what was used must be`),
      }),
    );
  });

  test.each(amounts)("may be %s", (units) => {
    checkCosts([{ policy, partition: "", cost: units }]);
    checkActual([units, undefined]);
  });
});
