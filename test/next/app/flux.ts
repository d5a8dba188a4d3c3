import { defineFlux, header } from "@flux/core";
import { nextFlux, oncePerProcess } from "@flux/next";

/** Evaluated while building too, when there is no issuer yet. */
const issuer = process.env.ISSUER ?? "http://127.0.0.1:1";

export const flux = oncePerProcess("flux", () =>
  defineFlux({
    auth: {
      jwt: { issuer, audience: "https://api.example.com" },
      cookie: "session",
    },
    clientIp: { trustedHops: 1 },
    tenant: {
      from: { claim: "org_id" },
      load: (id) => ({ plan: id === "birch" ? "pro" : "free" }),
    },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
    plans: {
      free: { features: { tokens: 100 } },
      pro: { extends: "free", features: { exports: true } },
    },
    limits: {
      api: { quota: 60, window: "1m", burst: 5, by: "tenant" },
      door: { quota: 60, window: "1m", burst: 2, by: "ip" },
    },
    routes: {
      "* /api/open": "public",
      "POST /api/ring": { auth: "none", limit: "door" },
      "* /api/plain": { limit: "api" },
      "POST /api/chat": { use: { tokens: 10 }, limit: "api", refundOn: [502] },
      "GET /api/stream": { limit: "api", refundOn: ({ aborted }) => aborted },
      "GET /api/throw": { limit: "api", refundOn: [500, 404, 307] },
      "GET /api/gone": { limit: "api", refundOn: [410] },
      "GET /api/seen": { limit: "api" },
      "GET /api/nested": { limit: "api" },
      "GET /account": "public",
      "* /form": "public",
      "* /parallel": "public",
      "POST /api/unguarded": { limit: "api" },
      "GET /sign-in": "public",
    },
    onDenied: (decision, facts) =>
      decision.code === "unauthenticated" && String(header(facts, "accept")).includes("text/html")
        ? new Response(null, { status: 303, headers: { location: "/sign-in" } })
        : undefined,
    logger: { warn: () => undefined, error: () => undefined },
  }),
);

export const app = nextFlux(flux, { receiptSecret: process.env.RECEIPT_SECRET });
