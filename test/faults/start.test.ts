import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { freePort } from "../servers/free-port.ts";
import { asking, charged, clean } from "./app.ts";
import {
  anApp,
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

describe("a process that starts before its server", () => {
  test("says so, decides by onError, and recovers when the server comes", async () => {
    const port = await freePort();
    const flux = anApp(`redis://127.0.0.1:${port}`);
    const events: string[] = [];
    flux.on("error", ({ source, message, error }) => events.push(`${source} ${message} ${error}`));
    await expect(flux.ready()).rejects.toMatchObject({
      code: "store_unavailable",
      message: expect.stringMatching(/cannot be reached.*ECONNREFUSED/),
    });
    expect(events[0]).toMatch(/^store The store could not connect .*ECONNREFUSED/);
    expect(told(await asking(flux, "local")())).toMatchObject({ status: 200, degraded: ["store"] });
    expect(told(await asking(flux, "allow")())).toMatchObject({ status: 200, degraded: ["store"] });
    expect(told(await asking(flux, "deny")())).toMatchObject({ status: 503, code: "unavailable" });
    expect(told(await asking(flux, "metered")())).toMatchObject({
      status: 503,
      degraded: ["store"],
    });
    const redis = await aServer({ port });
    expect(told(await untilClean(asking(flux, "deny")))).toMatchObject({
      status: 200,
      degraded: [],
    });
    expect(await charged(redis.url, [["deny", "deny"]])).toEqual([1]);
  });

  test("finds it frozen: only the first calls wait, and none is charged when it wakes", async () => {
    const redis = await aServer();
    redis.freeze();
    const flux = anApp(redis.url);
    flux.ready().catch(() => undefined);
    const first = await timed(() => together(asking(flux, "allow"), 16).then(([one]) => one!));
    expect(first[0]?.took).toBeLessThan(50 + margin);
    const later = await timed(asking(flux, "allow"), 40);
    expect(later.every(({ decision }) => !clean(decision))).toBe(true);
    expect(later.filter(({ took }) => took > 25).length).toBeLessThanOrEqual(5);
    redis.thaw();
    await untilClean(asking(flux, "deny"));
    expect(await charged(redis.url, [["allow", "allow"]])).toEqual([0]);
  });
});

describe("what is asked while the first connection is made", () => {
  test("is decided in time, and not charged when the connection stands at last", async () => {
    const redis = await aServer();
    const proxy = await aProxy(redis);
    proxy.delay({ there: 150, back: 150 });
    setTimeout(() => proxy.delay({ there: 0, back: 0 }), 120);
    const flux = anApp(proxy.url);
    const [first] = await timed(() => together(asking(flux, "allow"), 8).then(([one]) => one!));
    expect(told(first?.decision)).toMatchObject({ status: 200, degraded: ["store"] });
    expect(first?.took).toBeLessThan(50 + margin);
    await flux.ready();
    await untilClean(asking(flux, "deny"));
    expect(await charged(redis.url, [["allow", "allow"]])).toEqual([0]);
  });

  test("is decided by the store where the connection stands in time", async () => {
    const redis = await aServer();
    const flux = anApp({ url: redis.url, timeout: "5s" });
    expect(told(await asking(flux, "deny")())).toMatchObject({ status: 200, degraded: [] });
  });
});

test("an address that leads to no Redis is told by its first answer", async () => {
  const web = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void web.close());
  const flux = anApp(`redis://127.0.0.1:${(web.address() as AddressInfo).port}`);
  await expect(flux.ready()).rejects.toMatchObject({
    code: "store_unavailable",
    message: expect.stringMatching(/cannot be reached: what answers there is no Redis/),
  });
  const asked = await timed(asking(flux, "local"), 20);
  expect(asked.every(({ decision }) => decision.allowed && !clean(decision))).toBe(true);
  expect(Math.max(...asked.map(({ took }) => took))).toBeLessThan(50 + margin);
});

describe("a password", () => {
  test("that is wrong is told clearly, appears nowhere, and may be set right", async () => {
    const redis = await aServer();
    await redis.command("CONFIG", "SET", "requirepass", "right-one");
    const flux = anApp(`redis://:hunter2-secret@127.0.0.1:${redis.port}`);
    const events: unknown[] = [];
    flux.on("error", (event) => events.push(event));
    const failed = await flux.ready().catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "store_unavailable",
      message: expect.stringMatching(/WRONGPASS/),
    });
    expect(told(await asking(flux, "deny")())).toMatchObject({ status: 503, degraded: ["store"] });
    expect(events.length).toBeGreaterThanOrEqual(2);
    const shown = inspect([failed, events], { depth: 20, showHidden: true });
    expect(shown).not.toMatch(/hunter2|right-one/);
    const client = await import("ioredis").then(
      ({ Redis }) => new Redis(redis.port, { password: "right-one" }),
    );
    onTestFinished(() => client.disconnect());
    await client.config("SET", "requirepass", "hunter2-secret");
    await untilClean(asking(flux, "deny"));
  });

  test("that is missing is asked for", async () => {
    const redis = await aServer();
    await redis.command("CONFIG", "SET", "requirepass", "right-one");
    await expect(anApp(redis.url).ready()).rejects.toMatchObject({
      message: expect.stringMatching(/NOAUTH/),
    });
  });
});

test("what the server refuses is told without what it was asked", async () => {
  const redis = await aServer();
  const flux = await aReadyApp(redis.url);
  const errors: unknown[] = [];
  flux.on("error", ({ error }) => errors.push(error));
  await redis.command("CONFIG", "SET", "maxmemory", "1");
  expect(told(await asking(flux, "deny", "a-tenant")())).toMatchObject({ status: 503 });
  await redis.command("CONFIG", "SET", "maxmemory", "0");
  expect(String(errors[0])).toContain("OOM");
  expect(inspect(errors, { depth: 20 })).not.toContain("a-tenant");
});
