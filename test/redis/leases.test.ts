/** Units debited ahead: never issued twice, never beyond the limit, given back. */
import { redisStore } from "@flux/core/redis";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { remaining, used } from "../../packages/core/src/limits/state.ts";
import type { Charge, Outcome, Store } from "../../packages/core/src/limits/store.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { monthly, openStore, scriptCalls, slow, standing } from "./support.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());
beforeEach(() => server.flush());

const owner = "tenant:acorn";
const lease = { size: 10, ttl: 60_000 };

async function usedOf(charge: Charge): Promise<number> {
  return used(charge, await standing(server.url, owner, [charge]), 0);
}

async function admitted(store: Store, charges: readonly Charge[], calls: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < calls; i++) if ((await store.charge(owner, charges)).allowed) count++;
  return count;
}

test.each([
  ["a limit", slow("leased", 1_000, lease)],
  ["a quota", monthly("leased", 1_000, lease)],
])(
  "%s is debited ahead, spent without asking, and given back at the end",
  async (_what, charge) => {
    const store = redisStore(server.url);
    await store.connect({ now: Date.now });
    await store.charge(owner, [charge]);
    expect(await usedOf(charge)).toBe(10);
    await scriptCalls(server);
    for (let left = 8; left >= 0; left--) {
      const outcome = store.charge(owner, [charge]) as Outcome;
      expect(outcome).not.toBeInstanceOf(Promise);
      // What the process has left counts as not spent.
      expect(remaining(charge, outcome, 0)).toBe(990 + left);
    }
    expect(await scriptCalls(server)).toBe(0);
    await admitted(store, [charge], 3);
    expect(await usedOf(charge)).toBe(20);
    await store.close();
    expect(await usedOf(charge)).toBe(13);
  },
);

test.each([
  ["a limit", slow("shrinks", 100, lease)],
  ["a quota", monthly("shrinks", 100, lease)],
])(
  "%s is shared to the last unit, whoever leases: near it, one at a time",
  async (_what, charge) => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(server.url)));
    let count = 0;
    for (let round = 0; round < 100; round++)
      for (const store of stores) count += await admitted(store, [charge], 1);
    expect(count).toBe(100);
    expect(await usedOf(charge)).toBe(100);
  },
);

test("what is not spent when the lease ends goes back", async () => {
  const charge = monthly("brief", 1_000, { size: 50, ttl: 1_000 });
  const store = await openStore(server.url);
  await admitted(store, [charge], 7);
  expect(await usedOf(charge)).toBe(50);
  await vi.waitFor(async () => expect(await usedOf(charge)).toBe(7), { timeout: 5_000 });
  await admitted(store, [charge], 1);
  expect(await usedOf(charge)).toBe(57);
});

test("where one of several counters is not leased, nothing of the others is spent for nothing", async () => {
  const [leased, plain] = [slow("leased2", 1_000, lease), slow("plain", 3)];
  const store = await openStore(server.url);
  await admitted(store, [leased], 1);
  expect(await admitted(store, [leased, plain], 5)).toBe(3);
  await store.close?.();
  expect(await usedOf(leased)).toBe(4);
  expect(await usedOf(plain)).toBe(3);
});

test("a call that asks for more than is left of a lease takes nothing of it", async () => {
  const [small, large] = [slow("small", 1_000, lease), slow("large", 1_000, lease)];
  const store = await openStore(server.url);
  await admitted(store, [small, large], 1);
  await admitted(store, [small], 9);
  await scriptCalls(server);
  await admitted(store, [small, large], 1);
  expect(await scriptCalls(server)).toBe(1);
  await store.close?.();
  expect(await usedOf(small)).toBe(11);
  expect(await usedOf(large)).toBe(2);
});

test("what a lease paid is settled: from the lease while it lasts, then with the server, each once", async () => {
  const charge = { ...monthly("metered", 1_000, { size: 100, ttl: 1_000 }), cost: 10 };
  const store = await openStore(server.url);
  const outcomes: Outcome[] = [];
  for (let i = 0; i < 4; i++) outcomes.push(await store.charge(owner, [charge]));
  const settle = (i: number, units: number) =>
    store.settle({ owner, charges: [charge], outcome: outcomes[i] as Outcome }, [units]);
  await settle(1, 3);
  await settle(1, 0);
  await vi.waitFor(async () => expect(await usedOf(charge)).toBe(33), { timeout: 5_000 });
  await settle(2, 4);
  await settle(2, 0);
  await settle(3, 15);
  await settle(0, 0);
  await settle(0, 0);
  expect(await usedOf(charge)).toBe(0 + 3 + 4 + 15);
});

test("a lease is not asked for twice at a time", async () => {
  const charge = slow("stampede", 100_000, { size: 1_000, ttl: 60_000 });
  const store = await openStore(server.url);
  await Promise.all(Array.from({ length: 64 }, () => store.charge(owner, [charge])));
  expect(await usedOf(charge)).toBe(1_000 + 63);
});

test("a look takes no lease", async () => {
  const charge = slow("looked-at", 1_000, lease);
  const store = await openStore(server.url);
  await store.charge(owner, [{ ...charge, cost: 0 }]);
  await store.charge(owner, [charge], true);
  expect(await usedOf(charge)).toBe(0);
});

test("a settlement that the server refused may be tried again, also of what a lease paid", async () => {
  const charge = { ...monthly("retried", 1_000, { size: 100, ttl: 300 }), cost: 10 };
  const store = await openStore(server.url);
  await store.charge(owner, [charge]);
  const outcome = await store.charge(owner, [charge]);
  await vi.waitFor(async () => expect(await usedOf(charge)).toBe(20), { timeout: 5_000 });
  await server.command("CONFIG", "SET", "maxmemory", 1);
  const settle = () => store.settle({ owner, charges: [charge], outcome }, [4]);
  await expect(settle()).rejects.toMatchObject({ code: "store_unavailable" });
  await server.command("CONFIG", "SET", "maxmemory", 0);
  await settle();
  await settle();
  expect(await usedOf(charge)).toBe(14);
});

test("a process holds so many leases, and no more", async () => {
  const store = await openStore(server.url);
  const charge = slow("many", 1_000, lease);
  const owners = Array.from({ length: 10_100 }, (_, i) => `tenant:${i}`);
  for (let first = 0; first < owners.length; first += 500)
    await Promise.all(owners.slice(first, first + 500).map((each) => store.charge(each, [charge])));
  await scriptCalls(server);
  for (const each of owners) await store.charge(each, [charge]);
  const calls = await scriptCalls(server);
  expect(calls).toBeGreaterThanOrEqual(100);
  expect(calls).toBeLessThan(1_000);
});
