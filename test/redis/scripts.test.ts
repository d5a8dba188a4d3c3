/** What the script leaves on the server, and its calendar. */
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { periodEnd, periodStart } from "../../packages/core/src/limits/period.ts";
import { remaining } from "../../packages/core/src/limits/state.ts";
import type { Charge, Outcome } from "../../packages/core/src/limits/store.ts";
import { counters } from "../../packages/core/src/redis/scripts/counters.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { monthly, openStore, slow } from "./support.ts";

let server: RedisServer;
let client: Redis;
beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
}, 60_000);
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(() => server.flush());

test("the script's calendar is that of the other stores", async () => {
  const script = `${counters}
local start, ends = periodOf(tonumber(ARGV[1]), tonumber(ARGV[2]))
return { start, ends }`;
  const codes = [
    ["hour", 1],
    ["day", 2],
    ["month", 3],
  ] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...codes),
      // Up to the year 2112, and around every kind of new year.
      fc.oneof(
        fc.integer({ min: 0, max: 2 ** 52 }),
        fc
          .tuple(fc.integer({ min: 1970, max: 2111 }), fc.nat(11), fc.integer({ min: -2, max: 2 }))
          .map(([year, month, micros]) => Math.max(0, Date.UTC(year, month) * 1_000 + micros)),
      ),
      async ([per, code], at) => {
        const start = periodStart(per, at);
        expect(await client.eval(script, 0, code, at)).toEqual([start, periodEnd(per, start)]);
      },
    ),
    { numRuns: 500 },
  );
});

test("every key expires, and not before what it counts is over", async () => {
  const store = await openStore(server.url);
  const charges = [
    slow("api", 10),
    monthly("tokens", 10),
    { ...slow("mine", 10), partition: "ann" },
  ];
  const outcome = await store.charge("tenant:acorn", charges);
  await store.settle({ owner: "tenant:acorn", charges, outcome }, [0, 0, 0]);
  await store.charge("ip:192.0.2.7", [slow("login", 10)]);
  const keys = await client.keys("*");
  expect(keys.length).toBeGreaterThan(4);
  for (const key of keys) expect(await client.pttl(key), key).toBeGreaterThan(0);
  const now = Date.now();
  const ends = periodEnd("month", periodStart("month", now * 1_000)) / 1_000;
  expect(await client.pexpiretime("flux:{12:tenant:acorn}")).toBeGreaterThan(ends);
});

test("more of a rate is charged once, also when it has been full in between", async () => {
  const timely = await startRedis({ clock: true });
  try {
    const store = await openStore(timely.url);
    const charges = [slow("api", 100)];
    const { allowed, at, marks, ticket } = await store.charge("tenant:acorn", charges);
    const outcome = { allowed, at, marks, ticket } as Outcome;
    const settle = () => store.settle({ owner: "tenant:acorn", charges, outcome }, [6]);
    await settle();
    await timely.setClock(40 * 86_400);
    await settle();
    const peek = charges.map((charge) => ({ ...charge, cost: 0 }));
    const now = await store.charge("tenant:acorn", peek, true);
    expect(remaining(peek[0] as Charge, now, 0)).toBe(100);
  } finally {
    await timely.stop();
  }
});

test("counters of a later layout are left alone, and the call fails with a reason", async () => {
  const store = await openStore(server.url);
  const charges = [slow("api", 10)];
  await store.charge("tenant:acorn", charges);
  const key = "flux:{12:tenant:acorn}";
  const held = (await client.getBuffer(key)) as Buffer;
  held[0] = 2;
  await client.set(key, held);
  await expect(store.charge("tenant:acorn", charges)).rejects.toThrow(
    /layout 2, and this is for 1/,
  );
  expect(await client.getBuffer(key)).toEqual(held);
});

test("a tenant with many policies keeps all of them", async () => {
  const store = await openStore(server.url);
  const charges = Array.from({ length: 250 }, (_, i) => slow(`limit-${i}`, 5));
  for (let i = 0; i < 5; i++)
    expect((await store.charge("tenant:acorn", charges)).allowed).toBe(true);
  expect((await store.charge("tenant:acorn", charges)).allowed).toBe(false);
});
