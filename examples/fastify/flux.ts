import { defineConfig, defineFlux } from "@flux/core";
import { findKey, findTenant } from "./customers.ts";

/** Callers, plans, flags and limits. What a route asks for of them stands at the route, in invoices.ts. */
export const config = defineConfig({
  auth: { apiKeys: { header: "x-api-key", prefix: "inv", lookup: findKey } },
  tenant: { from: { claim: "org_id" }, load: findTenant }, // a key brings its tenant

  features: {
    pdf: { kind: "boolean" },
    customers: { kind: "static" },
  },
  plans: {
    starter: { features: { customers: 2 } },
    business: { extends: "starter", features: { pdf: true, customers: 1_000 } },
  },
  flags: {
    reminders: {
      state: "ENABLED",
      variants: { on: true, off: false },
      defaultVariant: "off",
      targeting: { if: [{ "==": [{ var: "tenant" }, "birch"] }, "on", "off"] },
    },
  },
  limits: { api: { quota: 60, window: "1m", burst: 10, by: "tenant", plans: { business: 600 } } },

  routes: {
    "GET /health": "public",
    "* /invoices/*rest": { limit: "api" }, // whatever a route there asks for beside it
  },
});

export const flux = defineFlux(config);

/** From here on `request.flux` and the `config.flux` of a route know the names above, and no others. */
declare module "@flux/core" {
  interface Register {
    flux: typeof flux;
  }
}
