import { expect } from "vitest";
import { failed, remaining } from "../../../../packages/core/src/limits/state.ts";
import { hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

export const calls: Subject = {
  name: "several charges in one call",
  cases: [
    {
      name: "are all made where all fit",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 10, window: hour });
        const quota = counting.quota({ per: "month", quota: 10 });
        const charges = [on(rate, 1), on(rate, 2, "user-1"), on(quota, 3), on(quota, 4, "user-1")];
        const { outcome } = await counting.spend(owner, ...charges);
        expect(outcome.allowed).toBe(true);
        expect(charges.map((charge, i) => remaining(charge, outcome, i))).toEqual([9, 8, 7, 6]);
        expect(await counting.used(owner, rate)).toBe(1);
        expect(await counting.used(owner, rate, "user-1")).toBe(2);
        expect(await counting.used(owner, quota)).toBe(3);
        expect(await counting.used(owner, quota, "user-1")).toBe(4);
      },
    },
    {
      name: "are not made where one does not fit, whichever it is",
      needs: ["atomic"],
      async run(counting) {
        const rate = counting.rate({ quota: 10, window: hour });
        const other = counting.rate({ quota: 10, window: hour }, "other");
        const quota = counting.quota({ per: "month", quota: 10 });
        for (let refused = 0; refused < 3; refused++) {
          const owner = counting.owner(`acme-${refused}`);
          const charges = [rate, other, quota].map((policy, i) =>
            on(policy, i === refused ? 9 : 2),
          );
          await counting.spend(owner, on(rate, 4), on(other, 4), on(quota, 4));
          const { outcome } = await counting.spend(owner, ...charges);
          expect(outcome.allowed).toBe(false);
          expect(charges.map((charge, i) => failed(charge, outcome, i))).toEqual(
            charges.map((_charge, i) => i === refused),
          );
          expect(charges.map((charge, i) => remaining(charge, outcome, i))).toEqual([6, 6, 6]);
          for (const policy of [rate, other, quota])
            expect(await counting.used(owner, policy)).toBe(4);
        }
      },
    },
    {
      name: "tell each that fails",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 10, window: hour });
        const quota = counting.quota({ per: "month", quota: 10 });
        const charges = [on(rate, 11), on(rate, 1, "user-1"), on(quota, 11), on(quota, 0)];
        const { outcome } = await counting.spend(owner, ...charges);
        expect(charges.map((charge, i) => failed(charge, outcome, i))).toEqual([
          true,
          false,
          true,
          false,
        ]);
      },
    },
    {
      name: "on one counter add up",
      needs: ["atomic"],
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 10, window: hour }),
          counting.quota({ per: "month", quota: 10 }),
        ]) {
          const owner = counting.owner();
          const charges = [on(policy, 6), on(policy, 5)];
          const { outcome } = await counting.spend(owner, ...charges);
          expect(outcome.allowed).toBe(false);
          expect(charges.map((charge, i) => failed(charge, outcome, i))).toEqual([false, true]);
          expect(await counting.used(owner, policy)).toBe(0);
          const fitting = [on(policy, 6), on(policy, 0), on(policy, 3)];
          const made = (await counting.spend(owner, ...fitting)).outcome;
          expect(made.allowed).toBe(true);
          expect(remaining(on(policy), made, 2)).toBe(1);
          expect(await counting.used(owner, policy)).toBe(9);
        }
      },
    },
    {
      name: "on one counter add up when they are refused once more",
      needs: ["atomic"],
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 10, window: hour }),
          counting.quota({ per: "month", quota: 10 }),
        ]) {
          const owner = counting.owner();
          expect(await counting.passes(owner, on(policy, 11))).toBe(false);
          const charges = [on(policy, 2), on(policy, 9), on(policy, 11)];
          const { outcome } = await counting.spend(owner, ...charges);
          expect(outcome.allowed).toBe(false);
          expect(charges.map((charge, i) => failed(charge, outcome, i))).toEqual([
            false,
            true,
            true,
          ]);
          expect(charges.map((charge, i) => remaining(charge, outcome, i))).toEqual([10, 8, 8]);
        }
      },
    },
    {
      name: "on one counter are settled each for itself",
      needs: ["atomic"],
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 10, window: hour }),
          counting.quota({ per: "month", quota: 10 }),
        ]) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 4), on(policy, 3));
          await counting.settle(receipt, [1, undefined]);
          expect(await counting.used(owner, policy)).toBe(4);
          await counting.settle(receipt, [0, 2]);
          expect(await counting.used(owner, policy)).toBe(3);
        }
      },
    },
    {
      name: "may be none, and always pass then",
      async run(counting) {
        const { outcome } = await counting.spend(counting.owner());
        expect(outcome).toMatchObject({ allowed: true, marks: [] });
        await counting.settle({ owner: counting.owner(), charges: [], outcome }, []);
      },
    },
    {
      name: "may be many",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const policy = counting.rate({ quota: 10, window: hour });
        const charges = Array.from({ length: 40 }, (_, i) => on(policy, 1 + (i % 3), `user-${i}`));
        const { outcome } = await counting.spend(owner, ...charges);
        expect(outcome.allowed).toBe(true);
        expect(charges.map((charge, i) => remaining(charge, outcome, i))).toEqual(
          charges.map(({ cost }) => 10 - cost),
        );
        expect(await counting.used(owner, policy, "user-38")).toBe(3);
      },
    },
  ],
};
