import { defineConfig } from "@flux/core";
import { isPage } from "./pages.ts";
import { issuer, secret } from "./session.ts";
import { findTenant } from "./tenants.ts";

/** Who may do what, how often and on which plan. */
export const config = defineConfig({
  auth: {
    // The app signs its own sessions; an identity provider's tokens work the same way.
    jwt: { issuer, secret, audience: issuer },
    cookie: "session",
  },
  tenant: { from: { claim: "org_id" }, load: findTenant },
  features: { exports: { kind: "boolean" }, "ai-tokens": { kind: "metered", per: "month" } },
  plans: {
    free: { features: { "ai-tokens": 1_000 } },
    pro: { extends: "free", features: { exports: true, "ai-tokens": 100_000 } },
  },
  defaultPlan: "free",
  limits: { api: { quota: 60, window: "1m", burst: 10, by: "tenant" } },
  routes: {
    "GET /": "public",
    "* /sign-in": "public",
    "POST /api/exports": { feature: "exports", limit: "api" },
    "* /reports": {}, // whoever is signed in; its actions ask for more
  },
  // Programs get a problem document, people the page to sign in.
  onDenied: (decision, facts) =>
    decision.code === "unauthenticated" && isPage(facts)
      ? { status: 303, headers: { Location: "/sign-in" } }
      : undefined,
});
