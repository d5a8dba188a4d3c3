import { expect } from "vitest";
import { type Counting, hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

const kinds = (counting: Counting) => [
  counting.rate({ quota: 20, window: hour }),
  counting.quota({ per: "month", quota: 20 }),
];

const times = <T>(count: number, run: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => run(i)));

const count = (passed: readonly boolean[]) => passed.filter(Boolean).length;

export const concurrency: Subject = {
  name: "many calls at once",
  cases: [
    {
      name: "admit exactly the limit",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          expect(count(await times(100, () => counting.passes(owner, on(policy))))).toBe(20);
          expect(await counting.left(owner, policy)).toBe(0);
        }
      },
    },
    {
      name: "of several units admit as many as fit",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          expect(count(await times(50, () => counting.passes(owner, on(policy, 3))))).toBe(6);
          expect(await counting.left(owner, policy)).toBe(2);
        }
      },
    },
    {
      name: "admit exactly the smallest of several limits, and charge each counter exactly that",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const limits = [30, 12, 50].map((quota, i) =>
          counting.rate({ quota, window: hour }, `${i}`),
        );
        const monthly = counting.quota({ per: "month", quota: 20 });
        const charges = [...limits.map((policy) => on(policy)), on(monthly)];
        const users = times(200, (i) =>
          counting.passes(owner, ...charges, on(monthly, 0, `user-${i % 7}`)),
        );
        expect(count(await users)).toBe(12);
        for (const policy of [...limits, monthly])
          expect(await counting.used(owner, policy)).toBe(12);
      },
    },
    {
      name: "from several processes admit exactly the limit",
      needs: ["shared"],
      async run(counting) {
        const stores = [counting.store, await counting.open(), await counting.open()];
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const passed = await times(120, async (i) => {
            const by = stores[i % 3] as (typeof stores)[0];
            return (await counting.call(owner, [on(policy)], { by })).outcome.allowed;
          });
          expect(count(passed)).toBe(20);
          expect(await counting.left(owner, policy)).toBe(0);
        }
      },
    },
    {
      name: "that are settled at once leave what was used",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const passed = await times(60, async (i) => {
            const receipt = await counting.spend(owner, on(policy));
            if (receipt.outcome.allowed && i % 2 === 0) await counting.settle(receipt, [0]);
            return receipt.outcome.allowed && i % 2 === 1;
          });
          expect(await counting.used(owner, policy)).toBe(count(passed));
        }
      },
    },
    {
      name: "of many owners stay apart",
      async run(counting) {
        const policy = counting.rate({ quota: 3, window: hour });
        const passed = await times(200, (i) =>
          counting.passes(counting.owner(`${i % 50}`), on(policy)),
        );
        expect(count(passed)).toBe(150);
      },
    },
  ],
};
