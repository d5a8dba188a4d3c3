/** A remembered refusal never outlives its reason by more than a second. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ratePolicy } from "../../packages/core/src/limits/policy.ts";
import type { Outcome } from "../../packages/core/src/limits/store.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { hour, monthly, openStore, slow } from "./support.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());
beforeEach(() => server.flush());

const owner = "tenant:acorn";

test("what costs less, or is another's, is asked for", async () => {
  const store = await openStore(server.url);
  const three = { ...slow("three", 3), cost: 2 };
  await store.charge(owner, [three]);
  expect((await store.charge(owner, [three])).allowed).toBe(false);
  expect(store.charge(owner, [three])).not.toBeInstanceOf(Promise);
  expect(store.charge(owner, [{ ...three, cost: 3 }])).not.toBeInstanceOf(Promise);
  expect((await store.charge(owner, [{ ...three, partition: "ann" }])).allowed).toBe(true);
  expect((await store.charge("tenant:birch", [three])).allowed).toBe(true);
  expect((await store.charge(owner, [{ ...three, cost: 1 }])).allowed).toBe(true);
});

test("a larger quota, as after an upgrade, is asked for", async () => {
  const store = await openStore(server.url);
  await store.charge(owner, [{ ...monthly("tokens", 10), cost: 10 }]);
  expect((await store.charge(owner, [monthly("tokens", 10)])).allowed).toBe(false);
  expect((await store.charge(owner, [monthly("tokens", 11)])).allowed).toBe(true);
});

test("settling, giving back and resetting make the store ask again", async () => {
  const store = await openStore(server.url);
  const charges = [monthly("tokens", 1)];
  const outcome = await store.charge(owner, charges);
  expect((await store.charge(owner, charges)).allowed).toBe(false);
  await store.settle({ owner, charges, outcome }, [0]);
  expect((await store.charge(owner, charges)).allowed).toBe(true);

  expect((await store.charge(owner, charges)).allowed).toBe(false);
  store.reset?.(owner);
  expect(store.charge(owner, charges)).toBeInstanceOf(Promise);
});

test("what another process gave back is seen within a second", async () => {
  const [store, other] = [await openStore(server.url), await openStore(server.url)];
  const charges = [monthly("tokens", 1)];
  const outcome = await store.charge(owner, charges);
  expect((await other.charge(owner, charges)).allowed).toBe(false);
  const refused = performance.now();
  await store.settle({ owner, charges, outcome }, [0]);
  await vi.waitFor(async () => expect((await other.charge(owner, charges)).allowed).toBe(true), {
    timeout: 5_000,
    interval: 20,
  });
  expect(performance.now() - refused).toBeGreaterThan(900);
});

test("a limit that refills is asked for when it can have refilled", async () => {
  const store = await openStore(server.url);
  const quick = {
    policy: ratePolicy({ name: "quick", quota: 1, window: 300 }),
    partition: "",
    cost: 1,
  };
  await store.charge(owner, [quick]);
  const refused = (await store.charge(owner, [quick])) as Outcome;
  expect(refused.allowed).toBe(false);
  let asked = 0;
  await vi.waitFor(
    async () => {
      const answer = store.charge(owner, [quick]);
      if (answer instanceof Promise) asked++;
      expect((await answer).allowed).toBe(true);
    },
    { timeout: 5_000, interval: 10 },
  );
  expect(asked).toBe(1);
});

test("a refusal tells all counters of its call, by the cost that was asked for", async () => {
  const store = await openStore(server.url);
  const charges = [slow("one", 1), { ...monthly("tokens", 100), cost: 7 }];
  await store.charge(owner, charges);
  const asked = await store.charge(owner, charges);
  const told = (await store.charge(owner, charges)) as Outcome;
  expect(told.marks).toEqual(asked.marks);
  expect(told.at).toBeGreaterThanOrEqual(asked.at - 1_000);
  expect(told.at - asked.at).toBeLessThan(hour * 1_000);
});
