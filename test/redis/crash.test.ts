/**
 * Four processes spend from leases, and one is killed: never is more admitted than documented. A few runs
 * here, a hundred by `npm run soak`.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { used } from "../../packages/core/src/limits/state.ts";
import { startProcesses } from "../servers/processes.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import type { SpenderArguments, Spent } from "./spender.ts";
import { monthly, standing } from "./support.ts";

const runs = Number(process.env.FLUX_SOAK_RUNS ?? 3);
const lease = { size: 20, ttl: 200 };
const limit = { quota: 500, window: 1_000, burst: 100 };
const units = 600;
const processes = 4;

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());

test.each(Array.from({ length: runs }, (_, i) => i + 1))(
  "run %i",
  async () => {
    await server.flush();
    const given: SpenderArguments = { url: server.url, lasts: 1_500, limit, units, lease };
    const spenders = startProcesses(join(import.meta.dirname, "spender.ts"), [
      ...Array.from({ length: processes }, () => given),
    ]);
    try {
      await Promise.all(spenders.map((each) => each.ready()));
      for (const each of spenders) each.go();
      await sleep(100 + Math.random() * 600);
      const [killed, ...others] = spenders;
      await killed?.kill("SIGKILL");
      await Promise.all(others.map((each) => each.finished()));

      const spent = spenders.flatMap(({ told }) => told as readonly Spent[]);
      const of = (kind: Spent[0]) =>
        spent.flatMap(([which, at]) => (which === kind ? [at] : [])).sort((a, b) => a - b);
      expectWithinBound(of("limit"));
      const admitted = of("quota").length;
      expect(admitted).toBeLessThanOrEqual(units);
      // What the killed process held, or had spent and not told yet, and no more.
      expect(admitted).toBeGreaterThanOrEqual(units - lease.size);
      const charge = monthly("units", units);
      const standingNow = await standing(server.url, "tenant:acorn", [charge]);
      expect(used(charge, standingNow, 0)).toBe(units);
    } finally {
      await Promise.all(spenders.map((each) => each.kill()));
    }
  },
  60_000,
);

/** At most `burst + quota × (t + ttl) / window` in any span `t`. */
function expectWithinBound(moments: readonly number[]): void {
  expect(moments.length).toBeGreaterThan(limit.burst);
  // Moments are told in whole ms, some time after the decision.
  const slack = 2;
  for (let first = 0; first < moments.length; first++)
    for (let last = first; last < moments.length; last++) {
      const span = (moments[last] as number) - (moments[first] as number) + slack;
      // Each process may have been held up between one decision and its word.
      const most = limit.burst + (limit.quota * (span + lease.ttl)) / limit.window + processes;
      if (last - first + 1 > most)
        expect.fail(`${last - first + 1} were admitted within ${span} ms, at most ${most} may be`);
    }
}
