import { type Decision, defineFlux } from "@flux/core";
import { type RedisStoreOptions, redisStore } from "@flux/core/redis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { RedisServer } from "../servers/redis.ts";
import { allowed, aServer, together, told, untilClean } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });

const minute = 60_000;
const hour = 60 * minute;

/**
 * One process with a clock of its own.
 * @param url of the server.
 * @param timeout default: long, for no budget is tested here, and a server whose clock is faked is slow.
 */
async function aProcess(
  url: string,
  now: () => number = Date.now,
  timeout: RedisStoreOptions["timeout"] = "2s",
) {
  const flux = defineFlux({
    tenant: { from: { header: "x-tenant" } },
    features: { exports: { kind: "metered", per: "hour" } },
    plans: { only: { features: { exports: 20 } } },
    defaultPlan: "only",
    limits: { api: { quota: 60, window: "1h", burst: 10, by: "tenant", onError: "deny" } },
    store: redisStore({ url, timeout }),
    logger: { warn() {}, error() {} },
    now,
  });
  onTestFinished(() => flux.close());
  await flux.ready();
  const caller = flux.as({ tenant: "acme", subject: "job" });
  return {
    limited: async () => caller.decide({ limit: "api" }),
    metered: async () => caller.decide({ use: { exports: 1 } }),
  };
}

/** Seconds that a refused caller is told to wait. */
const retryAfter = (decision: Decision) => Number(decision.headers["Retry-After"]);

/** The `t` of the RateLimit field. */
const resets = (decision: Decision) =>
  Number(/;t=(\d+)/.exec(`${decision.headers.RateLimit}`)?.[1]);

/** A server whose clock shows a moment in the middle of an hour, and then goes on. */
async function timely(): Promise<{ redis: RedisServer; offset: number }> {
  const redis = await aServer({ clock: true });
  const offset = (hour / 2 - (Date.now() % hour)) / 1_000;
  await redis.setClock(offset);
  return { redis, offset };
}

describe("processes whose clocks are ten minutes off, to either side", () => {
  test("share one bucket exactly", async () => {
    const redis = await aServer();
    const fast = await aProcess(redis.url, () => Date.now() + 10 * minute);
    const slow = await aProcess(redis.url, () => Date.now() - 10 * minute);
    const right = await aProcess(redis.url);
    const decisions = [
      ...(await together(fast.limited, 4)),
      ...(await together(slow.limited, 4)),
      ...(await together(right.limited, 4)),
      ...(await together(fast.limited, 4)),
    ];
    expect(allowed(decisions)).toBe(10);
    const metered = await Promise.all(
      [fast, slow, right].map(({ metered }) => together(metered, 10)),
    );
    expect(allowed(metered.flat())).toBe(20);
    expect(metered.flat().every(({ degraded }) => degraded.length === 0)).toBe(true);
  });

  test("tell the same time to wait, and each the moment by its own clock", async () => {
    const redis = await aServer();
    const clocks = [10 * minute, -10 * minute, 0].map((off) => () => Date.now() + off);
    const processes = [];
    for (const now of clocks) processes.push({ now, ...(await aProcess(redis.url, now)) });
    await together(processes[0]!.limited, 10);
    for (const { limited, metered, now } of processes) {
      // Refused by the server, then by what the process remembers of that.
      for (const refused of [await limited(), await limited()]) {
        expect(told(refused)).toMatchObject({ status: 429, degraded: [] });
        expect(retryAfter(refused)).toBeGreaterThanOrEqual(55);
        expect(retryAfter(refused)).toBeLessThanOrEqual(60);
        expect(resets(refused)).toBeGreaterThanOrEqual(590);
        expect(resets(refused)).toBeLessThanOrEqual(600);
        const wait = (refused.remedy?.retryAt ?? 0) - now();
        expect(wait).toBeGreaterThan(50_000);
        expect(wait).toBeLessThanOrEqual(60_000);
      }
      const passed = await metered();
      const left = (hour - (Date.now() % hour)) / 1_000;
      expect(Math.abs(resets(passed) - left)).toBeLessThan(10);
      const resetAt = (passed.feature("exports").resetAt ?? 0) - now();
      expect(Math.abs(resetAt / 1_000 - left)).toBeLessThan(10);
    }
  });

  test("give back what was charged, also where the other's clock was read at the charge", async () => {
    const redis = await aServer();
    const off = { by: 10 * minute };
    const one = await aProcess(redis.url, () => Date.now() + off.by);
    const decisions = await together(one.metered, 20);
    off.by = -10 * minute;
    await Promise.all(decisions.map(async (decision) => decision.refund()));
    expect(allowed(await together(one.metered, 30))).toBe(20);
  });
});

