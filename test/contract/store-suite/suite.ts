/** One suite for every store: what `Store` says in words, in cases. What a target is: target.ts. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { amounts } from "./cases/amounts.ts";
import { calls } from "./cases/calls.ts";
import type { StoreCase } from "./cases/case.ts";
import { concurrency } from "./cases/concurrency.ts";
import { life } from "./cases/life.ts";
import { looks } from "./cases/looks.ts";
import { isolation } from "./cases/names.ts";
import { plans } from "./cases/plans.ts";
import { processes } from "./cases/processes.ts";
import { quotas } from "./cases/quotas.ts";
import { rates } from "./cases/rates.ts";
import { settling } from "./cases/settling.ts";
import { time } from "./cases/time.ts";
import { Counting } from "./counting.ts";
import { answersLikeTheModel } from "./model-property.ts";
import { probes } from "./probes.ts";
import { type Ability, abilities, type RunningTarget, type StoreTarget } from "./target.ts";

const subjects = [
  rates,
  quotas,
  calls,
  looks,
  amounts,
  isolation,
  plans,
  settling,
  processes,
  concurrency,
  time,
  life,
];

export function describeStore(target: StoreTarget): void {
  // Real servers on a busy machine.
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

  let running: RunningTarget | undefined;
  beforeAll(async () => {
    running = await target.make();
    expect(running.clock.advance !== undefined, "its clock can be moved").toBe(
      target.clock !== "running",
    );
  });
  afterAll(() => running?.close());

  async function count(run: (counting: Counting) => Promise<void>): Promise<void> {
    const counting = new Counting(running as RunningTarget);
    try {
      await counting.keepClearOfEdges();
      await counting.open();
      await run(counting);
    } finally {
      await counting.close();
    }
  }

  describe(target.name, () => {
    describe("what it can", () => {
      for (const [name, can] of Object.entries(abilities) as [Ability, string][]) {
        const { run, movesClock = false } = probes[name];
        const reason = target.lacks?.[name];
        if (movesClock && target.clock === "running")
          test.skip(`it ${can} (left out: nobody can move its clock)`, () => undefined);
        else if (reason === undefined) test(`it ${can}`, () => count(run));
        else
          test(`does not hold: it ${can} (${reason})`, async () => {
            const shown = await count(run).then(
              () => "it does by now: take it off what the target lacks",
              () => undefined,
            );
            expect(shown).toBeUndefined();
          });
      }
    });

    for (const { name: subject, cases } of subjects)
      describe(subject, () => {
        for (const each of cases) {
          const why = leftOut(target, each);
          if (why === undefined) test(each.name, () => count((counting) => each.run(counting)));
          else test.skip(`${each.name} (left out: ${why})`, () => undefined);
        }
      });

    describe("any sequence of charges, dry runs and settlements", () => {
      test("is answered as the contract's words would have it", () =>
        count((counting) => answersLikeTheModel(counting, target)));
    });
  });
}

/** Why a case is not asked of a store. */
function leftOut(
  target: StoreTarget,
  { needs = [], without, movesClock }: StoreCase,
): string | undefined {
  if (without !== undefined && target.lacks?.[without] === undefined)
    return `only for a store of which it is not true that it ${abilities[without]}`;
  if (movesClock && target.clock === "running") return "nobody can move its clock";
  return needs.map((each) => target.lacks?.[each]).find((reason) => reason !== undefined);
}
