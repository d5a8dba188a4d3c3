import { defineConfig, defineFlux } from "@flux/core";
import { findKey, findTenant } from "./data.ts";

/** Who may do what, how often and on which plan: the policy of the API, but for what stands on a handler. */
export const config = defineConfig({
  auth: { apiKeys: { header: "x-api-key", lookup: findKey } },
  tenant: { from: { claim: "org_id" }, load: findTenant }, // an API key brings its tenant

  // What is sold …
  features: {
    exports: { kind: "boolean" },
    sharing: { kind: "boolean" },
    "ai-tokens": { kind: "metered", per: "month" },
  },
  plans: {
    free: { features: { "ai-tokens": 10_000 } },
    pro: { extends: "free", features: { exports: true, sharing: true, "ai-tokens": 5_000_000 } },
  },
  defaultPlan: "free",

  // … what is released …
  flags: {
    "exports-v2": {
      state: "ENABLED",
      variants: { on: true, off: false },
      defaultVariant: "on",
    },
  },

  // … and what protects the service.
  limits: {
    api: { quota: 30, window: "1m", burst: 6, by: "tenant", plans: { pro: 300 } },
    login: { quota: 5, window: "1m", by: "ip" },
  },

  routes: {
    "POST /login": { auth: "none", limit: "login" },
    "GET /reports/:id": { scopes: "reports:read", limit: "api" },
    "* /internal/*rest": { roles: "staff" },
  },
});

export const flux = defineFlux(config);

// From here on a misspelt feature in `@Require` does not compile.
declare module "@flux/core" {
  interface Register {
    flux: typeof flux;
  }
}
