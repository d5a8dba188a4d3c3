import { defineFlux } from "@flux/core";
import { type RedisStore, type RedisStoreOptions, redisStore } from "@flux/core/redis";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { RedisServer } from "../servers/redis.ts";
import { allowed, aServer, together, told } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });
afterEach(() => vi.useRealTimers());

function anApp(options: RedisStoreOptions) {
  const store: RedisStore = redisStore(options);
  const flux = defineFlux({
    tenant: { from: { header: "x-tenant" } },
    limits: { api: { quota: 100, window: "1h", by: "tenant", onError: "local" } },
    store,
    logger: { warn() {}, error() {} },
  });
  onTestFinished(() => flux.close());
  const caller = flux.as({ tenant: "acme", subject: "job" });
  return { flux, store, ask: async () => caller.decide({ limit: "api" }) };
}

/** As many apps on one server, each having told it twice that it is there. */
async function several(redis: RedisServer, count: number) {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const apps = Array.from({ length: count }, () => anApp({ url: redis.url }));
  for (const { flux } of apps) await flux.ready();
  vi.advanceTimersByTime(10_000);
  return apps;
}

describe("while the server is away, a process admits its share of a limit", () => {
  test("by the number that it was told", async () => {
    const redis = await aServer();
    const { flux, ask } = anApp({ url: redis.url, processes: 4 });
    await flux.ready();
    await redis.kill();
    await expect.poll(async () => (await ask()).degraded).toEqual(["store"]);
    // The one that the poll has asked for is of the 25.
    const decisions = await together(ask, 100);
    expect(allowed(decisions)).toBeLessThanOrEqual(24);
    expect(allowed(decisions)).toBeGreaterThanOrEqual(20);
    expect(told(decisions.at(-1))).toMatchObject({ status: 429, degraded: ["store"] });
  });

  test("by the number of those that have told the server of themselves", async () => {
    const redis = await aServer();
    const apps = await several(redis, 4);
    for (const { store } of apps) await expect.poll(() => store.processes).toBe(4);
    await redis.kill();
    let admitted = 0;
    for (const { ask } of apps) {
      await expect.poll(async () => (await ask()).degraded, { interval: 5 }).toEqual(["store"]);
      admitted += 1 + allowed(await together(ask, 100));
    }
    expect(admitted).toBeLessThanOrEqual(100);
    expect(admitted).toBeGreaterThanOrEqual(90);
  });

  test("which grows when others leave", async () => {
    const redis = await aServer();
    const [first, second] = await several(redis, 2);
    await expect.poll(() => first?.store.processes).toBe(2);
    await second?.flux.close();
    vi.advanceTimersByTime(10_000);
    await expect.poll(() => first?.store.processes).toBe(1);
  });

  test("and is learnt soon by a process that started before its server", async () => {
    const redis = await aServer();
    await redis.kill();
    const { flux, store, ask } = anApp({ url: redis.url });
    await expect(flux.ready()).rejects.toThrow("cannot be reached");
    await redis.restart();
    const other = anApp({ url: redis.url });
    await other.flux.ready();
    await expect.poll(async () => (await ask()).degraded, { timeout: 5_000 }).toEqual([]);
    // No heartbeat later: by the next connection itself.
    await redis.command("CLIENT", "KILL", "TYPE", "normal");
    await expect.poll(() => store.processes, { timeout: 5_000 }).toBe(2);
  });
});
