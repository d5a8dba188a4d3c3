/** The decision by Flux. */
import { defineFlux, type Store } from "@flux/core";
import { flagKey, flags, pattern, planOf, plans, quotas, scope } from "./app.ts";
import { audience, type Identity, issuer } from "./identity.ts";

const featuresOf = ({ exports, tokens }: { exports: boolean; tokens: number }) => ({
  exports,
  "ai-tokens": tokens,
});

/** @param store where the counters are; default: this process's memory. */
export function fluxStack({ jwks }: Pick<Identity, "jwks">, store?: Store) {
  return defineFlux({
    auth: { jwt: { issuer, audience, jwks } },
    tenant: {
      from: { claim: "org_id" },
      load: (id) => ({ plan: planOf(id) }),
    },
    features: { exports: { kind: "boolean" }, "ai-tokens": { kind: "metered", per: "month" } },
    plans: {
      free: { features: {} },
      basic: { extends: "free", features: featuresOf(plans.basic) },
      pro: { extends: "free", features: featuresOf(plans.pro) },
      scale: { extends: "free", features: featuresOf(plans.scale) },
    },
    defaultPlan: "free",
    flags,
    limits: {
      api: { quota: quotas.api, window: "1m", burst: quotas.api, by: "tenant" },
      exports: { quota: quotas.exports, window: "1m", burst: quotas.exports, by: "tenant" },
    },
    routes: {
      [`POST ${pattern}`]: {
        scopes: scope,
        flag: flagKey,
        feature: "exports",
        use: { "ai-tokens": 1 },
        limit: ["api", "exports"],
      },
    },
    ...(store === undefined ? {} : { store }),
  });
}
