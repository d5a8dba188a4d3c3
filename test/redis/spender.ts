/**
 * A process that spends as fast as it may, from leases, until it is killed or told to stop: it tells of
 * each decision that admitted it, and when that was.
 */
import { defineFlux } from "../../packages/core/src/index.ts";
import { redisStore } from "../../packages/core/src/redis/index.ts";
import { finish, ready, tell, workerArguments } from "../servers/worker.ts";

export interface SpenderArguments {
  readonly url: string;
  /** How long it spends, ms. */
  readonly lasts: number;
  readonly limit: { readonly quota: number; readonly window: number; readonly burst: number };
  readonly units: number;
  readonly lease: { readonly size: number; readonly ttl: number };
}

/** What was admitted, and when: ms since the epoch. */
export type Spent = readonly ["limit" | "quota", number];

async function main(): Promise<void> {
  const { url, lasts, limit, units, lease } = workerArguments<SpenderArguments>();
  const flux = defineFlux({
    tenant: { from: { header: "x-tenant" } },
    auth: { claims: { tenants: "orgs" } },
    features: { units: { kind: "metered", per: "month", lease } },
    plans: { only: { features: { units } } },
    defaultPlan: "only",
    limits: { hot: { ...limit, by: "tenant", lease, onError: "deny" } },
    store: redisStore({ url, timeout: "5s" }),
  });
  await flux.ready();
  const caller = flux.as({ tenant: "acorn", subject: "spender" });
  await ready();
  const ends = Date.now() + lasts;
  while (Date.now() < ends) {
    if ((await caller.decide({ limit: "hot" })).allowed)
      tell(["limit", Date.now()] satisfies Spent);
    if ((await caller.decide({ use: { units: 1 } })).allowed)
      tell(["quota", Date.now()] satisfies Spent);
    // A process that never waits never reads its socket.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await flux.close();
  finish();
}

await main();
