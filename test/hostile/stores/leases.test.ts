/** Leases: what is held is never more than one, and comes back. */
import { setTimeout as sleep } from "node:timers/promises";
import { redisStore } from "@flux/core/redis";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { used } from "../../../packages/core/src/limits/state.ts";
import type { Charge, Receipt } from "../../../packages/core/src/limits/store.ts";
import { aProxy } from "../../faults/support.ts";
import { monthly, openStore, slow, standing } from "../../redis/support.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";
import { corruptingProxy } from "./corrupting-proxy.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());
beforeEach(() => server.flush());
const owner = "tenant:acorn";
const usedOf = async (charge: Charge) =>
  used(charge, await standing(server.url, owner, [charge]), 0);

test("what a killed process strands of one feature is less than one lease", async () => {
  const charge = { ...monthly("large", 100_000, { size: 100, ttl: 3_600_000 }), cost: 51 };
  const store = await openStore(server.url);
  for (let i = 0; i < 300; i++) await store.charge(owner, [charge]);
  const stranded = (await usedOf(charge)) - 300 * 51;
  expect(stranded).toBeLessThanOrEqual(99);
});

test("leftovers of leases that nobody can spend do not use up the quota", async () => {
  const charge = { ...monthly("leftovers", 1_000, { size: 100, ttl: 3_600_000 }), cost: 51 };
  const store = await openStore(server.url);
  let admitted = 0;
  for (let i = 0; i < 100; i++) if ((await store.charge(owner, [charge])).allowed) admitted++;
  // A lease of 100 may be held by another; this one process is alone.
  expect(admitted * 51).toBeGreaterThanOrEqual(1_000 - 100 - 51);
});

test("a clean close strands nothing that was under way", async () => {
  const charge = monthly("closing", 10_000, { size: 100, ttl: 60_000 });
  const store = redisStore({ url: server.url, timeout: "10s" });
  await store.connect({ now: Date.now });
  const under = store.charge(owner, [charge]);
  await store.close();
  expect((await under).allowed).toBe(true);
  expect(await usedOf(charge)).toBe(1);
});

test("a server that is away as a lease ends does not cost the rest of it for the month", async () => {
  const charge = monthly("blip", 10_000, { size: 100, ttl: 300 });
  const proxy = await aProxy(server);
  const store = await openStore(proxy.url, { timeout: "50ms" });
  await store.charge(owner, [charge]);
  await proxy.refuse();
  await sleep(500);
  await proxy.accept();
  await vi.waitFor(async () => expect(await usedOf(charge)).toBe(1), { timeout: 10_000 });
}, 20_000);

test("many strangers whose leases end together take nobody else's store away", async () => {
  const store = await openStore(server.url, { timeout: "1s" });
  const leased = { ...slow("storm", 1_000, { size: 100, ttl: 1_000 }) };
  const plain = [slow("canary", 1_000_000)];
  const owners = 10_000;
  let degraded = 0;
  let running = true;
  const canary = (async () => {
    while (running) {
      await Promise.resolve(store.charge("tenant:canary", plain)).catch(() => {
        degraded++;
      });
      await sleep(1);
    }
  })();
  for (let i = 0; i < owners; i += 200)
    await Promise.all(
      Array.from({ length: 200 }, (_, j) =>
        Promise.resolve(store.charge(`ip:${i + j}`, [leased])).catch(() => undefined),
      ),
    );
  for (let i = 0; i < owners; i += 500)
    await vi.waitFor(
      async () =>
        expect(
          used(leased, await standing(server.url, `ip:${i}`, [leased]), 0),
        ).toBeLessThanOrEqual(1),
      { timeout: 20_000, interval: 100 },
    );
  running = false;
  await canary;
  expect(degraded).toBe(0);
}, 60_000);

test("a refund of what a lease paid, whose answer cannot be read, is given once", async () => {
  const proxy = await corruptingProxy(server);
  const store = await openStore(proxy.url, { timeout: "1s" });
  const owner = "tenant:acorn";
  const charge = monthly("garbled", 1_000, { size: 100, ttl: 300 });
  await store.charge(owner, [{ ...charge, cost: 1 }]);
  const ten = [{ ...charge, cost: 10 }];
  const outcome = await store.charge(owner, ten);
  const other = await openStore(server.url);
  await other.charge(owner, [{ ...monthly("garbled", 1_000), cost: 50 }]);
  await sleep(700);
  const before = await usedOf(charge);
  proxy.corrupt();
  const receipt = { owner, charges: ten, outcome } as Receipt;
  for (let i = 0; i < 3; i++) {
    await Promise.resolve(store.settle(receipt, [0])).catch(() => undefined);
    await sleep(400);
    if (i === 0) proxy.corrupt();
  }
  expect(await usedOf(charge)).toBe(before - 10);
}, 30_000);
