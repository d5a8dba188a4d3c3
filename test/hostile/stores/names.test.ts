/** Names, numbers and receipts that nobody would make but an attacker, on the stores that processes share. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { quotaPolicy, ratePolicy } from "../../../packages/core/src/limits/policy.ts";
import { used } from "../../../packages/core/src/limits/state.ts";
import type { Charge, Receipt, Store } from "../../../packages/core/src/limits/store.ts";
import { openStore } from "../../redis/support.ts";
import { type RedisServer, startRedis } from "../../servers/redis.ts";
import { newFile, open } from "../../sqlite/files.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 60_000);
afterAll(() => server.stop());
const stores: [string, () => Promise<Store>][] = [
  ["redis", () => openStore(server.url)],
  ["sqlite", async () => open(newFile(), { now: Date.now() })],
];
const MAX = Number.MAX_SAFE_INTEGER;

test.each(stores)("%s: hostile names never meet", async (_name, make) => {
  const store = await make();
  const policy = quotaPolicy({ name: "names", per: "month", quota: 1_000_000 });
  const bits = [
    "",
    "a",
    "{",
    "}",
    "{}",
    ":",
    ":p:",
    ":s:",
    "\0",
    "\0\0",
    "\ud800",
    "\udc00",
    "\ud800\udc00",
    "\ufffd",
    "a\0b",
    "1:a",
    '\0"\\ud800"',
    "{processes}",
    "a}:p:b",
    "a:p:b",
    "é",
    "e\u0301",
    "x".repeat(2_000),
    "A",
    "a ",
    "0",
    "1",
    "01",
    "1.0",
  ];
  const pairs = bits.flatMap((owner) => bits.map((partition) => [owner, partition] as const));
  for (const [i, [owner, partition]] of pairs.entries())
    await store.charge(owner, [{ policy, partition, cost: i + 1 }]);
  const wrong: unknown[] = [];
  for (const [i, [owner, partition]] of pairs.entries()) {
    const peek: Charge = { policy, partition, cost: 0 };
    const units = used(peek, await store.charge(owner, [peek]), 0);
    if (units !== i + 1) wrong.push([owner.slice(0, 20), partition.slice(0, 20), units, i + 1]);
  }
  expect(wrong).toEqual([]);
});

test.each(stores)("%s: at the edge of the safe integers", async (_name, make) => {
  const store = await make();
  const all = quotaPolicy({ name: "edge", per: "month", quota: MAX });
  const on = (cost: number): Charge => ({ policy: all, partition: "", cost });
  const first = await store.charge("o", [on(MAX - 1)]);
  expect(first.allowed).toBe(true);
  expect((await store.charge("o", [on(2)])).allowed).toBe(false);
  await store.charge("o", [on(1)]);
  expect((await store.charge("o", [on(1)])).allowed).toBe(false);
  await store.settle({ owner: "o", charges: [on(MAX - 1)], outcome: first } as Receipt, [MAX]);
  expect(used(on(0), await store.charge("o", [on(0)]), 0)).toBe(MAX);
  const rate = ratePolicy({ name: "edge", quota: 1, window: 86_400_000 * 365 * 100, burst: 1 });
  const r = await store.charge("o", [{ policy: rate, partition: "", cost: 1 }]);
  expect(r.allowed).toBe(true);
  expect((await store.charge("o", [{ policy: rate, partition: "", cost: 1 }])).allowed).toBe(false);
  const receipt = {
    owner: "o",
    charges: [{ policy: rate, partition: "", cost: 1 }],
    outcome: r,
  } as Receipt;
  await store.settle(receipt, [MAX]);
  expect((await store.charge("o", [{ policy: rate, partition: "", cost: 1 }])).allowed).toBe(false);
});

test.each(stores)(
  "%s: another tenant's owner, other policies, other indices of one receipt credit nothing more than once",
  async (_n, make) => {
    const store = await make();
    const policy = quotaPolicy({ name: "victim", per: "month", quota: 100 });
    const other = quotaPolicy({ name: "other", per: "month", quota: 100 });
    const on = (p: typeof policy, cost: number): Charge => ({ policy: p, partition: "", cost });
    await store.charge("a", [on(policy, 50), on(other, 50)]);
    await store.charge("b", [on(policy, 50), on(other, 50)]);
    const outcome = await store.charge("a", [on(policy, 10)]);
    const json = JSON.parse(JSON.stringify({ ...outcome, ticket: outcome.ticket }));
    for (const owner of ["b", "a"])
      for (const p of [other, policy])
        for (let i = 0; i < 3; i++)
          await store.settle({ owner, charges: [on(p, 10)], outcome: json } as Receipt, [0]);
    for (let i = 0; i < 3; i++)
      await store.settle({ owner: "a", charges: [on(policy, 10)], outcome } as Receipt, [0]);
    const usedOf = async (owner: string, p: typeof policy) =>
      used(on(p, 0), await store.charge(owner, [on(p, 0)]), 0);
    const all = [
      await usedOf("a", policy),
      await usedOf("a", other),
      await usedOf("b", policy),
      await usedOf("b", other),
    ];
    expect(all[2]).toBe(50);
    expect(all[3]).toBe(50);
    expect((all[0] as number) + (all[1] as number)).toBeGreaterThanOrEqual(100);
  },
);
