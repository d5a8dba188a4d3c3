import { defineFlux } from "@flux/core";
import { audience } from "./clients.ts";
import { findTenant } from "./tenants.ts";

/** Who may do what, how often and on which plan: the whole policy of the API, and the only place for it. */
export const defineReportsFlux = (issuers: { customers: string; staff: string }) =>
  defineFlux({
    auth: {
      // Keys are found by OIDC discovery; a token counts only if its issuer is one of these.
      jwt: [
        { issuer: issuers.customers, audience },
        { issuer: issuers.staff, audience, tenants: [] }, // staff speak for no customer
      ],
    },
    tenant: { from: { claim: "org_id" }, load: findTenant },

    // What is sold …
    features: {
      exports: { kind: "boolean" },
      sharing: { kind: "boolean" },
      "ai-tokens": { kind: "metered", per: "month" },
    },
    plans: {
      free: { features: { "ai-tokens": 10_000 } },
      pro: { extends: "free", features: { exports: true, sharing: true, "ai-tokens": 5_000_000 } },
      scale: { extends: "pro", features: { "ai-tokens": "unlimited" } },
    },
    defaultPlan: "free",

    // … what is released …
    flags: {
      "exports-v2": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ in: [{ var: "tenant" }, ["acorn", "birch"]] }, "on", "off"] },
      },
    },

    // … and what protects the service.
    limits: {
      api: {
        quota: 30,
        window: "1m",
        burst: 6,
        by: "tenant",
        plans: { pro: { quota: 300, burst: 60 } },
      },
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
      "POST /chat": { use: { "ai-tokens": 2_000 }, limit: "api", refundOn: [502] },
      "* /internal/*rest": { roles: "staff" },
    },
  });

export type ReportsFlux = ReturnType<typeof defineReportsFlux>;
