/** What handlers may look like: their patterns, the methods they answer, and the responses they give. */
import { defineFlux } from "@flux/core";
import { honoFlux } from "@flux/hono";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { quiet } from "../express/support.ts";

const define = () =>
  defineFlux({
    auth: { custom: () => ({ subject: "ann", cookie: false }) },
    routes: {
      "GET /posts/:filename": { roles: "staff" },
      "GET /orders/:id": { roles: "staff" },
    },
    unmatched: "public",
    logger: quiet,
  });

test.each([
  ["/posts/:filename{.+}", "/posts/a/b.png"],
  ["/posts/:filename{.+\\.png}", "/posts/a/b.png"],
  ["/posts/:filename{.+\\.png}", "/posts/b.png"],
  ["/orders/:id{[0-9]+}", "/orders/7"],
  ["/orders/:id?", "/orders"],
])("%s reached by %s asks for the entry of its pattern", async (pattern, path) => {
  const app = new Hono().use(honoFlux(define())()).get(pattern, (c) => c.text("handled"));
  expect((await app.request(path)).status).toBe(403);
});

describe("a preflight reaches no handler for every method undecided", () => {
  const flux = () => defineFlux({ routes: {}, logger: quiet });
  const preflight = {
    method: "OPTIONS",
    headers: { origin: "https://app.test", "access-control-request-method": "GET" },
  };

  test("of a wildcard", async () => {
    const app = new Hono().use(honoFlux(flux())()).all("/w/*", (c) => c.text("handled"));
    expect((await app.request("/w/x", preflight)).status).toBe(401);
  });

  test("of a wildcard with a guard of its own", async () => {
    const guard = honoFlux(flux());
    const app = new Hono().all("/w/*", guard(), (c) => c.text("handled"));
    expect((await app.request("/w/x", preflight)).status).toBe(401);
  });
});

test("a response that cannot be sent is an error, and its charge goes back", async () => {
  const flux = defineFlux({
    auth: { custom: () => ({ subject: "ann", cookie: false }) },
    limits: { api: { quota: 1, window: "1h", by: "principal" } },
    routes: { "GET /read": { limit: "api", refundOn: [500] } },
    logger: quiet,
  });
  const app = new Hono().use(honoFlux(flux)()).get("/read", async () => {
    const response = new Response("read");
    await response.text();
    return response;
  });
  for (let asked = 0; asked < 3; asked++) expect((await app.request("/read")).status).toBe(500);
});
