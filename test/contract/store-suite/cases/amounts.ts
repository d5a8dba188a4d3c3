import { type Charge, FluxError } from "@flux/core";
import { expect } from "vitest";
import { type Counting, hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

const noAmounts = [-1, 0.5, Number.NaN, Infinity, 2 ** 53, "1" as unknown as number];

export const amounts: Subject = {
  name: "what is no amount",
  cases: [
    {
      name: "is refused as a cost, and nothing is charged",
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 5, window: hour });
        const quota = counting.quota({ per: "month", quota: 5 });
        for (const cost of noAmounts)
          for (const policy of [rate, quota])
            await expectRefused(counting, owner, [on(policy, cost)]);
        expect(await counting.used(owner, rate)).toBe(0);
        expect(await counting.used(owner, quota)).toBe(0);
      },
    },
    {
      name: "is refused as a cost among others, and nothing is charged",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 5, window: hour });
        const quota = counting.quota({ per: "month", quota: 5 });
        for (const cost of noAmounts) {
          await expectRefused(counting, owner, [on(rate, 1), on(quota, cost)]);
          await expectRefused(counting, owner, [on(quota, 1), on(rate, cost)]);
          await expectRefused(counting, owner, [on(quota, 6), on(rate, cost)]);
        }
        expect(await counting.used(owner, rate)).toBe(0);
        expect(await counting.used(owner, quota)).toBe(0);
      },
    },
    {
      name: "is refused as what was used, and nothing is settled",
      async run(counting) {
        const rate = counting.rate({ quota: 5, window: hour });
        const quota = counting.quota({ per: "month", quota: 5 });
        for (const policy of [rate, quota]) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 3));
          for (const units of noAmounts) {
            const error = await thrownBy(() => counting.settle(receipt, [units]));
            expect(error, `${units}`).toBeInstanceOf(FluxError);
            expect((error as FluxError).code).toBe("settle_invalid");
          }
          expect(await counting.used(owner, policy)).toBe(3);
          await counting.settle(receipt, [1]);
          expect(await counting.used(owner, policy)).toBe(1);
        }
      },
    },
    {
      name: "is refused as what was used of a receipt that is ignored",
      async run(counting) {
        const owner = counting.owner();
        const charges = [on(counting.rate({ quota: 5, window: hour }), 6)];
        const outcome = { allowed: false, at: 1, marks: [0, 0] };
        for (const allowed of [false, true]) {
          const receipt = { owner, charges, outcome: { ...outcome, allowed } };
          const error = await thrownBy(() => counting.settle(receipt, [-1]));
          expect((error as FluxError).code).toBe("settle_invalid");
        }
      },
    },
    {
      name: "spoils the other amounts of its settlement, too",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 5, window: hour });
        const quota = counting.quota({ per: "month", quota: 5 });
        const receipt = await counting.spend(owner, on(rate, 3), on(quota, 3));
        await thrownBy(() => counting.settle(receipt, [0, -1]));
        await thrownBy(() => counting.settle(receipt, [0.5, 0]));
        expect(await counting.used(owner, rate)).toBe(3);
        expect(await counting.used(owner, quota)).toBe(3);
      },
    },
  ],
};

async function expectRefused(
  counting: Counting,
  owner: string,
  charges: readonly Charge[],
): Promise<void> {
  const error = await thrownBy(() => counting.spend(owner, ...charges));
  expect(error).toBeInstanceOf(FluxError);
  expect((error as FluxError).code).toBe("cost_invalid");
}

async function thrownBy(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}
