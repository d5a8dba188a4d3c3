/** An Express app that nothing hostile may get through, and that knows when something did. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineFlux, generateApiKey, hashApiKey } from "@flux/core";
import { expressFlux } from "@flux/express";
import express, { type NextFunction, type Request, type Response } from "express";
import type { Identity } from "./identity.ts";

export type HostileApp = Awaited<ReturnType<typeof startApp>>;

export async function startApp(identity: Identity, failures?: { quota: number; window: "1m" }) {
  const keys = {
    good: await generateApiKey(),
    disabled: await generateApiKey(),
    expired: await generateApiKey(),
    unknown: await generateApiKey(),
  };
  const records = new Map([
    [await hashApiKey(keys.good.key), { id: "good", tenant: "acme", scopes: "reports:read" }],
    [await hashApiKey(keys.disabled.key), { id: "disabled", tenant: "acme", disabled: true }],
    [await hashApiKey(keys.expired.key), { id: "expired", tenant: "acme", expiresAt: 1 }],
  ]);
  const tenants = new Map([
    ["acme", { plan: "free" }],
    ["globex", { plan: "pro" }],
  ]);
  const seen = { reached: [] as string[], errors: [] as unknown[], events: [] as unknown[] };

  const flux = defineFlux({
    auth: {
      jwt: identity.issuers,
      apiKeys: { header: "x-api-key", lookup: (hash) => records.get(hash) },
      claims: { tenants: "orgs" },
      cookie: "session",
      origins: ["https://app.example.com"],
      ...(failures === undefined ? {} : { failures }),
    },
    tenant: { from: { header: "x-tenant" }, load: (id) => tenants.get(id) },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
    plans: {
      free: { features: { tokens: 100 } },
      pro: { extends: "free", features: { exports: true } },
    },
    attributes: { browser: { header: "user-agent" }, group: { claim: "group" } },
    flags: {
      beta: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ in: ["beta-only-group", { var: "group" }] }, "on", "off"] },
      },
    },
    limits: {
      api: { quota: 1_000, window: "1m", by: "tenant" },
      login: { quota: 5, window: "1m", by: "ip" },
    },
    routes: {
      "GET /reports/:id": { scopes: "reports:read", limit: "api" },
      "POST /exports": { scopes: "exports:write", feature: "exports", limit: "api" },
      "GET /beta": { flag: "beta" },
      "POST /chat": { use: { tokens: 200 }, limit: "api" },
      "* /internal/*rest": { roles: "staff" },
      "GET /optional": { auth: "optional" },
      "POST /login": { auth: "none", limit: "login" },
      "GET /health": "public",
    },
    logger: { warn: () => undefined, error: (message) => seen.events.push(message) },
  });
  flux.on("error", (event) => seen.events.push(event));

  const app = express();
  const guard = expressFlux(flux);
  const reach = (request: Request, response: Response) => {
    seen.reached.push(`${request.method} ${request.originalUrl}`);
    response.json({ tenant: request.flux?.tenant?.id, principal: request.flux?.principal?.id });
  };
  app.use(guard());
  app.get("/reports/:id", reach);
  app.post("/exports", reach);
  app.get("/beta", reach);
  app.post("/chat", reach);
  app.all("/internal/*rest", reach);
  app.get("/optional", reach);
  app.post("/login", reach);
  app.get("/health", reach);
  app.get("/admin/:id", guard({ roles: "admin" }), reach);
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    seen.errors.push(error);
    response.status(500).send("the app's error handler");
  });

  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    flux,
    seen,
    keys,
    async close() {
      server.close();
      server.closeAllConnections();
      await flux.close();
    },
  };
}
