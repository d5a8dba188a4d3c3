/** Shows of each ability whether a store has it: resolves where it has, and rejects where it lacks it. */
import { expect } from "vitest";
import { type Counting, carried, hour, minute, on } from "./counting.ts";
import type { Ability } from "./target.ts";

export interface Probe {
  readonly movesClock?: boolean;
  run(counting: Counting): Promise<void>;
}

export const probes: { readonly [ability in Ability]: Probe } = {
  atomic: {
    async run(counting) {
      expect(counting.store.atomic).toBe(true);
    },
  },
  gcra: {
    async run(counting) {
      const policy = counting.rate({ quota: 10, window: hour });
      const { outcome } = await counting.spend(counting.owner(), on(policy));
      expect(outcome.windowed ?? false).toBe(false);
    },
  },
  shared: {
    async run(counting) {
      const other = await counting.open();
      const policy = counting.rate({ quota: 10, window: hour });
      await counting.spend(counting.owner(), on(policy, 4));
      expect(await counting.used(counting.owner(), policy, "", other)).toBe(4);
    },
  },
  settlesOthers: {
    async run(counting) {
      const other = await counting.open();
      const policy = counting.rate({ quota: 10, window: hour });
      const receipt = await counting.spend(counting.owner(), on(policy, 4));
      await counting.settle(carried(receipt), [1], other);
      expect(await counting.used(counting.owner(), policy)).toBe(1);
    },
  },
  conversion: {
    async run(counting) {
      const owner = counting.owner();
      await counting.spend(owner, on(counting.rate({ quota: 10, window: hour }), 5));
      for (const window of [hour, 2 * hour])
        expect(await counting.used(owner, counting.rate({ quota: 20, window }))).toBe(5);
      await counting.spend(owner, on(counting.quota({ per: "month", quota: 10 }), 5));
      expect(await counting.used(owner, counting.quota({ per: "day", quota: 20 }))).toBe(5);
    },
  },
  overrun: {
    async run(counting) {
      for (const policy of [
        counting.rate({ quota: 10, window: hour }),
        counting.quota({ per: "month", quota: 10 }),
      ]) {
        const owner = counting.owner();
        await counting.settle(await counting.spend(owner, on(policy, 2)), [12]);
        expect(await counting.used(owner, policy)).toBe(12);
      }
    },
  },
  boundRefunds: {
    movesClock: true,
    async run(counting) {
      const policy = counting.rate({ quota: 10, window: hour });
      const owner = counting.owner();
      const receipt = await counting.spend(owner, on(policy, 10));
      await counting.pass(2 * hour);
      expect(await counting.passes(owner, on(policy, 10))).toBe(true);
      await counting.settle(receipt, [0]);
      expect(await counting.left(owner, policy)).toBe(0);
    },
  },
  settlesOnce: {
    async run(counting) {
      const other = await counting.open();
      const policy = counting.quota({ per: "month", quota: 10 });
      const owner = counting.owner();
      await counting.spend(owner, on(policy, 5));
      const receipt = await counting.spend(owner, on(policy, 3));
      await counting.settle(carried(receipt), [1], other);
      await counting.settle(receipt, [1]);
      expect(await counting.used(owner, policy)).toBe(6);
    },
  },
  steady: {
    movesClock: true,
    async run(counting) {
      const policy = counting.rate({ quota: 10, window: hour });
      const owner = counting.owner();
      await counting.spend(owner, on(policy, 10));
      try {
        await counting.pass(-30 * minute);
        expect(await counting.passes(owner, on(policy))).toBe(false);
      } finally {
        await counting.pass(30 * minute);
      }
    },
  },
  unlimited: {
    async run(counting) {
      const policy = counting.quota({ per: "month", quota: Infinity });
      await counting.spend(counting.owner(), on(policy, 2 ** 40));
      expect(await counting.used(counting.owner(), policy)).toBe(2 ** 40);
    },
  },
};
