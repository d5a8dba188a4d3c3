/** How often the server is asked, by its own count. */
import { defineFlux, type Facts } from "@flux/core";
import { redisStore } from "@flux/core/redis";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { scriptCalls } from "./support.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());
beforeEach(() => server.flush());

type Lease = { readonly size: number; readonly ttl: "1m" };

async function fluxOn({ quota = 100_000, lease }: { quota?: number; lease?: Lease } = {}) {
  const flux = defineFlux({
    auth: {
      apiKeys: { header: "x-api-key", lookup: () => ({ id: "key", tenant: "acorn" }) },
      claims: { tenants: "orgs" },
    },
    tenant: { from: { claim: "org" } },
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { pro: { features: { tokens: 1_000_000 } } },
    defaultPlan: "pro",
    limits: {
      login: { quota: 10_000, window: "1d", by: "ip" },
      api: { quota, window: "1d", by: "tenant", ...(lease && { lease }) },
      search: { quota: 100_000, window: "1d", by: "tenant", ...(lease && { lease }) },
      mine: { quota: 100_000, window: "1d", by: "principal" },
    },
    store: redisStore({ url: server.url, timeout: "10s" }),
  });
  onTestFinished(() => flux.close());
  await flux.ready();
  await scriptCalls(server);
  return flux;
}

const everything = { limit: ["api", "search", "mine"], use: { tokens: 5 } } as const;

test("three limits and a quota of one tenant are one call for each decision", async () => {
  const flux = await fluxOn();
  const caller = flux.as({ tenant: "acorn", subject: "u1" });
  for (let i = 0; i < 50; i++) expect((await caller.decide(everything)).allowed).toBe(true);
  expect(await scriptCalls(server)).toBe(50);
});

test("what an address is charged is an owner, and a call, of its own", async () => {
  const flux = await fluxOn();
  const facts: Facts = {
    method: "POST",
    url: "/chat",
    headers: { "x-api-key": "key_0123456789abcdefghijklmnopqrstuv" },
    ip: "192.0.2.7",
    detached: true,
  };
  for (let i = 0; i < 10; i++) {
    const decision = await flux.decide(facts, { ...everything, limit: ["login", "api"] });
    expect(decision.denials).toEqual([]);
  }
  expect(await scriptCalls(server)).toBe(20);
});

test("a client that is being refused costs no round trip, and is told the same", async () => {
  const flux = await fluxOn({ quota: 3 });
  const caller = flux.as({ tenant: "acorn", subject: "u1" });
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(await caller.decide(everything));
  const first = await caller.decide(everything);
  expect(first.allowed).toBe(false);
  await scriptCalls(server);
  for (let i = 0; i < 100; i++) {
    const again = caller.decide(everything);
    expect(again).not.toBeInstanceOf(Promise);
    const decision = await again;
    expect(decision.code).toBe("rate_limited");
    expect(decision.degraded).toEqual(first.degraded);
    expect(decision.limits.map(({ name, remaining, passed }) => [name, remaining, passed])).toEqual(
      first.limits.map(({ name, remaining, passed }) => [name, remaining, passed]),
    );
  }
  expect(await scriptCalls(server)).toBe(0);
});

test("the second call of a process costs no more than the first: the script is loaded at the start", async () => {
  const flux = await fluxOn();
  const caller = flux.as({ tenant: "acorn", subject: "u1" });
  await caller.decide(everything);
  const stats = `${await server.command("INFO", "commandstats")}`;
  expect(stats).toMatch(/cmdstat_evalsha:calls=1,/);
  expect(stats).not.toContain("cmdstat_eval:");
});

test("leases of k cost about one call for k decisions", async () => {
  const flux = await fluxOn({ lease: { size: 50, ttl: "1m" } });
  const caller = flux.as({ tenant: "acorn", subject: "u1" });
  for (let i = 0; i < 1_000; i++)
    expect((await caller.decide({ limit: ["api", "search"] })).allowed).toBe(true);
  expect(await scriptCalls(server)).toBe(20);
});
