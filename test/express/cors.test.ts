/** Other origins: CORS middleware stands before the guard, so that refusals can be read by the page too. */
import { defineFlux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express, { type RequestHandler } from "express";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served, serve } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

/** As the cors package: answers preflights, and lets an origin read the rest. */
const cors: RequestHandler = (request, response, next) => {
  response.setHeader("Access-Control-Allow-Origin", "https://app.test");
  response.setHeader("Access-Control-Expose-Headers", "X-Own");
  if (request.method !== "OPTIONS") return next();
  response.setHeader("Access-Control-Allow-Methods", "GET,POST");
  response.status(204).end();
};

async function start(...middleware: ("cors" | "guard")[]) {
  const guard = expressFlux(
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
  const app = express();
  for (const each of middleware) app.use(each === "cors" ? cors : guard());
  app.get(
    "/ring",
    guard({ auth: "none", limit: "ring" }),
    (_request, response) => void response.end(),
  );
  app.get("/me", (_request, response) => void response.end());
  app.all("/all/*rest", (_request, response) => void response.send("handled"));
  api = await serve(app);
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

test("a preflight goes on to CORS behind the guard, uncounted", async () => {
  await start("guard", "cors");
  for (const _ of [1, 2, 3]) expect((await preflight("/ring")).status).toBe(204);
  expect((await preflight("/nowhere")).status).toBe(204);
  expect((await fetch(`${api?.url}/ring`)).status).toBe(200);
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

test("a preflight reaches no handler that the config guards for every method", async () => {
  await start("guard");
  const response = await preflight("/all/x");
  expect(response.status).toBe(401);
});
