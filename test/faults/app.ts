/** The app that the faults happen to: a limit of each `onError`, a metered feature, a limit that is soon used up. */
import { type Decision, defineFlux, type Store } from "@flux/core";
import { type RedisStoreOptions, redisStore } from "@flux/core/redis";
import { accountOwner } from "../../packages/core/src/engine/account.ts";
import { type Policy, quotaPolicy, ratePolicy } from "../../packages/core/src/limits/policy.ts";
import { used } from "../../packages/core/src/limits/state.ts";

/** So many, over so long, that no unit comes back while a test runs: what is used is what was charged. */
const plenty = { quota: 1_000_000, window: "366d", by: "tenant" } as const;

/** Units of the limit that is soon used up. */
export const few = 40;

const quiet = { warn() {}, error() {} };

export function app(store: Store, now?: () => number) {
  return defineFlux({
    tenant: { from: { header: "x-tenant" } },
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { only: { features: { tokens: "unlimited" } } },
    defaultPlan: "only",
    limits: {
      local: { ...plenty, onError: "local" },
      deny: { ...plenty, onError: "deny" },
      allow: { ...plenty, onError: "allow" },
      narrow: { ...plenty, quota: few, onError: "local" },
    },
    store,
    logger: quiet,
    ...(now && { now }),
  });
}

export type App = ReturnType<typeof app>;

/** What is asked for, each by a tenant of that name. */
export const kinds = ["local", "deny", "allow", "metered", "narrow"] as const;
export type Kind = (typeof kinds)[number];

/** A function that decides one request of that kind. @param tenant default: one named like the kind. */
export function asking(flux: App, kind: Kind, tenant: string = kind): () => Promise<Decision> {
  const caller = flux.as({ tenant, subject: "load" });
  const requirement = flux.prepare(kind === "metered" ? { use: { tokens: 1 } } : { limit: kind });
  return async () => caller.decide(requirement);
}

const limit = (name: string, quota: number) =>
  ratePolicy({ name, quota, window: 366 * 86_400_000 });

const policies: { readonly [kind in Kind]: Policy } = {
  local: limit("local", plenty.quota),
  deny: limit("deny", plenty.quota),
  allow: limit("allow", plenty.quota),
  metered: quotaPolicy({ name: "tokens", per: "month", quota: Infinity }),
  narrow: limit("narrow", few),
};

/** Reads what the server has counted, by a connection of its own. */
export async function charged(
  options: string | RedisStoreOptions,
  tenants: readonly (readonly [kind: Kind, tenant: string])[] = kinds.map((kind) => [kind, kind]),
): Promise<number[]> {
  const given = typeof options === "string" ? { url: options } : options;
  const store = redisStore({ ...given, timeout: "5s" });
  await store.connect({ now: Date.now });
  try {
    return await Promise.all(
      tenants.map(async ([kind, tenant]) => {
        const charges = [{ policy: policies[kind], partition: "", cost: 0 }];
        const outcome = await store.charge(accountOwner(tenant, true), charges, true);
        return used(charges[0] as (typeof charges)[number], outcome, 0);
      }),
    );
  } finally {
    await store.close();
  }
}

/** Whether the store itself has decided this. */
export const clean = ({ degraded }: Decision) => degraded.length === 0;
