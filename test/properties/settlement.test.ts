import type { Decision, Facts } from "@flux/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeWorld, start } from "./world.ts";

const hour = 3_600_000;
const facts: Facts = { method: "GET", url: "/r0", headers: { "x-user": "cat", "x-thing": "a" } };
/** Of `tokens` on the plan pro. */
const quota = 30;

type Step =
  | { readonly kind: "reserve"; readonly units: number; readonly wait: number }
  | { readonly kind: "guard" | "settle"; readonly which: number; readonly units: number }
  | { readonly kind: "refund"; readonly which: number }
  | { readonly kind: "wait"; readonly wait: number };

const which = fc.nat();
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("reserve"),
      units: fc.nat({ max: 12 }),
      wait: fc.nat({ max: 1_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("settle"), which, units: fc.nat({ max: 40 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("guard"), which, units: fc.nat({ max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("refund"), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("wait"),
      wait: fc.constantFrom(hour / 2, hour, 3 * hour),
    }),
  },
) as fc.Arbitrary<Step>;

/** One reservation, as it should stand. */
interface Reserved {
  decision: Decision;
  readonly hour: number;
  units: number;
  settled: boolean;
}

describe("what is used of a metered feature", () => {
  it("is, in each period, the sum of what was settled and of what still stands as reserved", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 60 }),
        fc.boolean(),
        async (steps, later) => {
          const world = makeWorld(
            [{ use: { tokens: ({ headers }) => Number((headers as Some)["x-units"]) } }],
            later,
          );
          const { clock, flux, store } = world;
          const all: Reserved[] = [];
          const current = () => Math.floor(clock.now / hour);
          const expected = () =>
            all.reduce((sum, each) => sum + (each.hour === current() ? each.units : 0), 0);
          const used = () =>
            store.counters(clock.now).get('["tenant:globex","feature:tokens",""]') ?? 0;
          const ask = (units: number) => ({
            ...facts,
            headers: { ...facts.headers, "x-units": String(units) },
          });
          for (const each of steps) {
            if (each.kind === "wait") clock.now += each.wait;
            else if (each.kind === "reserve") {
              clock.now += each.wait;
              const decision = await flux.decide(ask(each.units));
              expect(decision.allowed).toBe(each.units === 0 || expected() + each.units <= quota);
              if (decision.allowed)
                all.push({ decision, hour: current(), units: each.units, settled: false });
            } else if (all.length > 0) {
              const one = all[each.which % all.length] as Reserved;
              const open = !one.settled && one.hour === current();
              if (each.kind === "settle") {
                await one.decision.settle({ tokens: each.units } as never);
                if (open) one.units = each.units;
                one.settled = true;
                // Again, and otherwise: nothing changes.
                await one.decision.settle({ tokens: each.units + 7 } as never);
                await one.decision.refund();
              } else if (each.kind === "refund") {
                await one.decision.refund();
                await one.decision.refund();
                if (open) one.units = 0;
                one.settled = true;
              } else if (open && each.units > one.units) {
                // A guard further down reserves more for the same request: the larger amount.
                const more = await flux.decide(
                  ask(one.units),
                  { use: { tokens: each.units } },
                  one.decision,
                );
                const fits = expected() - one.units + each.units <= quota;
                expect(more.allowed).toBe(fits);
                one.units = fits ? each.units : 0;
                one.settled = !fits;
                if (fits) one.decision = more;
              }
            }
            expect(used()).toBe(expected());
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it("of a period that is over, can no longer be changed, nor can it be credited to the next", async () => {
    const { clock, flux, store } = makeWorld([{ use: { tokens: 10, calls: 1 } }]);
    const before = await flux.decide(facts);
    clock.now = start + hour - 1;
    const last = await flux.decide(facts);
    clock.now = start + hour;
    const first = await flux.decide(facts);
    expect([before, last, first].map(({ allowed }) => allowed)).toEqual([true, true, true]);
    await before.settle({ tokens: 0 } as never);
    await last.refund();
    expect(store.counters(clock.now).get('["tenant:globex","feature:tokens",""]')).toBe(10);
    // The month ended with that hour, too.
    expect(store.counters(clock.now).get('["tenant:globex","feature:calls",""]')).toBe(1);
    expect(first.feature("tokens")).toMatchObject({ used: 10, remaining: 20 });
  });

  it("takes no settlement of a denied request, of another feature, or of an amount that is none", async () => {
    const { flux, store, clock } = makeWorld([{ use: { tokens: 31 } }, { use: { tokens: 5 } }]);
    const denied = await flux.decide(facts);
    expect(denied.code).toBe("quota_exceeded");
    expect(() => denied.settle({ tokens: 0 } as never)).toThrow(/settle_invalid|not charged/);
    await denied.refund();
    const decision = await flux.decide({ ...facts, url: "/r1" });
    for (const amount of [Number.NaN, -1, 1.5, 2 ** 53, Infinity, "5", null, {}])
      expect(() => decision.settle({ tokens: amount } as never), String(amount)).toThrow(
        "expected a whole number",
      );
    for (const name of ["calls", "__proto__", "constructor", "toString"])
      expect(() => decision.settle(JSON.parse(`{"${name}":1}`)), name).toThrow(
        "was not charged for it",
      );
    expect(store.counters(clock.now).get('["tenant:globex","feature:tokens",""]')).toBe(5);
  });
});
type Some = Record<string, string>;
