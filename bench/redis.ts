/**
 * Three limits and a quota on a real Redis: by one decision of Flux, and by four limiters of
 * rate-limiter-flexible in turn, in interleaved rounds of one run on one server.
 */

import { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { defineFlux } from "../packages/core/src/index.ts";
import { redisStore } from "../packages/core/src/redis/index.ts";
import { startRedis } from "../test/servers/redis.ts";

/** One way to decide: `false` where refused. */
type Decide = (tenant: string) => Promise<boolean>;

export interface RedisBench {
  /** Decisions a second with 64 in flight: the median of the rounds. */
  readonly perSecond: number;
  /** µs of a decision with one in flight: the median of the rounds' medians. */
  readonly alone: number;
  /** µs of a decision with 64 in flight, likewise. */
  readonly together: number;
}

const inFlight = 64;
const warming = 5;
const tenants = Array.from({ length: 100 }, (_, i) => `tenant-${i}`);
const day = 86_400;

export interface RedisRounds {
  readonly flux: RedisBench;
  readonly leased: RedisBench;
  readonly limiters: RedisBench;
  /** The limiters over Flux, round by round: the median of those, since a machine's mood changes between rounds. */
  readonly ratio: RedisBench;
}

/** @param rounds of each, at least 7. @param milliseconds that each part of a round lasts. */
export async function benchRedis(rounds: number, milliseconds: number): Promise<RedisRounds> {
  const server = await startRedis();
  const closing: (() => unknown)[] = [() => server.stop()];
  try {
    const ways = [
      { name: "flux", decide: await byFlux(server.url, "flux", undefined, closing) },
      { name: "limiters", decide: await byLimiters(server.url, closing) },
      {
        name: "leased",
        decide: await byFlux(server.url, "leased", { size: 100, ttl: "1s" }, closing),
      },
    ] as const;
    const rows = {
      flux: [] as RedisBench[],
      leased: [] as RedisBench[],
      limiters: [] as RedisBench[],
    };
    // The first rounds warm up.
    for (let round = -warming; round < rounds; round++)
      for (const { name, decide } of ways) {
        const measured = await measure(decide, milliseconds);
        if (round >= 0) rows[name].push(measured);
      }
    const ratios = rows.limiters.map((theirs, i) => over(theirs, rows.flux[i] as RedisBench));
    return {
      flux: medians(rows.flux),
      leased: medians(rows.leased),
      limiters: medians(rows.limiters),
      ratio: medians(ratios),
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

const over = (one: RedisBench, other: RedisBench): RedisBench => ({
  perSecond: one.perSecond / other.perSecond,
  alone: one.alone / other.alone,
  together: one.together / other.together,
});

async function byFlux(
  url: string,
  prefix: string,
  lease: { size: number; ttl: "1s" } | undefined,
  closing: (() => unknown)[],
): Promise<Decide> {
  const limit = (quota: number) => ({ quota, window: "1d", by: "tenant", lease }) as const;
  const flux = defineFlux({
    tenant: { from: { header: "x-tenant" } },
    auth: { claims: { tenants: "orgs" } },
    features: { tokens: { kind: "metered", per: "month", lease } },
    plans: { pro: { features: { tokens: "unlimited" } } },
    defaultPlan: "pro",
    limits: {
      api: limit(2_000_000_000),
      search: limit(1_900_000_000),
      writes: limit(1_800_000_000),
    },
    store: redisStore({ url, prefix }),
  });
  closing.push(() => flux.close());
  await flux.ready();
  const requirement = flux.prepare({ limit: ["api", "search", "writes"], use: { tokens: 1 } });
  const callers = new Map(tenants.map((tenant) => [tenant, flux.as({ tenant, subject: "u" })]));
  return async (tenant) => {
    const decision = await callers.get(tenant)?.decide(requirement);
    return decision?.allowed === true && decision.degraded.length === 0;
  };
}

async function byLimiters(url: string, closing: (() => unknown)[]): Promise<Decide> {
  const storeClient = new Redis(url);
  closing.push(() => storeClient.disconnect());
  await storeClient.ping();
  const limiter = (keyPrefix: string, points: number, duration: number) =>
    new RateLimiterRedis({ storeClient, keyPrefix, points, duration });
  const api = limiter("api", 2_000_000_000, day);
  const search = limiter("search", 1_900_000_000, day);
  const writes = limiter("writes", 1_800_000_000, day);
  const tokens = limiter("tokens", 2_000_000_000, 30 * day);
  return async (tenant) => {
    await api.consume(tenant);
    await search.consume(tenant);
    await writes.consume(tenant);
    await tokens.consume(tenant);
    return true;
  };
}

async function measure(decide: Decide, milliseconds: number): Promise<RedisBench> {
  const alone = await drive(decide, 1, milliseconds);
  const together = await drive(decide, inFlight, milliseconds);
  return {
    perSecond: together.length / (milliseconds / 1_000),
    alone: median(alone),
    together: median(together),
  };
}

/** µs of each decision. */
async function drive(decide: Decide, callers: number, milliseconds: number): Promise<number[]> {
  const took: number[] = [];
  const ends = performance.now() + milliseconds;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let i = caller; performance.now() < ends; i++) {
        const started = performance.now();
        if (!(await decide(tenants[i % tenants.length] as string)))
          throw new Error("refused, or decided without Redis: what is measured is no decision");
        took.push((performance.now() - started) * 1_000);
      }
    }),
  );
  return took;
}

const medians = (rows: readonly RedisBench[]): RedisBench => ({
  perSecond: median(rows.map(({ perSecond }) => perSecond)),
  alone: median(rows.map(({ alone }) => alone)),
  together: median(rows.map(({ together }) => together)),
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >>> 1] ?? Number.NaN;
}

if (import.meta.main) console.table(await benchRedis(9, 100));
