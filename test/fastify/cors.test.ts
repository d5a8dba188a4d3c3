/** Preflights and responses for other origins, with CORS before and behind the plugin. */
import { defineFlux } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served } from "../express/support.ts";
import { listen } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

/** As @fastify/cors does it: a hook that answers preflights, and a route for all of them, so that it runs. */
const cors = fastifyPlugin(async (app: FastifyInstance) => {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("Access-Control-Allow-Origin", "https://app.test");
    reply.header("Access-Control-Expose-Headers", "X-Own");
    const isPreflight = request.headers["access-control-request-method"] !== undefined;
    if (request.method === "OPTIONS" && isPreflight) reply.code(204).send();
    else done();
  });
  app.options("*", (_request, reply) => void reply.callNotFound());
});

async function start(...plugins: ("cors" | "guard")[]) {
  const flux = defineFlux({
    limits: { ring: { quota: 1, window: "1h", burst: 1, by: "ip" } },
    routes: {
      "GET /ring": { auth: "none", limit: "ring" },
      "GET /me": {},
      "* /all/*rest": {},
      "OPTIONS /users/:id": {},
    },
    logger: quiet,
  });
  const app = fastify();
  for (const each of plugins)
    if (each === "cors") await app.register(cors);
    else await app.register(fastifyFlux, { flux });
  app.get("/ring", () => "rung");
  app.get("/me", () => "me");
  app.options("/me", (_request, reply) => reply.code(204).send());
  app.options("/reports/:id", (_request, reply) => reply.code(204).send());
  app.options("/users/:id", (_request, reply) => reply.code(204).send());
  app.all("/all/*", () => "handled");
  app.register(
    async (inside) => {
      await inside.register(cors);
      inside.get("/ring", () => "rung");
    },
    { prefix: "/scope" },
  );
  api = await listen(app);
}

const exposed = (response: Response) =>
  (response.headers.get("access-control-expose-headers") ?? "").split(", ").sort();
const preflight = (path: string) =>
  fetch(`${api?.url}${path}`, {
    method: "OPTIONS",
    headers: { origin: "https://app.test", "access-control-request-method": "GET" },
  });

test("CORS before the guard answers preflights, and refusals carry its headers", async () => {
  await start("cors", "guard");
  for (const path of ["/ring", "/me", "/all/x", "/nowhere"])
    expect((await preflight(path)).status, path).toBe(204);
  const refused = await fetch(`${api?.url}/me`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.test");
});

test("another origin may read the rate limit", async () => {
  await start("cors", "guard");
  const names = ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Own"];
  const allowed = await fetch(`${api?.url}/ring`);
  expect(allowed.status).toBe(200);
  expect(exposed(allowed)).toEqual(names);
  const refused = await fetch(`${api?.url}/ring`);
  expect(refused.status).toBe(429);
  expect(exposed(refused)).toEqual(names);
});

test("without CORS nothing is exposed", async () => {
  await start("guard");
  const response = await fetch(`${api?.url}/ring`);
  expect(response.headers.get("ratelimit")).not.toBeNull();
  expect(response.headers.has("access-control-expose-headers")).toBe(false);
});

test("a preflight goes on to CORS behind the guard, or in a scope, uncounted", async () => {
  await start("guard", "cors");
  for (const _ of [1, 2, 3]) expect((await preflight("/ring")).status).toBe(204);
  expect((await preflight("/nowhere")).status).toBe(204);
  expect((await preflight("/scope/ring")).status).toBe(204);
  expect((await fetch(`${api?.url}/ring`)).status).toBe(200);
});

test("a preflight reaches a route for OPTIONS that the config does not name", async () => {
  await start("guard");
  expect((await preflight("/me")).status).toBe(204);
  expect((await preflight("/reports/7")).status).toBe(204);
  for (const path of ["/users/7", "/users/"])
    expect((await preflight(path)).status, path).toBe(401);
  const other = await fetch(`${api?.url}/reports/7`, { method: "OPTIONS" });
  expect(other.status).toBe(401);
});

test("OPTIONS that is no preflight is a request like any other", async () => {
  await start("guard", "cors");
  expect((await fetch(`${api?.url}/me`, { method: "OPTIONS" })).status).toBe(401);
  const noOrigin = { method: "OPTIONS", headers: { "access-control-request-method": "GET" } };
  expect((await fetch(`${api?.url}/me`, noOrigin)).status).toBe(401);
});

test("a preflight reaches no handler that the config guards for every method", async () => {
  await start("guard");
  expect((await preflight("/all/x")).status).toBe(401);
  // Fastify lets the rest be empty; the config's pattern does not.
  expect((await preflight("/all/")).status).toBe(401);
});
