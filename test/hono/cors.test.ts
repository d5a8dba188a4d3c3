/** Other origins: hono/cors stands before the guard, so that refusals can be read by the page too. */
import { defineFlux } from "@flux/core";
import { honoFlux } from "@flux/hono";
import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served, serveHono } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

async function start(...middleware: ("cors" | "guard")[]) {
  const guard = honoFlux(
    defineFlux({
      limits: { ring: { quota: 1, window: "1h", burst: 1, by: "ip" } },
      routes: {
        "GET /ring": { auth: "none", limit: "ring" },
        "GET /me": {},
        "* /all/*rest": {},
      },
      logger: quiet,
    }),
    { connInfo: getConnInfo },
  );
  const app = new Hono();
  for (const each of middleware)
    app.use(
      each === "cors" ? cors({ origin: "https://app.test", exposeHeaders: ["X-Own"] }) : guard(),
    );
  app.get("/ring", guard({ auth: "none", limit: "ring" }), (c) => c.body(null));
  app.get("/me", (c) => c.body(null));
  app.options("/own", (c) => c.text("own", 204 as 200));
  app.options("/guarded", guard(), (c) => c.text("guarded"));
  app.all("/all/*", (c) => c.text("handled"));
  app.all("/every", (c) => c.text("handled"));
  api = await serveHono(app);
}

const exposed = (response: Response) =>
  (response.headers.get("access-control-expose-headers") ?? "").split(", ").sort();
const fromPage = (path: string) =>
  fetch(`${api?.url}${path}`, { headers: { origin: "https://app.test" } });
const preflight = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${api?.url}${path}`, {
    method: "OPTIONS",
    headers: { origin: "https://app.test", "access-control-request-method": "GET", ...headers },
  });

test("CORS before the guard answers preflights, and refusals carry its headers", async () => {
  await start("cors", "guard");
  for (const path of ["/ring", "/me", "/all/x", "/nowhere"])
    expect((await preflight(path)).status, path).toBe(204);
  const refused = await fromPage("/me");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.test");
});

test.each([
  ["before", ["cors", "guard"]],
  ["behind", ["guard", "cors"]],
] as const)(
  "with CORS %s the guard another origin may read the rate limit, named once",
  async (where, order) => {
    await start(...order);
    const names = ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Own"];
    const allowed = await fromPage("/ring");
    expect(allowed.status).toBe(200);
    expect(exposed(allowed)).toEqual(names);
    const refused = await fromPage("/ring");
    expect(refused.status).toBe(429);
    if (where === "before") expect(exposed(refused)).toEqual(names);
  },
);

test("without CORS nothing is exposed", async () => {
  await start("guard");
  const response = await fromPage("/ring");
  expect(response.headers.get("ratelimit")).not.toBeNull();
  expect(response.headers.has("access-control-expose-headers")).toBe(false);
});

test("a preflight goes on to CORS behind the guard, uncounted", async () => {
  await start("guard", "cors");
  for (const _ of [1, 2, 3]) expect((await preflight("/ring")).status).toBe(204);
  expect((await preflight("/nowhere")).status).toBe(204);
  expect((await fromPage("/ring")).status).toBe(200);
});

test("a preflight goes on to a handler of OPTIONS, but not past a guard that stands on it", async () => {
  await start("guard");
  expect((await preflight("/own")).status).toBe(204);
  expect((await preflight("/guarded")).status).toBe(401);
});

test("OPTIONS that is no preflight is a request like any other", async () => {
  await start("guard", "cors");
  const plain = await fetch(`${api?.url}/me`, { method: "OPTIONS" });
  expect(plain.status).toBe(401);
  const noOrigin = await fetch(`${api?.url}/me`, {
    method: "OPTIONS",
    headers: { "access-control-request-method": "GET" },
  });
  expect(noOrigin.status).toBe(401);
});

test("a preflight reaches no handler of every method", async () => {
  await start("guard");
  // The config guards the first for every method; of the second Hono says that its handler will run.
  expect((await preflight("/all/x")).status).toBe(401);
  expect((await preflight("/every")).status).toBe(401);
});
