import { expect } from "vitest";
import {
  failed,
  remaining,
  resetAt,
  retryAt,
  used,
} from "../../../../packages/core/src/limits/state.ts";
import { hour, on, second } from "../counting.ts";
import type { Subject } from "./case.ts";

/** A unit every 12 minutes: however slow the machine, none refills within a case. */
const five = { quota: 5, window: hour };

export const rates: Subject = {
  name: "a rate",
  cases: [
    {
      name: "admits its quota at once, one by one, and then nothing",
      async run(counting) {
        const policy = counting.rate(five);
        const owner = counting.owner();
        for (let i = 1; i <= 5; i++) {
          const { outcome } = await counting.spend(owner, on(policy));
          expect(outcome.allowed).toBe(true);
          expect(remaining(on(policy), outcome, 0)).toBe(5 - i);
          expect(used(on(policy), outcome, 0)).toBe(i);
        }
        for (let i = 0; i < 3; i++) {
          const { outcome } = await counting.spend(owner, on(policy));
          expect(outcome.allowed).toBe(false);
          expect(failed(on(policy), outcome, 0)).toBe(true);
          expect(remaining(on(policy), outcome, 0)).toBe(0);
          expect(used(on(policy), outcome, 0)).toBe(5);
        }
      },
    },
    {
      name: "takes several units at once, and of a refused call none",
      async run(counting) {
        const policy = counting.rate(five);
        const owner = counting.owner();
        expect(await counting.passes(owner, on(policy, 3))).toBe(true);
        expect(await counting.passes(owner, on(policy, 3))).toBe(false);
        expect(await counting.left(owner, policy)).toBe(2);
        expect(await counting.passes(owner, on(policy, 2))).toBe(true);
        expect(await counting.left(owner, policy)).toBe(0);
      },
    },
    {
      name: "admits a burst of its own",
      needs: ["gcra"],
      async run(counting) {
        for (const burst of [1, 2, 20]) {
          const policy = counting.rate({ ...five, burst }, `burst-${burst}`);
          const owner = counting.owner();
          for (let i = 0; i < burst; i++)
            expect(await counting.passes(owner, on(policy))).toBe(true);
          expect(await counting.passes(owner, on(policy))).toBe(false);
        }
      },
    },
    {
      name: "is exact for numbers that do not divide",
      async run(counting) {
        for (const [quota, window] of [
          [7, hour],
          [333, 7 * hour],
          [1_000, 100 * hour],
        ] as const) {
          const policy = counting.rate({ quota, window }, `quota-${quota}`);
          const owner = counting.owner();
          expect(await counting.passes(owner, on(policy, quota - 1))).toBe(true);
          expect(await counting.passes(owner, on(policy, 2))).toBe(false);
          expect(await counting.passes(owner, on(policy, 1))).toBe(true);
          expect(await counting.passes(owner, on(policy, 1))).toBe(false);
        }
      },
    },
    {
      name: "never admits a cost above it, and says so",
      async run(counting) {
        const policy = counting.rate(five);
        for (const cost of [6, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
          const { outcome } = await counting.spend(counting.owner(), on(policy, cost));
          expect(outcome.allowed).toBe(false);
          expect(failed(on(policy, cost), outcome, 0)).toBe(true);
          expect(retryAt(on(policy, cost), outcome, 0)).toBeUndefined();
        }
        expect(await counting.left(counting.owner(), policy)).toBe(5);
      },
    },
    {
      name: "refills a unit an interval, to the µs",
      needs: ["gcra"],
      async run(counting) {
        const policy = counting.rate({ quota: 4, window: second });
        const owner = counting.owner();
        const first = (await counting.spend(owner, on(policy, 4))).outcome;
        expect(first.allowed).toBe(true);
        for (let refilled = 1; refilled <= 2; refilled++) {
          const due = first.at + refilled * policy.interval;
          await counting.until(Math.ceil(due / 1_000), async () => {
            const { outcome } = await counting.spend(owner, on(policy));
            expect(outcome.allowed).toBe(outcome.at >= due);
            return outcome.allowed || undefined;
          });
        }
      },
    },
    {
      name: "admits again from the moment on that it tells",
      async run(counting) {
        const policy = counting.rate({ quota: 2, window: 2 * second });
        const owner = counting.owner();
        const two = on(policy, 2);
        expect(await counting.passes(owner, two)).toBe(true);
        const refused = (await counting.spend(owner, two)).outcome;
        expect(refused.allowed).toBe(false);
        const retry = retryAt(two, refused, 0) as number;
        expect(retry).toBeLessThanOrEqual(resetAt(two, refused, 0));
        await counting.until(retry, async () => {
          const { outcome } = await counting.spend(owner, two);
          const told = outcome.at + (outcome.ahead ?? 0);
          // The moment is told in whole ms, and the host's clock is compared with the store's anew.
          if (outcome.allowed) expect(told).toBeGreaterThan((retry - 50) * 1_000);
          else expect(told).toBeLessThan((retry + 50) * 1_000);
          return outcome.allowed || undefined;
        });
      },
    },
    {
      name: "is full again when it says so",
      needs: ["gcra"],
      movesClock: true,
      async run(counting) {
        const policy = counting.rate(five);
        const owner = counting.owner();
        const { outcome } = await counting.spend(owner, on(policy, 3));
        const full = resetAt(on(policy, 3), outcome, 0);
        expect(
          Math.abs(full - (outcome.at + (outcome.ahead ?? 0)) / 1_000 - 0.6 * hour),
        ).toBeLessThan(2);
        await counting.pass(0.6 * hour - 60 * second);
        expect(await counting.left(owner, policy)).toBe(4);
        await counting.pass(61 * second);
        expect(await counting.left(owner, policy)).toBe(5);
        await counting.pass(10 * hour);
        expect(await counting.left(owner, policy)).toBe(5);
      },
    },
    {
      name: "begins anew with its window",
      without: "gcra",
      movesClock: true,
      async run(counting) {
        const policy = counting.rate(five);
        const owner = counting.owner();
        const { outcome } = await counting.spend(owner, on(policy, 5));
        expect(outcome.windowed).toBe(true);
        expect(await counting.passes(owner, on(policy))).toBe(false);
        await counting.passTo(resetAt(on(policy), outcome, 0) + second);
        expect(await counting.passes(owner, on(policy, 5))).toBe(true);
      },
    },
    {
      name: "is one for each owner, for each partition and for each name",
      async run(counting) {
        const one = counting.rate(five, "one");
        const two = counting.rate(five, "two");
        const [acme, globex] = [counting.owner("acme"), counting.owner("globex")];
        await counting.spend(acme, on(one, 1));
        await counting.spend(acme, on(one, 2, "user-1"));
        await counting.spend(acme, on(two, 3));
        await counting.spend(globex, on(one, 4));
        expect(await counting.used(acme, one)).toBe(1);
        expect(await counting.used(acme, one, "user-1")).toBe(2);
        expect(await counting.used(acme, one, "user-2")).toBe(0);
        expect(await counting.used(acme, two)).toBe(3);
        expect(await counting.used(acme, two, "user-1")).toBe(0);
        expect(await counting.used(globex, one)).toBe(4);
        expect(await counting.used(`ip:${acme}`, one)).toBe(0);
      },
    },
  ],
};
