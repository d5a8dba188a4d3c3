/** The ways to charge three limits and a quota on Redis, for a hundred tenants. */
import { defineFlux } from "@flux/core";
import { redisStore } from "@flux/core/redis";
import { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";

/** One way to decide: `false` where refused. */
export type Decide = (tenant: string) => Promise<boolean>;

export interface Leases {
  /** Units that are taken at once. */
  readonly size: number;
  readonly ttl: "1s";
}

export const tenants = Array.from({ length: 100 }, (_, i) => `tenant-${i}`);
const day = 86_400;

/** @param closing takes what ends it. */
export async function byFlux(
  url: string,
  prefix: string,
  lease: Leases | undefined,
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
    // A pause of the machine is not what is measured.
    store: redisStore({ url, prefix, timeout: "1s" }),
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

/** In turn, so that each is asked only if those before it admit. @param closing takes what ends it. */
export async function byLimiters(url: string, closing: (() => unknown)[]): Promise<Decide> {
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
