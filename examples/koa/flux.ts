import { defineConfig } from "@flux/core";
import { findKey, findTenant } from "./customers.ts";

/** Who may have a draft written, of which length, and how many words a month. */
export const config = defineConfig({
  auth: { apiKeys: { header: "x-api-key", prefix: "draft", lookup: findKey } },
  tenant: { from: { claim: "org_id" }, load: findTenant }, // a key brings its tenant

  features: {
    essays: { kind: "boolean" },
    words: { kind: "metered", per: "month" },
  },
  plans: {
    free: { features: { words: 500 } },
    pro: { extends: "free", features: { essays: true, words: 100_000 } },
  },
  limits: { api: { quota: 60, window: "1m", burst: 5, by: "tenant", plans: { pro: 600 } } },

  routes: {
    "GET /health": "public",
    "GET /usage": { use: { words: 0 } }, // 0 peeks: nothing is charged
    // 200 are reserved; app.ts settles to what was written.
    "POST /drafts/:subject": { use: { words: 200 }, limit: "api" },
    "POST /essays/:subject": { use: { words: 200 }, limit: "api" },
  },
});
