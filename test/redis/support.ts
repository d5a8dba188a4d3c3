/** What the tests of the Redis store share: a server that is looked at, and charges to make. */
import { type RedisStoreOptions, redisStore } from "@flux/core/redis";
import { onTestFinished } from "vitest";
import { quotaPolicy, ratePolicy } from "../../packages/core/src/limits/policy.ts";
import type { Charge, Outcome, Store } from "../../packages/core/src/limits/store.ts";
import type { RedisServer } from "../servers/redis.ts";

export const hour = 3_600_000;

/** Slow enough that nothing refills while a test runs. */
export const slow = (
  name: string,
  quota: number,
  lease?: { size: number; ttl: number },
): Charge => ({
  policy: ratePolicy({ name, quota, window: 24 * hour, lease }),
  partition: "",
  cost: 1,
});

export const monthly = (
  name: string,
  quota: number,
  lease?: { size: number; ttl: number },
): Charge => ({
  policy: quotaPolicy({ name, per: "month", quota, lease }),
  partition: "",
  cost: 1,
});

/** A connected store, closed at the end of the test. What a busy machine takes longer for is no matter here. */
export async function openStore(url: string, options: RedisStoreOptions = {}): Promise<Store> {
  const store = redisStore({ url, timeout: "10s", ...options });
  onTestFinished(() => store.close());
  await store.connect({ now: Date.now });
  return store;
}

/** How often the server ran a script since the last question. */
export async function scriptCalls(server: RedisServer): Promise<number> {
  const stats = `${await server.command("INFO", "commandstats")}`;
  await server.command("CONFIG", "RESETSTAT");
  let calls = 0;
  for (const [, count] of stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g))
    calls += Number(count);
  return calls;
}

/** What each counter stands at, seen by a store that has no memory of its own. */
export async function standing(
  url: string,
  owner: string,
  charges: readonly Charge[],
): Promise<Outcome> {
  const store = redisStore({ url, timeout: "10s" });
  await store.connect({ now: Date.now });
  try {
    return await store.charge(
      owner,
      charges.map((charge) => ({ ...charge, cost: 0 })),
      true,
    );
  } finally {
    await store.close();
  }
}
