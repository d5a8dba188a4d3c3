/** What an app changes of a request before the guard sees it, and what Hono says will handle it. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { honoFlux } from "@flux/hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodOverride } from "hono/method-override";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served, serveHono } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

/** Believes headers: what is tested is what a caller may do, not who it is. */
const auth: FluxConfig["auth"] = {
  custom: ({ headers }) => {
    const scopes = (headers as Headers).get("scopes");
    const tenants = (headers as Headers).get("tenants")?.split(",");
    return scopes === null ? undefined : { subject: "ann", scopes, ...(tenants && { tenants }) };
  },
};

const define = (routes: FluxConfig["routes"], more: Partial<FluxConfig> = {}) =>
  defineFlux({ auth, routes, logger: quiet, ...(more as object) } as FluxConfig);

async function ask(line: string, headers: Record<string, string> = {}, body?: string) {
  const [method, path] = line.split(" ");
  const response = await fetch(`${api?.url}${path}`, {
    method: method as string,
    headers,
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}
const reader = { scopes: "read" };

test("the pattern that Hono will go by adds its entry, in an optional part and behind a wildcard", async () => {
  const guard = honoFlux(
    define({
      "* /files/*rest": "public",
      "GET /files/secret/:id": { scopes: "secret" },
      "GET /animals/:kind": { scopes: "animals" },
      "GET /animals": "public",
    }),
  );
  const app = new Hono();
  app.use(guard());
  // A regular expression that takes more than one segment.
  app.get("/files/secret/:id{.+}", (c) => c.text("secret"));
  app.get("/animals/:kind?", (c) => c.text("animals"));
  app.get("*", (c) => c.text("fallback"));
  api = await serveHono(app);
  // By its path alone this would be one of the public files.
  expect((await ask("GET /files/secret/a/b", reader)).status).toBe(403);
  expect((await ask("GET /files/secret/a/b", { scopes: "secret" })).text).toBe("secret");
  expect((await ask("GET /files/other/a/b")).text).toBe("fallback");
  expect((await ask("GET /animals/cat", reader)).status).toBe(403);
});

test("a fallback for every path is not the pattern of those before it, nor of its own", async () => {
  const guard = honoFlux(define({ "GET /:page": { scopes: "pages" } }, { unmatched: "public" }));
  const app = new Hono();
  app.use(guard());
  app.get("/api/health", (c) => c.text("fine"));
  app.get("*", (c) => c.text("fallback"));
  api = await serveHono(app);
  expect((await ask("GET /api/health")).text).toBe("fine");
  expect((await ask("GET /assets/logo.png")).text).toBe("fallback");
  expect((await ask("GET /about", reader)).status).toBe(403);
});

test("the middleware of a part of the app is no pattern either", async () => {
  const guard = honoFlux(define({ "GET /:page": { scopes: "pages" } }, { unmatched: "public" }));
  const app = new Hono();
  app.get("/admin/*", guard(), (_c, next) => next());
  app.get("/admin/:id", (_c, next) => next());
  app.get("/admin/x", (c) => c.text("x"));
  api = await serveHono(app);
  expect((await ask("GET /admin/x")).text).toBe("x");
});

test("a request that middleware has made anew is judged by both", async () => {
  const guard = honoFlux(
    define({ "* /internal/*rest": { roles: "staff" } }, { unmatched: "public" }),
  );
  const app = new Hono();
  app.use(async (c, next) => {
    c.req.raw = new Request(c.req.url.replace("/internal/", "/public/"), c.req.raw);
    await next();
  });
  app.use(bodyLimit({ maxSize: 10 }));
  app.use(guard());
  app.all("/internal/x", async (c) => c.text(`internal ${await c.req.text()}`));
  api = await serveHono(app);
  expect((await ask("POST /internal/x", {}, "a body")).status).toBe(401);
  expect((await ask("POST /internal/x", reader, "a body")).status).toBe(403);
});

test("the tenant of a path of the app's own making is the one that the handler reads", async () => {
  const flux = define(
    { "GET /t/:tenant/reports": {}, "GET /old/:tenant/reports": {} },
    { tenant: { from: { path: "/t/:tenant" } } },
  );
  const app = new Hono({
    getPath: (request) => new URL(request.url).pathname.replace(/^\/old\/(\w+)/, "/t/$1"),
  });
  app.use(honoFlux(flux)());
  app.get("/t/:tenant/reports", (c) => c.text(c.req.param("tenant")));
  api = await serveHono(app);
  const member = { scopes: "read", tenants: "acorn" };
  expect((await ask("GET /t/birch/reports", member)).status).toBe(403);
  expect((await ask("GET /old/birch/reports", member)).status).toBe(403);
  expect(await ask("GET /old/acorn/reports", member)).toMatchObject({ status: 200, text: "acorn" });
});

test("an app below another one by mount is guarded from outside, by the full path", async () => {
  const guard = honoFlux(define({ "* /below/staff/*rest": { roles: "staff" } }));
  const below = new Hono();
  below.get("/staff/x", (c) => c.text("below"));
  const app = new Hono();
  app.use(guard());
  app.mount("/below", below.fetch);
  api = await serveHono(app);
  expect((await ask("GET /below/staff/x", reader)).status).toBe(403);
  expect((await ask("GET /below/%73taff/x", reader)).status).toBe(403);
  expect((await ask("GET /below/staff/x")).status).toBe(401);
});

test("method-override goes before the guard: behind it, a request is decided and charged twice", async () => {
  const charges = async (...order: ("override" | "guard")[]) => {
    const flux = define(
      { "* /x": { limit: "api" } },
      { limits: { api: { quota: 60, window: "1h", burst: 60, by: "principal" } } },
    );
    const guard = honoFlux(flux)();
    const app = new Hono();
    for (const each of order)
      app.use(each === "guard" ? guard : methodOverride({ app, header: "x-method" }));
    app.delete("/x", (c) => c.text("deleted"));
    api = await serveHono(app);
    const { status, headers } = await ask("POST /x", { ...reader, "x-method": "DELETE" });
    expect(status).toBe(200);
    const left = Number(/r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]);
    await api.close();
    api = undefined;
    return 60 - left;
  };
  expect(await charges("override", "guard")).toBe(1);
  expect(await charges("guard", "override")).toBe(2);
});
