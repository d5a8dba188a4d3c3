import { expect } from "vitest";
import { type Counting, carried, hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

const kinds = (counting: Counting) => [
  counting.rate({ quota: 10, window: hour }),
  counting.quota({ per: "month", quota: 10 }),
];

/** Another process may be told a refusal for a second after something was given back. */
const soon = { timeout: 5_000, interval: 50 };

export const processes: Subject = {
  name: "another process",
  cases: [
    {
      name: "counts on the same counters",
      needs: ["shared"],
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 3));
          await counting.spend(owner, on(policy, 2, "user-1"));
          expect(await counting.used(owner, policy, "", other)).toBe(3);
          expect(await counting.used(owner, policy, "user-1", other)).toBe(2);
          await counting.call(owner, [on(policy, 7)], { by: other });
          expect(await counting.left(owner, policy)).toBe(0);
          expect(await counting.passes(owner, on(policy))).toBe(false);
        }
      },
    },
    {
      name: "settles a receipt that came as plain data",
      needs: ["shared", "settlesOthers"],
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 2));
          const receipt = await counting.spend(owner, on(policy, 8));
          await counting.settle(carried(receipt), [3], other);
          await expect.poll(() => counting.used(owner, policy), soon).toBe(5);
        }
      },
    },
    {
      name: "settles charges of several counters from plain data, each once",
      needs: ["atomic", "shared", "settlesOthers", "settlesOnce"],
      async run(counting) {
        const other = await counting.open();
        const owner = counting.owner();
        const [rate, quota] = kinds(counting) as [never, never];
        const charges = [on(rate, 4), on(quota, 4), on(rate, 4, "user-1"), on(quota, 4, "\ud800")];
        const receipt = await counting.spend(owner, ...charges);
        await counting.settle(carried(receipt), [undefined, 1, undefined, 2], other);
        await counting.settle(carried(receipt), [2, 0, undefined, 0], other);
        await counting.settle(receipt, [0, 0, 3, 0]);
        expect(await counting.used(owner, rate)).toBe(2);
        expect(await counting.used(owner, quota)).toBe(1);
        expect(await counting.used(owner, rate, "user-1")).toBe(3);
        expect(await counting.used(owner, quota, "\ud800")).toBe(2);
      },
    },
    {
      name: "settles what another settles at the same time only once",
      needs: ["shared", "settlesOthers", "settlesOnce"],
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 4));
          const receipt = await counting.spend(owner, on(policy, 4));
          await Promise.all(
            [counting.store, other, counting.store, other].map((by) =>
              counting.settle(by === other ? carried(receipt) : receipt, [1], by),
            ),
          );
          expect(await counting.used(owner, policy)).toBe(5);
        }
      },
    },
    {
      name: "charges from a receipt of plain data what was used beyond",
      needs: ["shared", "settlesOthers", "overrun", "settlesOnce"],
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 2));
          await counting.settle(carried(receipt), [12], other);
          expect(await counting.used(owner, policy, "", other)).toBe(12);
          await counting.settle(receipt, [12]);
          expect(await counting.used(owner, policy)).toBe(12);
        }
      },
    },
    {
      name: "sees what was refused pass again, soon after a refund",
      needs: ["shared"],
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 10));
          const attempt = () => counting.call(owner, [on(policy, 4)], { by: other });
          expect((await attempt()).outcome.allowed).toBe(false);
          await counting.settle(receipt, [5]);
          await expect.poll(async () => (await attempt()).outcome.allowed, soon).toBe(true);
          expect(await counting.used(owner, policy)).toBe(9);
        }
      },
    },
    {
      name: "finds the counters after the first is closed",
      needs: ["shared"],
      async run(counting) {
        const other = await counting.open();
        const owner = counting.owner();
        for (const policy of kinds(counting))
          await counting.call(owner, [on(policy, 6)], { by: other });
        await other.close?.();
        for (const policy of kinds(counting)) {
          expect(await counting.used(owner, policy)).toBe(6);
          expect(await counting.passes(owner, on(policy, 5))).toBe(false);
        }
      },
    },
    {
      name: "settles what the first has charged after that is closed",
      needs: ["shared", "settlesOthers"],
      async run(counting) {
        const other = await counting.open();
        const owner = counting.owner();
        const receipts = [];
        for (const policy of kinds(counting))
          receipts.push(await counting.call(owner, [on(policy, 6)], { by: other }));
        await other.close?.();
        for (const receipt of receipts) await counting.settle(carried(receipt), [1]);
        for (const policy of kinds(counting)) expect(await counting.used(owner, policy)).toBe(1);
      },
    },
    {
      name: "has counters of its own",
      without: "shared",
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          await counting.spend(owner, on(policy, 8));
          await counting.call(owner, [on(policy, 5)], { by: other });
          expect(await counting.used(owner, policy, "", other)).toBe(5);
          expect(await counting.used(owner, policy)).toBe(8);
        }
      },
    },
    {
      name: "ignores receipts that are not its own",
      without: "settlesOthers",
      async run(counting) {
        const other = await counting.open();
        for (const policy of kinds(counting)) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 4));
          await counting.call(owner, [on(policy, 3)], { by: other });
          const before = await counting.used(owner, policy, "", other);
          await counting.settle(carried(receipt), [0], other);
          await counting.settle(carried(receipt), [20], other);
          expect(await counting.used(owner, policy, "", other)).toBe(before);
        }
      },
    },
  ],
};
