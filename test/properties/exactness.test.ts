import { type Decision, defineFlux, type Facts, type Flux } from "@flux/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { start } from "./world.ts";

const kinds = ["tenant", "principal", "function", "ip"] as const;

interface Numbers {
  readonly quota: number;
  readonly burst: number;
  /** Milliseconds. */
  readonly window: number;
}

/** A Flux of one limit, asked by one caller; its clock stands where it is put. */
function limited(numbers: Numbers, by: (typeof kinds)[number]) {
  const clock = { now: 0 };
  const principal = { subject: "ada", tenant: "acme" };
  const flux = defineFlux({
    auth: { custom: () => principal },
    tenant: { from: { claim: "org" } },
    limits: { one: { ...numbers, by: by === "function" ? () => "thing" : by } },
    routes: {
      "GET /": { limit: "one" },
      "GET /some": { limit: "one", cost: ({ headers }) => Number((headers as Some)["x-cost"]) },
    },
    now: () => clock.now,
  });
  return { flux: flux as unknown as Flux, clock };
}
type Some = Record<string, string>;

const one: Facts = { method: "GET", url: "/", headers: {}, ip: "192.0.2.1" };
const some = (cost: number): Facts => ({ ...one, url: "/some", headers: { "x-cost": `${cost}` } });

describe("a limit is exact", () => {
  it.each(kinds)(
    "by %s: of burst + k requests at once, burst pass",
    (by) => {
      const quotas = fc.sample(fc.integer({ min: 1, max: 1_000_000 }), 2_000);
      const windows = fc.sample(fc.integer({ min: 1_000, max: 86_400_000 }), 2_000);
      // Any phase of the clock, and of its fractions of a millisecond.
      const phases = fc.sample(fc.double({ min: 0, max: 4e12, noNaN: true }), 2_000);
      const step = by === "tenant" ? 1 : 37;
      const wrong: unknown[] = [];
      for (let burst = 1; burst <= 2_000; burst += step) {
        const numbers = {
          burst,
          quota: quotas[burst - 1] as number,
          window: windows[burst - 1] as number,
        };
        const { flux, clock } = limited(numbers, by);
        clock.now = phases[burst - 1] as number;
        const asked = burst + 1 + (burst % 5);
        let passed = 0;
        for (let i = 0; i < asked; i++) if ((flux.decide(one) as Decision).allowed) passed++;
        if (passed !== burst) wrong.push({ ...numbers, now: clock.now, passed });
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  it("and says truly how many are left, and when the next passes", () => {
    fc.assert(
      fc.property(
        fc.record({
          burst: fc.integer({ min: 1, max: 40 }),
          quota: fc.integer({ min: 1, max: 1_000 }),
          window: fc.integer({ min: 1_000, max: 100_000 }),
        }),
        fc.double({ min: start, max: start + 1e9, noNaN: true }),
        (numbers, now) => {
          const { flux, clock } = limited(numbers, "tenant");
          clock.now = now;
          for (let left = numbers.burst - 1; left >= 0; left--)
            expect((flux.decide(one) as Decision).limits[0]?.remaining).toBe(left);
          const refused = flux.decide(one) as Decision;
          expect(refused.headers.RateLimit).toContain(";r=0;");
          const retryAt = refused.remedy?.retryAt as number;
          clock.now = retryAt - 1.001;
          if (clock.now >= now) expect((flux.decide(one) as Decision).allowed).toBe(false);
          clock.now = retryAt;
          expect((flux.decide(one) as Decision).allowed).toBe(true);
          // The seconds of the header are never too few.
          expect(Number(refused.headers["Retry-After"]) * 1_000 + now).toBeGreaterThanOrEqual(
            retryAt,
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it("over any span t: at most burst + quota × t / window, whatever the costs", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.record({
            burst: fc.integer({ min: 1, max: 30 }),
            quota: fc.integer({ min: 1, max: 60 }),
            window: fc.integer({ min: 50, max: 5_000 }),
          }),
          // So fast that what a unit takes is a few µs: there a rounding shows.
          fc.record({
            burst: fc.integer({ min: 1, max: 30 }),
            quota: fc.integer({ min: 100, max: 1_000 }),
            window: fc.integer({ min: 1, max: 4 }),
          }),
        ),
        fc.constantFrom(...kinds),
        fc.double({ min: start, max: start + 1e6, noNaN: true }),
        fc.array(
          fc.tuple(
            fc.oneof(fc.constant(0), fc.double({ min: 0, max: 12, noNaN: true })),
            fc.oneof(fc.constant(1), fc.nat({ max: 32 })),
          ),
          { minLength: 10, maxLength: 120 },
        ),
        (numbers, by, phase, requests) => {
          const { flux, clock } = limited(numbers, by);
          clock.now = phase;
          const passed: { at: number; units: number }[] = [];
          for (const [wait, cost] of requests) {
            clock.now += (wait * numbers.window) / numbers.quota;
            const decision = flux.decide(some(cost)) as Decision;
            if (cost > numbers.burst) {
              expect(decision.code).toBe("rate_limited");
              expect(decision.headers["Retry-After"]).toBeUndefined();
            } else if (decision.allowed && cost > 0)
              passed.push({ at: Math.floor(clock.now * 1_000), units: cost });
          }
          for (let from = 0; from < passed.length; from++) {
            let units = 0;
            for (const each of passed.slice(from)) {
              units += each.units;
              const span = each.at - (passed[from]?.at as number);
              // In whole µs: no rounding decides.
              expect((units - numbers.burst) * numbers.window * 1_000).toBeLessThanOrEqual(
                numbers.quota * span,
              );
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
