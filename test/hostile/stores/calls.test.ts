/** Calls that fail on their way, or are larger than anyone meant: they harm nobody else. */
import { setTimeout as sleep } from "node:timers/promises";
import { defineFlux } from "@flux/core";
import { redisStore } from "@flux/core/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Charge } from "../../../packages/core/src/limits/store.ts";
import { aProxy, aServer } from "../../faults/support.ts";
import { monthly, openStore, slow } from "../../redis/support.ts";

const settled = (call: unknown): Promise<unknown> =>
  Promise.resolve(call).catch((error: unknown) => error);

test("a call that cannot be made leaves the circuit breaker to the others", async () => {
  const server = await aServer();
  const store = await openStore(server.url, { timeout: "50ms" });
  const one = [slow("one", 1_000)];
  await store.charge("tenant:a", one);
  const many: Charge[] = Array.from({ length: 1_001 }, (_, i) => slow(`many-${i}`, 10));
  server.freeze();
  for (let i = 0; i < 6; i++) await settled(store.charge("tenant:a", one));
  server.thaw();
  await sleep(100);
  // The breaker is half-open: this might be its probe, and is never sent.
  await expect(store.charge("tenant:b", many)).rejects.toThrow(/at most 1000 counters/);
  await vi.waitFor(
    async () => expect(await settled(store.charge("tenant:a", one))).not.toBeInstanceOf(Error),
    {
      timeout: 10_000,
      interval: 100,
    },
  );
}, 30_000);

test("hundreds of limits on one route are charged", async () => {
  const server = await aServer();
  const names = Array.from({ length: 300 }, (_, i) => `limit-${i}`);
  const flux = defineFlux({
    limits: Object.fromEntries(
      names.map((name) => [name, { quota: 10, window: "1h", by: "ip" } as const]),
    ),
    routes: { "GET /": { auth: "none", limit: names } },
    store: redisStore({ url: server.url, timeout: "10s" }),
  });
  onTestFinished(() => flux.close());
  await flux.ready();
  const decision = await flux.decide({ method: "GET", url: "/", headers: {}, ip: "192.0.2.1" });
  expect(decision.degraded).toEqual([]);
  expect(decision.limits).toHaveLength(300);
});

test("a user who may run scripts, but not load them, can be charged", async () => {
  const server = await aServer();
  await server.command("ACL", "SETUSER", "flux", "on", ">secret", "~*", "+@all", "-script");
  const store = await openStore(server.url.replace("redis://", "redis://flux:secret@"));
  expect((await store.charge("tenant:a", [slow("acl", 10)])).allowed).toBe(true);
});

test("a database that the server does not have is no other one", async () => {
  const server = await aServer();
  const store = redisStore({ url: `${server.url}/99`, timeout: "1s" });
  onTestFinished(() => store.close());
  await expect(store.connect({ now: Date.now })).rejects.toThrow(/DB index is out of range/);
  await expect(store.charge("tenant:a", [slow("lost", 10)])).rejects.toMatchObject({
    code: "store_unavailable",
  });
  expect(await server.command("DBSIZE")).toBe(0);
});

test("who waits longer than two seconds, as its timeout says, is answered", async () => {
  const proxy = await aProxy(await aServer());
  const store = await openStore(proxy.url, { timeout: "10s" });
  proxy.delay({ there: 0, back: 3_000 });
  expect((await store.charge("tenant:acorn", [monthly("patient", 10)])).allowed).toBe(true);
}, 30_000);

test("a refusal is no older than a second when it is told, however slow the server", async () => {
  const server = await aServer();
  const proxy = await aProxy(server);
  const far = await openStore(proxy.url);
  const near = await openStore(server.url);
  const charges = [monthly("slow", 1)];
  const owner = "tenant:acorn";
  await near.charge(owner, charges);
  proxy.delay({ there: 0, back: 1_500 });
  expect((await far.charge(owner, charges)).allowed).toBe(false);
  // The server refused a second and a half ago.
  const again = far.charge(owner, charges);
  expect(again).toBeInstanceOf(Promise);
  await again;
}, 30_000);

test.each([":hunter2@localhost:6379", "hunter2", "hunter2@host", "http://user:hunter2@host"])(
  "an address that is none (%s) does not tell its password",
  (url) => {
    expect(() => redisStore(url)).toThrow(/^(?!.*hunter2)redisStore: url/);
    expect(() => redisStore({ cluster: [url] })).toThrow(/^(?!.*hunter2)redisStore: cluster/);
  },
);
