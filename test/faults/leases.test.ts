import { defineFlux } from "@flux/core";
import { redisStore } from "@flux/core/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { allowed, aProxy, aServer, together, told, untilClean } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });

const quota = 100;

/** A process that takes ten exports at a time. */
async function aProcess(url: string) {
  const flux = defineFlux({
    tenant: { from: { header: "x-tenant" } },
    features: { exports: { kind: "metered", per: "month", lease: { size: 10, ttl: "10s" } } },
    plans: { only: { features: { exports: quota } } },
    defaultPlan: "only",
    store: redisStore(url),
    logger: { warn() {}, error() {} },
  });
  onTestFinished(() => flux.close());
  await flux.ready();
  const caller = flux.as({ tenant: "acme", subject: "job" });
  return async () => caller.decide({ use: { exports: 1 } });
}

/** Asks one after the other until it is refused. */
async function untilRefused(ask: Awaited<ReturnType<typeof aProcess>>): Promise<number> {
  for (let passed = 0; ; passed++) if (!(await ask()).allowed) return passed;
}

test("units leased before an outage are spent during it, and no others", async () => {
  const redis = await aServer();
  const proxy = await aProxy(redis);
  const ask = await aProcess(proxy.url);
  await ask();
  await proxy.refuse();
  const decisions = [];
  for (let i = 0; i < 15; i++) decisions.push(await ask());
  const passed = allowed(decisions);
  expect(passed).toBeGreaterThanOrEqual(1);
  expect(passed).toBeLessThanOrEqual(9);
  expect(decisions.slice(0, passed).every(({ degraded }) => degraded.length === 0)).toBe(true);
  expect(told(decisions.at(-1))).toMatchObject({ status: 503, degraded: ["store"] });
  await proxy.accept();
  await untilClean(ask);
  // All that the month has: what was spent in the outage, before it and after it.
  expect(1 + passed + 1 + (await untilRefused(ask))).toBe(quota);
});

test("a lease whose reply is lost costs its units once, and lets no more pass", async () => {
  const redis = await aServer();
  const proxy = await aProxy(redis);
  const ask = await aProcess(proxy.url);
  proxy.loseReplies(true);
  expect(told(await ask())).toMatchObject({ status: 503, degraded: ["store"] });
  proxy.loseReplies(false);
  await untilClean(ask);
  const passed = 1 + (await untilRefused(ask));
  expect(passed).toBeLessThanOrEqual(quota - 1);
  expect(passed).toBeGreaterThanOrEqual(quota - 11);
});

test("several processes never exceed the quota together, whatever breaks in between", async () => {
  const redis = await aServer({ args: ["--appendonly", "yes"] });
  const proxy = await aProxy(redis);
  const asks = [await aProcess(proxy.url), await aProcess(proxy.url), await aProcess(proxy.url)];
  let passed = 0;
  const round = async () => {
    for (const ask of asks) passed += allowed(await together(ask, 4));
  };
  await round();
  proxy.cut();
  await round();
  await redis.kill();
  await round();
  await redis.restart();
  for (const ask of asks) if ((await untilClean(ask)).allowed) passed++;
  proxy.loseReplies(true);
  await round();
  proxy.loseReplies(false);
  for (const ask of asks) if ((await untilClean(ask)).allowed) passed++;
  for (const ask of asks) passed += await untilRefused(ask);
  expect(passed).toBeLessThanOrEqual(quota);
  expect(passed).toBeGreaterThanOrEqual(quota / 2);
});
