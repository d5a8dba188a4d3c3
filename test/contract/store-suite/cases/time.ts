import { expect } from "vitest";
import { hour, minute, on, second } from "../counting.ts";
import type { Subject } from "./case.ts";

export const time: Subject = {
  name: "the clock",
  cases: [
    {
      name: "that an outcome tells is the host's, but for what it says to be ahead",
      async run(counting) {
        const policy = counting.rate({ quota: 10, window: hour });
        for (const cost of [1, 0, 100]) {
          const before = counting.clock.now();
          const { outcome } = await counting.spend(counting.owner(), on(policy, cost));
          const told = (outcome.at + (outcome.ahead ?? 0)) / 1_000;
          // The two clocks are compared across a round trip.
          expect(told).toBeGreaterThan(before - 2 * second);
          expect(told).toBeLessThan(counting.clock.now() + 2 * second);
        }
      },
    },
    {
      name: "opens nothing when it steps back",
      needs: ["steady"],
      movesClock: true,
      async run(counting) {
        const rate = counting.rate({ quota: 10, window: hour });
        const quotas = (["hour", "day", "month"] as const).map((per) =>
          counting.quota({ per, quota: 10 }, per),
        );
        const policies = [rate, ...quotas];
        const owner = counting.owner();
        for (const policy of policies)
          expect(await counting.passes(owner, on(policy, 10))).toBe(true);
        for (const back of [1, 9 * second, 2 * hour, 40 * 24 * hour]) {
          await counting.pass(-back);
          for (const policy of policies) {
            expect(await counting.left(owner, policy)).toBe(0);
            expect(await counting.passes(owner, on(policy))).toBe(false);
          }
          await counting.pass(back);
        }
        for (const policy of policies) expect(await counting.left(owner, policy)).toBe(0);
      },
    },
    {
      name: "opens nothing when it steps back by seconds, to before the end of a period that was used up",
      needs: ["steady"],
      movesClock: true,
      async run(counting) {
        const policy = counting.quota({ per: "hour", quota: 10 });
        const owner = counting.owner();
        const { clock } = counting;
        await counting.passTo(clock.now() - (clock.now() % hour) + hour - 3 * second);
        expect(await counting.passes(owner, on(policy, 10))).toBe(true);
        await counting.pass(8 * second);
        for (let i = 0; i < 20; i++) await counting.spend(counting.owner(`other-${i}`), on(policy));
        await counting.pass(-7 * second);
        const { outcome } = await counting.spend(owner, on(policy));
        // Where the clock runs, and the machine is slow, the next period may have begun.
        const began = outcome.at % (hour * 1_000) < minute * 1_000;
        expect(outcome.allowed).toBe(began);
      },
    },
    {
      name: "takes nothing from a newcomer when it steps back",
      movesClock: true,
      async run(counting) {
        const rate = counting.rate({ quota: 10, window: hour });
        const quota = counting.quota({ per: "month", quota: 10 });
        for (const [i, step] of [hour, -hour, 2 * hour, -hour].entries()) {
          await counting.pass(step);
          const owner = counting.owner(`new-${i}`);
          expect(await counting.passes(owner, on(rate, 10))).toBe(true);
          expect(await counting.passes(owner, on(quota, 10))).toBe(true);
        }
      },
    },
    {
      name: "gives nothing back that a later charge has used when it steps back",
      needs: ["gcra", "boundRefunds", "steady"],
      movesClock: true,
      async run(counting) {
        const policy = counting.rate({ quota: 10, window: hour });
        const owner = counting.owner();
        const receipt = await counting.spend(owner, on(policy, 10));
        await counting.pass(2 * hour);
        expect(await counting.passes(owner, on(policy, 10))).toBe(true);
        await counting.pass(-110 * minute);
        await counting.settle(receipt, [0]);
        await counting.pass(110 * minute);
        expect(await counting.left(owner, policy)).toBe(0);
      },
    },
  ],
};
