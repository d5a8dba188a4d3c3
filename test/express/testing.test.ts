/** An app's own route tests: its real Express app on a socket, with a testFlux in place of its Flux. */
import { defineConfig } from "@flux/core";
import { testFlux } from "@flux/core/testing";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Served, serve } from "./support.ts";

const config = defineConfig({
  auth: { jwt: { issuer: "https://idp.example.com", audience: "api" } },
  tenant: { from: { claim: "org_id" }, load: () => Promise.reject(new Error("no database here")) },
  features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
  plans: { free: { features: { tokens: 100 } }, pro: { features: { exports: true, tokens: 500 } } },
  flags: {
    beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
  },
  limits: { api: { quota: 60, window: "1m", burst: 2, by: "tenant" } },
  routes: { "GET /beta": { flag: "beta" }, "GET /limited": { limit: "api" } },
});

const flux = testFlux(config, { now: "2030-01-31T23:59:00Z" });
const ann = flux.asPrincipal({ subject: "ann", tenant: "acorn", scopes: ["write"] });

function makeApp() {
  const guard = expressFlux(flux);
  const app = express();
  app.use(guard());
  app.get(["/beta", "/limited"], (request, response) => {
    response.json(request.flux?.principal?.id);
  });
  app.post("/exports", guard({ scopes: "write", feature: "exports" }), (_request, response) => {
    response.status(201).end();
  });
  app.post("/chat", guard({ use: { tokens: 60 }, refundOn: [502] }), (request, response) => {
    response.status(request.query.fails === undefined ? 200 : 502).end();
  });
  return app;
}

let served: Served;
beforeAll(async () => {
  served = await serve(makeApp());
});
afterAll(() => served.close());
beforeEach(() => {
  flux.reset();
  flux.withPlan("acorn", "free");
});

const send = async (line: string, headers: Record<string, string> = ann) => {
  const [method, path] = line.split(" ") as [string, string];
  const response = await fetch(served.url + path, { method, headers });
  const body = await response.text();
  return { status: response.status, headers: response.headers, body };
};

test("who calls", async () => {
  expect(await send("GET /limited")).toMatchObject({
    status: 200,
    body: '"https://idp.example.com|ann"',
  });
  const anonymous = await send("GET /limited", {});
  expect(anonymous.status).toBe(401);
  expect(anonymous.headers.get("www-authenticate")).toBe('Bearer realm="api"');
  expect((await send("GET /limited", { authorization: "Bearer x" })).status).toBe(401);
  expect((await send("POST /exports", flux.asPrincipal({ subject: "bob" }))).status).toBe(403);
});

test("on which plan, and why", async () => {
  const refused = await send("POST /exports");
  expect(refused.status).toBe(402);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(flux.decisions.at(-1)?.remedy).toEqual({ plans: ["pro"] });
  expect(String(flux.decisions.at(-1)?.explain())).toContain("feature exports");
  flux.withPlan("acorn", "pro");
  expect((await send("POST /exports")).status).toBe(201);
});

test("with which flags", async () => {
  expect((await send("GET /beta")).status).toBe(404);
  flux.withFlag("beta", true);
  expect((await send("GET /beta")).status).toBe(200);
});

test("at what time, and after how many", async () => {
  const statuses = async (line: string, n: number) => {
    const all: number[] = [];
    for (let i = 0; i < n; i++) all.push((await send(line)).status);
    return all;
  };
  expect(await statuses("GET /limited", 3)).toEqual([200, 200, 429]);
  flux.clock.advance("1s");
  expect(await statuses("GET /limited", 2)).toEqual([200, 429]);
  expect(await statuses("POST /chat", 2)).toEqual([200, 429]);
  flux.clock.set("2030-02-01T00:00:00Z");
  expect(await statuses("POST /chat", 1)).toEqual([200]);
});

test("what a failed response gives back", async () => {
  expect((await send("POST /chat?fails")).status).toBe(502);
  expect((await send("POST /chat")).status).toBe(200);
});
