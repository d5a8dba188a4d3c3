import type { Decision } from "@flux/core";
import { describe, expect, test, vi } from "vitest";
import { asking, charged, clean, few } from "./app.ts";
import {
  allowed,
  aProxy,
  aReadyApp,
  aServer,
  margin,
  timed,
  together,
  told,
  untilClean,
} from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });

const tokens = [["metered", "metered"]] as const;
const narrow = [["narrow", "narrow"]] as const;

describe("what nobody waits for any more", () => {
  test("is not charged by a server that wakes", async () => {
    const redis = await aServer();
    const flux = await aReadyApp(redis.url);
    await together(asking(flux, "allow"), 3);
    redis.freeze();
    const decisions = await together(asking(flux, "allow"), 32);
    expect(decisions.some(clean)).toBe(false);
    expect(allowed(decisions)).toBe(32);
    redis.thaw();
    await untilClean(asking(flux, "deny"));
    expect(await charged(redis.url, [["allow", "allow"]])).toEqual([3]);
  });

  test("is not charged when it arrives late", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    const flux = await aReadyApp(proxy.url);
    await asking(flux, "allow")();
    proxy.delay({ there: 150, back: 0 });
    expect((await together(asking(flux, "allow"), 4)).some(clean)).toBe(false);
    proxy.delay({ there: 0, back: 0 });
    await untilClean(asking(flux, "deny"));
    expect(await charged(redis.url, [["allow", "allow"]])).toEqual([1]);
  });
});

describe("a lost reply", () => {
  test("costs one charge, and the request is decided without it", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    const flux = await aReadyApp(proxy.url);
    proxy.loseReplies(true);
    expect(told(await asking(flux, "allow")())).toMatchObject({ status: 200, degraded: ["store"] });
    proxy.loseReplies(false);
    await untilClean(asking(flux, "deny"));
    expect(await charged(redis.url, [["allow", "allow"]])).toEqual([1]);
  });

  test("of a refund: it can be asked again, and is given once", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    const flux = await aReadyApp(proxy.url);
    const decisions = await together(asking(flux, "metered"), 5);
    const [one] = decisions as [Decision];
    proxy.loseReplies(true);
    await expect(one.refund()).rejects.toMatchObject({ code: "store_unavailable" });
    proxy.loseReplies(false);
    await untilClean(asking(flux, "deny"));
    expect(await charged(redis.url, tokens)).toEqual([4]);
    await one.refund();
    await one.refund();
    expect(await charged(redis.url, tokens)).toEqual([4]);
  });

  test("of a refund that never arrived: it is given when asked again", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    const flux = await aReadyApp(proxy.url);
    const [one] = (await together(asking(flux, "metered"), 5)) as [Decision];
    await proxy.refuse();
    await expect(one.refund()).rejects.toMatchObject({ code: "store_unavailable" });
    await proxy.accept();
    await untilClean(asking(flux, "deny"));
    await one.refund();
    expect(await charged(redis.url, tokens)).toEqual([4]);
  });
});

describe("a server that has forgotten everything", () => {
  test("gives no credit for what was charged before", async () => {
    const redis = await aServer();
    const flux = await aReadyApp(redis.url);
    const ask = asking(flux, "narrow");
    const before = await together(ask, few);
    const tokensBefore = await together(asking(flux, "metered"), 20);
    expect(allowed(before)).toBe(few);
    await redis.flush();
    await together(ask, 10);
    await together(asking(flux, "metered"), 3);
    await Promise.all([...before, ...tokensBefore].map(async (each) => each.refund()));
    expect(await charged(redis.url, [...narrow, ...tokens])).toEqual([10, 3]);
    expect(allowed(await together(ask, 2 * few))).toBe(few - 10);
  });

  test("does not go below nothing when all that it knows of is given back twice", async () => {
    const redis = await aServer();
    const flux = await aReadyApp(redis.url);
    const ask = asking(flux, "narrow");
    const before = await together(ask, 5);
    await redis.flush();
    const after = await together(ask, 5);
    for (const each of [...before, ...after, ...before, ...after]) await each.refund();
    expect(await charged(redis.url, narrow)).toEqual([0]);
    expect(allowed(await together(ask, 2 * few))).toBe(few);
  });
});

describe("a refusal is the server's own word", () => {
  test("what is used up stays used up through an outage", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    const flux = await aReadyApp(proxy.url);
    const ask = asking(flux, "narrow");
    await together(ask, few);
    await proxy.refuse();
    await together(ask, 3);
    await proxy.accept();
    await untilClean(asking(flux, "deny"));
    expect(told(await untilClean(ask))).toMatchObject({ status: 429, code: "rate_limited" });
    expect(await charged(redis.url, narrow)).toEqual([few]);
  });
});

describe("the circuit breaker", () => {
  test("lets only the first calls and the probes wait for a silent server", async () => {
    const redis = await aServer();
    const flux = await aReadyApp(redis.url);
    redis.freeze();
    const asked = await timed(asking(flux, "allow"), 120);
    const slow = asked.filter(({ took }) => took > 25).length;
    expect(slow).toBeGreaterThanOrEqual(1);
    expect(slow).toBeLessThanOrEqual(9);
    expect(Math.max(...asked.map(({ took }) => took))).toBeLessThan(50 + margin);
    redis.thaw();
    await untilClean(asking(flux, "deny"));
  });

  test("asks again as soon as the server stirs, however long it was silent", async () => {
    const redis = await aServer();
    const flux = await aReadyApp(redis.url);
    redis.freeze();
    await together(asking(flux, "allow"), 32);
    redis.thaw();
    await redis.command("PING");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told(await asking(flux, "deny")())).toMatchObject({ status: 200, degraded: [] });
  });

  test("lets one probe through, and nobody else wait with it", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    const flux = await aReadyApp({ url: proxy.url, timeout: "100ms" });
    proxy.silence(true);
    await together(asking(flux, "allow"), 8);
    // The breaker is open for 625 ms at most.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const reasons: string[] = [];
    flux.on("error", ({ error }) => reasons.push(String(error)));
    await together(asking(flux, "allow"), 16);
    expect(reasons.filter((reason) => reason.includes("no answer within"))).toHaveLength(1);
    expect(reasons.filter((reason) => reason.includes("has not answered lately"))).toHaveLength(15);
  });
});

describe("the time budget", () => {
  test("holds also where a call is made again for a clock that was set forward", async () => {
    const redis = await aServer({ clock: true });
    const proxy = await aProxy(redis);
    const flux = await aReadyApp({ url: proxy.url, timeout: "400ms" });
    await asking(flux, "deny")();
    await redis.setClock(60);
    proxy.delay({ there: 0, back: 150 });
    setTimeout(() => proxy.silence(true), 75);
    const [asked] = await timed(asking(flux, "deny"));
    expect(told(asked?.decision)).toMatchObject({ status: 503, degraded: ["store"] });
    expect(asked?.took).toBeLessThan(400 + margin);
  });

  test("is one of the server's clock: it is learnt anew also over a slow way", async () => {
    const redis = await aServer({ clock: true });
    const proxy = await aProxy(redis);
    const flux = await aReadyApp({ url: proxy.url, timeout: "400ms" });
    proxy.delay({ there: 120, back: 120 });
    await untilClean(asking(flux, "deny"));
    await redis.setClock(60);
    await untilClean(asking(flux, "deny"), 5_000);
  });
});
