import { expect } from "vitest";
import { hour, minute, on } from "../counting.ts";
import type { Subject } from "./case.ts";

const small = { quota: 10, window: hour };
const large = { quota: 100, window: hour, burst: 50 };

export const plans: Subject = {
  name: "a change of plan",
  cases: [
    {
      name: "carries a rate's used units over, there and back",
      needs: ["gcra", "conversion"],
      async run(counting) {
        const [one, other] = [counting.rate(small), counting.rate(large)];
        const owner = counting.owner();
        await counting.spend(owner, on(one, 10));
        expect(await counting.left(owner, one)).toBe(0);
        expect(await counting.left(owner, other)).toBe(40);
        expect(await counting.passes(owner, on(other, 40))).toBe(true);
        expect(await counting.passes(owner, on(other))).toBe(false);
        expect(await counting.left(owner, one)).toBe(0);
        expect(await counting.passes(owner, on(one))).toBe(false);
        expect(await counting.used(owner, one)).toBe(50);
      },
    },
    {
      name: "is not made by looking",
      needs: ["gcra", "conversion"],
      async run(counting) {
        const [one, other] = [counting.rate(small), counting.rate(large)];
        const owner = counting.owner();
        await counting.spend(owner, on(one, 4));
        for (let i = 0; i < 3; i++) {
          expect(await counting.left(owner, other)).toBe(46);
          await counting.call(owner, [on(other, 5)], { dryRun: true });
          expect(await counting.left(owner, one)).toBe(6);
        }
      },
    },
    {
      name: "lets what is owed refill at the new pace",
      needs: ["gcra", "conversion"],
      movesClock: true,
      async run(counting) {
        const [one, other] = [counting.rate(small), counting.rate(large)];
        const owner = counting.owner();
        await counting.spend(owner, on(one, 10));
        expect(await counting.passes(owner, on(other, 40))).toBe(true);
        await counting.pass(6 * minute + 1_000);
        expect(await counting.left(owner, other)).toBe(10);
      },
    },
    {
      name: "never gives units of one plan back at the price of the other",
      needs: ["gcra", "conversion", "boundRefunds"],
      movesClock: true,
      async run(counting) {
        const [one, other] = [counting.rate(small), counting.rate(large)];
        const owner = counting.owner();
        const receipt = await counting.spend(owner, on(one, 10));
        await counting.spend(owner, on(other));
        // At the pace of the larger plan all of it refills; then it is used anew.
        await counting.pass(7 * minute);
        expect(await counting.passes(owner, on(other, 50))).toBe(true);
        await counting.settle(receipt, [0]);
        expect(await counting.left(owner, other)).toBe(0);
        expect(await counting.passes(owner, on(other))).toBe(false);
      },
    },
    {
      name: "carries a quota's used units over, there and back",
      async run(counting) {
        const one = counting.quota({ per: "month", quota: 10 });
        const other = counting.quota({ per: "month", quota: 1_000 });
        const owner = counting.owner();
        const receipt = await counting.spend(owner, on(one, 10));
        expect(await counting.left(owner, other)).toBe(990);
        expect(await counting.passes(owner, on(other, 20))).toBe(true);
        expect(await counting.passes(owner, on(one))).toBe(false);
        expect(await counting.left(owner, one)).toBe(0);
        await counting.settle(receipt, [4]);
        expect(await counting.used(owner, other)).toBe(24);
        expect(await counting.used(owner, one)).toBe(24);
      },
    },
    {
      name: "carries the use over to another kind of period",
      needs: ["conversion"],
      async run(counting) {
        const monthly = counting.quota({ per: "month", quota: 1_000 });
        const daily = counting.quota({ per: "day", quota: 50 });
        const owner = counting.owner();
        await counting.spend(owner, on(monthly, 30));
        expect(await counting.left(owner, daily)).toBe(20);
        expect(await counting.passes(owner, on(daily, 21))).toBe(false);
        expect(await counting.passes(owner, on(daily, 20))).toBe(true);
        expect(await counting.left(owner, daily)).toBe(0);
        expect(await counting.left(owner, monthly)).toBe(950);
      },
    },
  ],
};
