import { expect } from "vitest";
import { resetAt } from "../../../../packages/core/src/limits/state.ts";
import { type Counting, hour, minute, on, second } from "../counting.ts";
import type { Subject } from "./case.ts";

const kinds = (counting: Counting) => [
  counting.rate({ quota: 10, window: hour }),
  counting.quota({ per: "month", quota: 10 }),
];

export const settling: Subject = {
  name: "a settlement",
  cases: [
    {
      name: "gives back what was not used, once",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 8));
          await counting.spend(owner, on(policy, 2));
          expect(await counting.passes(owner, on(policy))).toBe(false);
          await counting.settle(receipt, [3]);
          expect(await counting.used(owner, policy)).toBe(5);
          for (const units of [0, 3, 8, 20]) await counting.settle(receipt, [units]);
          expect(await counting.used(owner, policy)).toBe(5);
          expect(await counting.passes(owner, on(policy, 5))).toBe(true);
          expect(await counting.passes(owner, on(policy))).toBe(false);
        }
      },
    },
    {
      name: "of what was charged leaves it at that, and is done",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 8));
          await counting.settle(receipt, [8]);
          await counting.settle(receipt, [0]);
          expect(await counting.used(owner, policy)).toBe(8);
        }
      },
    },
    {
      name: "asked for several times at once gives back once",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 4));
          const receipt = await counting.spend(owner, on(policy, 4));
          await Promise.all(Array.from({ length: 10 }, () => counting.settle(receipt, [1])));
          expect(await counting.used(owner, policy)).toBe(5);
        }
      },
    },
    {
      name: "of one charge leaves the others open",
      needs: ["atomic"],
      async run(counting) {
        const [rate, quota] = kinds(counting) as [never, never];
        const owner = counting.owner();
        const receipt = await counting.spend(owner, on(rate, 8), on(quota, 8));
        await counting.settle(receipt, [undefined, undefined]);
        await counting.settle(receipt, [undefined, 1]);
        expect(await counting.used(owner, rate)).toBe(8);
        expect(await counting.used(owner, quota)).toBe(1);
        await counting.settle(receipt, [2, 0]);
        expect(await counting.used(owner, rate)).toBe(2);
        expect(await counting.used(owner, quota)).toBe(1);
      },
    },
    {
      name: "charges what was used beyond, even beyond the limit, and then nothing passes",
      needs: ["overrun"],
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 2));
          await counting.settle(receipt, [6]);
          expect(await counting.used(owner, policy)).toBe(6);
          await counting.settle(await counting.spend(owner, on(policy, 1)), [12]);
          expect(await counting.left(owner, policy)).toBe(0);
          expect(await counting.used(owner, policy)).toBe(18);
          expect(await counting.passes(owner, on(policy))).toBe(false);
        }
      },
    },
    {
      name: "of an overrun is paid off before anything passes again",
      needs: ["gcra", "overrun"],
      movesClock: true,
      async run(counting) {
        const policy = counting.rate({ quota: 10, window: hour });
        const owner = counting.owner();
        await counting.settle(await counting.spend(owner, on(policy, 1)), [25]);
        await counting.pass(1.5 * hour - 1 * minute);
        expect(await counting.passes(owner, on(policy))).toBe(false);
        await counting.pass(7 * minute + second);
        expect(await counting.passes(owner, on(policy))).toBe(true);
      },
    },
    {
      name: "bounds what an overrun adds up to",
      needs: ["overrun"],
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          for (let i = 0; i < 2; i++) {
            const look = await counting.spend(owner, on(policy, 0));
            await counting.settle(look, [Number.MAX_SAFE_INTEGER]);
          }
          expect(await counting.left(owner, policy)).toBe(0);
          expect(await counting.passes(owner, on(policy))).toBe(false);
        }
      },
    },
    {
      name: "of a refusal is nothing",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 5));
          const refused = await counting.spend(owner, on(policy, 6));
          await counting.settle(refused, [0]);
          await counting.settle(refused, [9]);
          expect(await counting.used(owner, policy)).toBe(5);
        }
      },
    },
    {
      name: "gives back only what has not refilled",
      needs: ["gcra", "boundRefunds"],
      movesClock: true,
      async run(counting) {
        const policy = counting.rate({ quota: 10, window: hour });
        const owner = counting.owner();
        const receipt = await counting.spend(owner, on(policy, 5));
        await counting.pass(18 * minute + second);
        expect(await counting.left(owner, policy)).toBe(8);
        await counting.settle(receipt, [0]);
        expect(await counting.left(owner, policy)).toBe(10);
        expect(await counting.passes(owner, on(policy, 10))).toBe(true);
        expect(await counting.passes(owner, on(policy))).toBe(false);
      },
    },
    {
      name: "gives nothing back from a counter that was full again and is used anew",
      needs: ["gcra", "boundRefunds"],
      movesClock: true,
      async run(counting) {
        const policy = counting.rate({ quota: 10, window: hour });
        const owner = counting.owner();
        const [first, second] = [
          await counting.spend(owner, on(policy, 5)),
          await counting.spend(owner, on(policy, 5)),
        ];
        await counting.settle(first, [0]);
        // Full, and idle for long enough that a store may have forgotten it.
        await counting.pass(40 * minute);
        for (let i = 0; i < 20; i++) await counting.spend(counting.owner(`other-${i}`), on(policy));
        expect(await counting.passes(owner, on(policy, 10))).toBe(true);
        await counting.settle(second, [0]);
        expect(await counting.left(owner, policy)).toBe(0);
      },
    },
    {
      name: "never touches another period",
      movesClock: true,
      async run(counting) {
        for (const per of ["hour", "day", "month"] as const) {
          const policy = counting.quota({ per, quota: 10 }, per);
          const owner = counting.owner();
          const receipts = [];
          for (let i = 0; i < 3; i++) receipts.push(await counting.spend(owner, on(policy, 2)));
          const [first, second, third] = receipts as [never, never, never];
          const { outcome } = first as Awaited<ReturnType<Counting["spend"]>>;
          await counting.passTo(resetAt(on(policy), outcome, 0));
          await counting.settle(first, [9]);
          expect(await counting.used(owner, policy)).toBe(0);
          await counting.spend(owner, on(policy, 4));
          await counting.settle(second, [0]);
          await counting.settle(third, [9]);
          expect(await counting.used(owner, policy)).toBe(4);
        }
      },
    },
    {
      name: "charges what a look found out, where it was the first of its period",
      needs: ["overrun"],
      movesClock: true,
      async run(counting) {
        const policy = counting.quota({ per: "hour", quota: 10 });
        const owner = counting.owner();
        const { outcome } = await counting.spend(owner, on(policy, 7));
        await counting.passTo(resetAt(on(policy), outcome, 0));
        await counting.settle(await counting.spend(owner, on(policy, 0)), [3]);
        expect(await counting.used(owner, policy)).toBe(3);
      },
    },
    {
      name: "charges an overrun even where the counter is gone",
      needs: ["gcra", "overrun"],
      movesClock: true,
      async run(counting) {
        const policy = counting.rate({ quota: 10, window: hour });
        const owner = counting.owner();
        const receipt = await counting.spend(owner, on(policy, 1));
        await counting.pass(3 * hour);
        for (let i = 0; i < 20; i++) await counting.spend(counting.owner(`other-${i}`), on(policy));
        await counting.settle(receipt, [4]);
        expect(await counting.used(owner, policy)).toBe(3);
      },
    },
    {
      name: "of the same units on many receipts adds up",
      async run(counting) {
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipts = await Promise.all(
            Array.from({ length: 10 }, () => counting.spend(owner, on(policy))),
          );
          expect(receipts.every(({ outcome }) => outcome.allowed)).toBe(true);
          await Promise.all(receipts.map((each, i) => counting.settle(each, [i % 2])));
          expect(await counting.used(owner, policy)).toBe(5);
        }
      },
    },
  ],
};
