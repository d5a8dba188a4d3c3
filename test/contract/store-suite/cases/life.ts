import { expect } from "vitest";
import { hour, on } from "../counting.ts";
import type { Subject } from "./case.ts";

export const life: Subject = {
  name: "a store",
  cases: [
    {
      name: "keeps its counters when it is reset",
      async run(counting) {
        const rate = counting.rate({ quota: 10, window: hour });
        const quota = counting.quota({ per: "month", quota: 10 });
        for (const policy of [rate, quota]) {
          const owner = counting.owner();
          const receipt = await counting.spend(owner, on(policy, 10));
          expect(await counting.passes(owner, on(policy))).toBe(false);
          await counting.store.reset?.(owner);
          await counting.store.reset?.("nobody");
          expect(await counting.passes(owner, on(policy))).toBe(false);
          expect(await counting.left(owner, policy)).toBe(0);
          await counting.settle(receipt, [4]);
          expect(await counting.used(owner, policy)).toBe(4);
        }
      },
    },
    {
      name: "that says to be synchronous is",
      async run(counting) {
        const { store } = counting;
        const owner = counting.owner();
        const policy = counting.rate({ quota: 10, window: hour });
        const charge = store.charge(owner, [on(policy)], false, counting.clock.now());
        if (store.synchronous === true) expect(charge).not.toBeInstanceOf(Promise);
        expect((await charge).allowed).toBe(true);
        expect(store.processes ?? 1).toBeGreaterThanOrEqual(1);
      },
    },
    {
      name: "is closed twice without harm",
      async run(counting) {
        const other = await counting.open();
        const policy = counting.rate({ quota: 10, window: hour });
        await counting.call(counting.owner(), [on(policy)], { by: other });
        await other.close?.();
        await other.close?.();
        expect(await counting.passes(counting.owner(), on(policy))).toBe(true);
      },
    },
  ],
};
