import { expect } from "vitest";
import {
  failed,
  remaining,
  resetAt,
  retryAt,
  used,
} from "../../../../packages/core/src/limits/state.ts";
import { type Counting, day, hour, minute, on, second } from "../counting.ts";
import type { StoreCase, Subject } from "./case.ts";

const periods = ["hour", "day", "month"] as const;
type Period = (typeof periods)[number];

/** The end of the period that a moment is in, both in ms since the epoch, by the UTC calendar. */
function endOf(per: Period, moment: number): number {
  const date = new Date(moment);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (per === "month") return Date.UTC(year, month + 1);
  if (per === "day") return Date.UTC(year, month, date.getUTCDate() + 1);
  return Date.UTC(year, month, date.getUTCDate(), date.getUTCHours() + 1);
}

/** Uses up a quota just before its period ends, and shows that the next one begins anew. */
async function crossEdge(counting: Counting, per: Period, name: string): Promise<void> {
  const policy = counting.quota({ per, quota: 10 }, name);
  const owner = counting.owner();
  const end = endOf(per, counting.clock.now());
  await counting.passTo(end - minute);
  expect(await counting.passes(owner, on(policy, 10))).toBe(true);
  expect(await counting.passes(owner, on(policy))).toBe(false);
  expect(await counting.left(owner, policy)).toBe(0);
  await counting.passTo(end);
  expect(await counting.left(owner, policy)).toBe(10);
  expect(await counting.passes(owner, on(policy, 9))).toBe(true);
  expect(await counting.left(owner, policy)).toBe(1);
}

const edges: readonly StoreCase[] = periods.map((per) => ({
  name: `per ${per} begins anew with the next ${per}`,
  movesClock: true,
  run: (counting) => crossEdge(counting, per, per),
}));

export const quotas: Subject = {
  name: "a quota",
  cases: [
    ...edges,
    {
      name: "admits exactly its units within its period",
      async run(counting) {
        for (const per of periods) {
          const policy = counting.quota({ per, quota: 10 }, per);
          const owner = counting.owner();
          expect(await counting.passes(owner, on(policy, 7))).toBe(true);
          const four = on(policy, 4);
          const { outcome } = await counting.spend(owner, four);
          expect(outcome.allowed).toBe(false);
          expect(failed(four, outcome, 0)).toBe(true);
          expect(used(four, outcome, 0)).toBe(7);
          expect(remaining(four, outcome, 0)).toBe(3);
          expect(await counting.passes(owner, on(policy, 3))).toBe(true);
          expect(await counting.passes(owner, on(policy, 1))).toBe(false);
          expect(await counting.left(owner, policy)).toBe(0);
        }
      },
    },
    {
      name: "says that it begins anew at the end of its period, by the UTC calendar",
      async run(counting) {
        for (const per of periods) {
          const policy = counting.quota({ per, quota: 10 }, per);
          const ten = on(policy, 10);
          await counting.spend(counting.owner(), ten);
          const { outcome } = await counting.spend(counting.owner(), ten);
          const ahead = (outcome.ahead ?? 0) / 1_000;
          const end = endOf(per, Math.floor(outcome.at / 1_000));
          expect(resetAt(ten, outcome, 0)).toBe(Math.ceil(end + ahead));
          expect(retryAt(ten, outcome, 0)).toBe(Math.ceil(end + ahead));
        }
      },
    },
    {
      name: "never admits a cost above it, and says so",
      async run(counting) {
        const policy = counting.quota({ per: "month", quota: 10 });
        for (const cost of [11, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
          const { outcome } = await counting.spend(counting.owner(), on(policy, cost));
          expect(outcome.allowed).toBe(false);
          expect(retryAt(on(policy, cost), outcome, 0)).toBeUndefined();
        }
        expect(await counting.left(counting.owner(), policy)).toBe(10);
      },
    },
    {
      name: "of no units admits none",
      async run(counting) {
        const policy = counting.quota({ per: "day", quota: 0 });
        expect(await counting.passes(counting.owner(), on(policy))).toBe(false);
        expect(await counting.passes(counting.owner(), on(policy, 0))).toBe(true);
      },
    },
    {
      name: "holds numbers as large as there are",
      async run(counting) {
        const policy = counting.quota({ per: "month", quota: Number.MAX_SAFE_INTEGER });
        const owner = counting.owner();
        expect(await counting.passes(owner, on(policy, Number.MAX_SAFE_INTEGER - 1))).toBe(true);
        expect(await counting.left(owner, policy)).toBe(1);
        expect(await counting.passes(owner, on(policy, 2))).toBe(false);
        expect(await counting.passes(owner, on(policy, 1))).toBe(true);
        expect(await counting.used(owner, policy)).toBe(Number.MAX_SAFE_INTEGER);
        expect(await counting.passes(owner, on(policy, 1))).toBe(false);
      },
    },
    {
      name: "that is unlimited is counted",
      needs: ["unlimited"],
      async run(counting) {
        const policy = counting.quota({ per: "month", quota: Infinity });
        const owner = counting.owner();
        for (let i = 1; i <= 3; i++) {
          const { outcome } = await counting.spend(owner, on(policy, 2 ** 40));
          expect(outcome.allowed).toBe(true);
          expect(used(on(policy), outcome, 0)).toBe(i * 2 ** 40);
          expect(remaining(on(policy), outcome, 0)).toBe(Infinity);
        }
      },
    },
    {
      name: "that is unlimited is counted up to the largest number, and stays there",
      needs: ["unlimited"],
      async run(counting) {
        const policy = counting.quota({ per: "month", quota: Infinity });
        const owner = counting.owner();
        for (let i = 0; i < 3; i++)
          expect(await counting.passes(owner, on(policy, Number.MAX_SAFE_INTEGER))).toBe(true);
        expect(await counting.used(owner, policy)).toBe(Number.MAX_SAFE_INTEGER);
      },
    },
    {
      name: "per month follows the calendar: short months, leap days, the turn of the year",
      movesClock: true,
      async run(counting) {
        const year = new Date(counting.clock.now()).getUTCFullYear();
        const leap = year + 4 - (year % 4);
        const months = [Date.UTC(year, 11), Date.UTC(year + 1, 0), Date.UTC(leap, 1)];
        for (const [i, start] of [...months, Date.UTC(leap + 1, 1)].entries()) {
          await counting.passTo(start + 3 * day);
          await crossEdge(counting, "month", `month-${i}`);
        }
      },
    },
    {
      name: "does not refill within its period",
      movesClock: true,
      async run(counting) {
        const policy = counting.quota({ per: "day", quota: 10 });
        const owner = counting.owner();
        await counting.passTo(endOf("day", counting.clock.now()) + hour);
        expect(await counting.passes(owner, on(policy, 10))).toBe(true);
        await counting.pass(22 * hour + 59 * minute);
        expect(await counting.left(owner, policy)).toBe(0);
        await counting.pass(minute + second);
        expect(await counting.left(owner, policy)).toBe(10);
      },
    },
    {
      name: "is another counter than a rate of the same name",
      async run(counting) {
        const owner = counting.owner();
        const rate = counting.rate({ quota: 10, window: hour }, "same");
        const quota = counting.quota({ per: "month", quota: 10 }, "same");
        await counting.spend(owner, on(rate, 3));
        await counting.spend(owner, on(quota, 5));
        expect(await counting.used(owner, rate)).toBe(3);
        expect(await counting.used(owner, quota)).toBe(5);
      },
    },
  ],
};
