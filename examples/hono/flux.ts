import { defineConfig, defineFlux } from "@flux/core";
import { findKey, findTenant } from "./data.ts";

/** Who may do what, how often and on which plan: the whole policy of the API, and the only place for it. */
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
    "GET /health": "public",
    "POST /login": { auth: "none", limit: "login" },
    "GET /reports/:id": { scopes: "reports:read", limit: "api" },
    "POST /exports": {
      scopes: "exports:write",
      flag: "exports-v2",
      feature: "exports",
      limit: "api",
    },
    "GET /usage": { use: { "ai-tokens": 0 } }, // 0 peeks: nothing is charged
    "POST /chat": {
      use: { "ai-tokens": 2_000 }, // reserved; settled to what the answer took
      limit: "api",
      refundOn: ({ status, aborted }) => aborted || status === 502,
    },
    "* /internal/*rest": { roles: "staff" },
  },
});

export const flux = defineFlux(config);
export type ReportsFlux = typeof flux;
