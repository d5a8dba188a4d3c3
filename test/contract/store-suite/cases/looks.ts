import { expect } from "vitest";
import { failed, remaining } from "../../../../packages/core/src/limits/state.ts";
import { hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

export const looks: Subject = {
  name: "a look",
  cases: [
    {
      name: "of no cost passes where nothing is left, and takes nothing",
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 5, window: hour }),
          counting.quota({ per: "month", quota: 5 }),
        ]) {
          const owner = counting.owner();
          for (let i = 0; i < 10; i++) expect(await counting.left(owner, policy)).toBe(5);
          await counting.spend(owner, on(policy, 5));
          for (let i = 0; i < 3; i++) {
            const { outcome } = await counting.spend(owner, on(policy, 0));
            expect(outcome.allowed).toBe(true);
            expect(failed(on(policy, 0), outcome, 0)).toBe(false);
            expect(remaining(on(policy, 0), outcome, 0)).toBe(0);
          }
        }
      },
    },
    {
      name: "by a dry run answers as the charge would, and takes nothing",
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 5, window: hour }),
          counting.quota({ per: "month", quota: 5 }),
        ]) {
          const owner = counting.owner();
          for (let i = 0; i < 3; i++) {
            const { outcome } = await counting.call(owner, [on(policy, 4)], { dryRun: true });
            expect(outcome.allowed).toBe(true);
            expect(remaining(on(policy, 4), outcome, 0)).toBe(1);
          }
          await counting.spend(owner, on(policy, 2));
          for (let i = 0; i < 3; i++) {
            const { outcome } = await counting.call(owner, [on(policy, 4)], { dryRun: true });
            expect(outcome.allowed).toBe(false);
            expect(failed(on(policy, 4), outcome, 0)).toBe(true);
            expect(remaining(on(policy, 4), outcome, 0)).toBe(3);
          }
          expect(await counting.left(owner, policy)).toBe(3);
        }
      },
    },
    {
      name: "that is refused once more tells what was taken in between",
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 5, window: hour }),
          counting.quota({ per: "month", quota: 5 }),
        ]) {
          const owner = counting.owner();
          for (const left of [5, 4, 2]) {
            const { outcome } = await counting.spend(owner, on(policy, 6));
            expect(outcome.allowed).toBe(false);
            expect(remaining(on(policy, 6), outcome, 0)).toBe(left);
            expect(await counting.passes(owner, on(policy, left === 5 ? 1 : 2))).toBe(true);
          }
        }
      },
    },
    {
      name: "by a dry run of several charges holds them all against their counters",
      needs: ["atomic"],
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 5, window: hour });
        const quota = counting.quota({ per: "month", quota: 5 });
        const charges = [on(rate, 3), on(rate, 3), on(quota, 5)];
        const { outcome } = await counting.call(owner, charges, { dryRun: true });
        expect(outcome.allowed).toBe(false);
        expect(charges.map((charge, i) => failed(charge, outcome, i))).toEqual([
          false,
          true,
          false,
        ]);
        const fitting = [on(rate, 3), on(rate, 2), on(quota, 5)];
        expect((await counting.call(owner, fitting, { dryRun: true })).outcome.allowed).toBe(true);
        expect(await counting.used(owner, rate)).toBe(0);
        expect(await counting.used(owner, quota)).toBe(0);
      },
    },
    {
      name: "by a dry run has nothing to settle",
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 5, window: hour }),
          counting.quota({ per: "month", quota: 5 }),
        ]) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 2));
          const dry = await counting.call(owner, [on(policy, 3)], { dryRun: true });
          await counting.settle(dry, [0]);
          expect(await counting.used(owner, policy)).toBe(2);
          const another = await counting.call(owner, [on(policy, 1)], { dryRun: true });
          await counting.settle(another, [3]);
          expect(await counting.used(owner, policy)).toBe(2);
        }
      },
    },
    {
      name: "of no cost can be charged with what it turned out to be",
      needs: ["overrun"],
      async run(counting) {
        for (const policy of [
          counting.rate({ quota: 5, window: hour }),
          counting.quota({ per: "month", quota: 5 }),
        ]) {
          const owner = counting.owner();
          const first = await counting.spend(owner, on(policy, 0));
          await counting.settle(first, [2]);
          expect(await counting.used(owner, policy)).toBe(2);
          await counting.settle(first, [2]);
          expect(await counting.used(owner, policy)).toBe(2);
          await counting.settle(await counting.spend(owner, on(policy, 0)), [1]);
          expect(await counting.used(owner, policy)).toBe(3);
        }
      },
    },
  ],
};
