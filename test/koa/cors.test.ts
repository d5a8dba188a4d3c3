/** Preflights and responses for other origins, with CORS before and behind a guard of Koa. */
import { defineFlux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Router from "@koa/router";
import Koa, { type Middleware } from "koa";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served, serve } from "../express/support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

/** What CORS middleware does. */
const cors: Middleware = async (ctx, next) => {
  ctx.set("Access-Control-Allow-Origin", "https://app.test");
  ctx.set("Access-Control-Expose-Headers", "X-Own");
  if (ctx.method !== "OPTIONS" || ctx.get("access-control-request-method") === "") return next();
  ctx.status = 204;
};

async function start(...middleware: ("cors" | "guard")[]) {
  const guard = koaFlux(
    defineFlux({
      limits: { ring: { quota: 1, window: "1h", burst: 1, by: "ip" } },
      routes: {
        "GET /ring": { auth: "none", limit: "ring" },
        "GET /me": {},
        "* /all/*rest": {},
      },
      logger: quiet,
    }),
  );
  const app = new Koa();
  for (const each of middleware) app.use(each === "cors" ? cors : guard());
  const done: Middleware = (ctx) => {
    ctx.body = "";
  };
  const router = new Router();
  router.get("/ring", guard({ auth: "none", limit: "ring" }), done);
  router.get("/me", done);
  router.all("/all/*rest", done);
  router.use("/shop", guard());
  router.options("/shop/:id", cors);
  app.use(router.routes()).use(router.allowedMethods());
  api = await serve(app.callback());
}

const exposed = (response: Response) =>
  (response.headers.get("access-control-expose-headers") ?? "").split(", ").sort();
const preflight = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${api?.url}${path}`, {
    method: "OPTIONS",
    headers: { origin: "https://app.test", "access-control-request-method": "GET", ...headers },
  });

test("CORS before the guard answers preflights, and refusals carry its headers", async () => {
  await start("cors", "guard");
  for (const path of ["/ring", "/me", "/all/x", "/nowhere"])
    expect((await preflight(path)).status, path).toBe(204);
  const refused = await fetch(`${api?.url}/me`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.test");
});

test("another origin may read the rate limit, named once however many guards there are", async () => {
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

test("a preflight goes on to CORS, or to the router, behind the guard, uncounted", async () => {
  await start("guard", "cors");
  for (const _ of [1, 2, 3]) expect((await preflight("/ring")).status).toBe(204);
  expect((await preflight("/nowhere")).status).toBe(204);
  expect((await fetch(`${api?.url}/ring`)).status).toBe(200);
  await api?.close();
  await start("guard");
  expect((await preflight("/me")).headers.get("allow")).toBe("HEAD, GET");
  await api?.close();
  // A path that a router uses a guard for is no route's.
  await start();
  expect((await preflight("/shop/7")).status).toBe(204);
  expect((await fetch(`${api?.url}/shop/7`, { method: "OPTIONS" })).status).toBe(401);
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
});