describe("a process's clock that jumps by an hour during use", () => {
  test.each([
    ["back", -hour],
    ["forth", hour],
  ])("%s opens nothing, and closes nothing", async (_way, jump) => {
    const redis = await aServer();
    const clock = { off: 0 };
    const one = await aProcess(redis.url, () => Date.now() + clock.off);
    expect(allowed(await together(one.limited, 6))).toBe(6);
    expect(allowed(await together(one.metered, 12))).toBe(12);
    clock.off = jump;
    expect(allowed(await together(one.limited, 8))).toBe(4);
    expect(allowed(await together(one.metered, 16))).toBe(8);
    const refused = await one.limited();
    expect(retryAfter(refused)).toBeLessThanOrEqual(60);
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(50);
    clock.off = 0;
    expect(allowed(await together(one.limited, 8))).toBe(0);
    expect(allowed(await together(one.metered, 8))).toBe(0);
  });
});

describe("the server's clock set back", () => {
  test.each([
    ["10 s", 10],
    ["an hour", 3_600],
    ["a day", 86_400],
  ])("by %s admits nothing beyond the limit", async (_name, seconds) => {
    const { redis, offset } = await timely();
    const one = await aProcess(redis.url);
    expect(allowed(await together(one.limited, 6))).toBe(6);
    expect(allowed(await together(one.metered, 12))).toBe(12);
    await redis.setClock(offset - seconds);
    // Others that have never seen the clock before.
    const other = await aProcess(redis.url);
    const limited = [...(await together(one.limited, 8)), ...(await together(other.limited, 8))];
    const metered = [...(await together(one.metered, 16)), ...(await together(other.metered, 16))];
    expect(allowed(limited)).toBeLessThanOrEqual(4);
    expect(allowed(metered)).toBe(8);
    expect([...limited, ...metered].every(({ degraded }) => degraded.length === 0)).toBe(true);
    await redis.setClock(offset);
    expect(allowed(await together(other.limited, 8))).toBeLessThanOrEqual(4 - allowed(limited));
    expect(allowed(await together(other.metered, 8))).toBe(0);
  });

  test("from a new period into the last one: the new one's units stay used", async () => {
    const redis = await aServer({ clock: true });
    // Two seconds into an hour.
    const offset = (hour + 2_000 - (Date.now() % hour)) / 1_000;
    await redis.setClock(offset);
    const one = await aProcess(redis.url);
    expect(allowed(await together(one.metered, 15))).toBe(15);
    await redis.setClock(offset - 30);
    expect(allowed(await together(one.metered, 15))).toBe(5);
    await redis.setClock(offset);
    expect(allowed(await together(one.metered, 15))).toBe(0);
  });

  test("from a new period in which nothing was used: the last one's units are still known", async () => {
    const redis = await aServer({ clock: true });
    // Four seconds before an hour begins.
    const offset = (hour - 4_000 - (Date.now() % hour)) / 1_000;
    await redis.setClock(offset);
    const one = await aProcess(redis.url);
    expect(allowed(await together(one.metered, 20))).toBe(20);
    await redis.setClock(offset + 8);
    await redis.command("DBSIZE");
    await redis.setClock(offset);
    expect(allowed(await together(one.metered, 20))).toBe(0);
  });

  test("a refund after it gives back no more than was charged", async () => {
    const { redis, offset } = await timely();
    const one = await aProcess(redis.url);
    const decisions = [...(await together(one.limited, 10)), ...(await together(one.metered, 20))];
    await redis.setClock(offset - 3_600);
    for (const decision of [...decisions, ...decisions]) await decision.refund();
    await redis.setClock(offset);
    expect(allowed(await together(one.limited, 20))).toBeLessThanOrEqual(10);
    expect(allowed(await together(one.metered, 40))).toBeLessThanOrEqual(20);
  });
});

describe("the server's clock set forth", () => {
  test.each([
    ["a second", 1],
    ["an hour", 3_600],
    ["a day", 86_400],
  ])("by %s is no outage: deadlines adapt with the first call", async (_name, seconds) => {
    const { redis, offset } = await timely();
    const one = await aProcess(redis.url);
    await together(one.limited, 3);
    await redis.setClock(offset + seconds);
    const decisions = await together(one.limited, 5);
    expect(decisions.every(({ degraded }) => degraded.length === 0)).toBe(true);
    expect(allowed(decisions)).toBe(5);
    expect(told(await untilClean(one.metered))).toMatchObject({ status: 200 });
  });

  test("and back again: what was used in the meantime stays used", async () => {
    const { redis, offset } = await timely();
    const one = await aProcess(redis.url);
    expect(allowed(await together(one.metered, 10))).toBe(10);
    await redis.setClock(offset + 3_600);
    expect(allowed(await together(one.metered, 25))).toBe(20);
    await redis.setClock(offset);
    expect(allowed(await together(one.metered, 25))).toBe(0);
  });
});

describe("a server that wakes after its clock was set back", () => {
  test("does not do what nobody waits for any more", async () => {
    const { redis, offset } = await timely();
    const flux = await aProcess(redis.url, Date.now, "200ms");
    await together(flux.metered, 5);
    await redis.setClock(offset - 10);
    expect(told(await flux.metered())).toMatchObject({ status: 200, degraded: [] });
    redis.freeze();
    const late = await together(flux.metered, 4);
    expect(late.every(({ degraded }) => degraded.length === 1)).toBe(true);
    redis.thaw();
    const first = await untilClean(flux.metered);
    expect(first.feature("exports").used).toBe(7);
  });
});
