/** While the store cannot be reached, several processes admit together about what one store would. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { defineFlux } from "../../define-flux.ts";
import type { RatePolicy } from "../../limits/policy.ts";
import { quotaPolicy, ratePolicy, rateProblem } from "../../limits/policy.ts";
import type { Store } from "../../limits/store.ts";
import { callers, quiet, request } from "../test-callers.ts";
import { localCharges } from "./local-share.ts";

const down = (processes: number): Store => ({
  atomic: true,
  processes,
  charge: () => Promise.reject(new Error("connection lost")),
  settle: () => undefined,
});

const start = (processes: number) => {
  let now = Date.UTC(2026, 0, 1, 12);
  const flux = defineFlux({
    auth: callers,
    features: { tokens: { kind: "metered", per: "day", onError: "local" } },
    plans: { free: { features: { tokens: 10 } } },
    defaultPlan: "free",
    limits: { api: { quota: 60, window: "1m", burst: 20, by: "principal" } },
    store: down(processes),
    now: () => now,
    logger: quiet,
  });
  const ask = (requirement: object) => flux.decide(request("GET /", { as: {} }), requirement);
  const admitted = async (requirement: object, calls: number) => {
    let count = 0;
    for (let i = 0; i < calls; i++) if ((await ask(requirement)).allowed) count++;
    return count;
  };
  return {
    ask,
    admitted,
    advance: (ms: number) => {
      now += ms;
    },
  };
};

test("each of four admits a quarter, at once and over time, and says that it is degraded", async () => {
  const { ask, admitted, advance } = start(4);
  expect(await admitted({ limit: "api" }, 30)).toBe(5);
  advance(60_000);
  let count = 0;
  for (let second = 0; second < 60; second++) {
    advance(1_000);
    count += await admitted({ limit: "api" }, 2);
  }
  // A unit every 4 s, the last one of which is still to come.
  expect(count).toBe(5 + 14);
  expect(await admitted({ use: { tokens: 1 } }, 10)).toBe(2);
  advance(60_000);
  expect((await ask({ limit: "api" })).degraded).toEqual(["store"]);
});

test("one process alone admits all", async () => {
  expect(await start(1).admitted({ limit: "api" }, 30)).toBe(20);
});

test("more processes than units admit one each", async () => {
  expect(await start(100).admitted({ limit: "api" }, 30)).toBe(1);
});

test("what only the whole limit has room for is a matter for the store, not refused for good", async () => {
  const { ask } = start(4);
  const decision = await ask({ limit: "api", cost: 10 });
  expect(decision).toMatchObject({ allowed: false, code: "unavailable", status: 503 });
  expect(decision.headers["Retry-After"]).toBe("1");
  expect((await ask({ limit: "api", cost: 21 })).code).toBe("rate_limited");
});

test("the shares of all are never more than the whole, but for one unit at once each", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 1_000 }),
      (quota, window, burst, processes) => {
        fc.pre(rateProblem({ quota, window, burst }) === undefined);
        const policy = ratePolicy({ name: "share", quota, window, burst });
        const [charge] = localCharges([{ policy, partition: "", cost: 1 }], processes) ?? [];
        const share = charge?.policy as RatePolicy;
        expect(share.burst * processes).toBeLessThanOrEqual(Math.max(burst, processes));
        expect(share.interval).toBeGreaterThanOrEqual(policy.interval * processes - processes);
        const metered = quotaPolicy({ name: "units", per: "month", quota });
        const [used] = localCharges([{ policy: metered, partition: "", cost: 0 }], processes) ?? [];
        expect((used?.policy.quota ?? 0) * processes).toBeLessThanOrEqual(quota);
      },
    ),
  );
});
