/** However a path is spelt, Koa and its router lead nobody to a handler whose requirement is not met. */
import { defineFlux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Router, { type RouterOptions } from "@koa/router";
import Koa, { type Middleware } from "koa";
import mount from "koa-mount";
import { afterEach, describe, expect, test } from "vitest";
import { serve } from "../express/support.ts";
import {
  askAll,
  describeSpellings,
  expectGuarded,
  guardedConfig,
  type HandlerName,
  spellings,
  type Target,
} from "../spellings/spellings.ts";

/** The spellings of GET /admin/x that @koa/router, as it comes, leads to its handler. */
const reached = [
  "/admin/x",
  "/ADMIN/x",
  "/Admin/X",
  "/aDmIn/x",
  "/admin/x/",
  "/ADMIN/X/",
  "/admin/x?a=1",
  "/admin/x?",
  "/admin/x/?a=/b",
  "/admin/x?a=../../open",
  "/admin/x?/../open",
  "http://api.test/admin/x",
  "HTTP://api.test/ADMIN/x",
  "http://other.test:80/admin/x?a",
];

interface Setup {
  readonly router?: RouterOptions;
  /** Where the guard stands: in front of the router, in front of the mount, in it, or on each route. */
  readonly place?: "app" | "before the mount" | "in the mount" | "in the router" | "on each route";
  readonly before?: Middleware;
}

const answer =
  (name: HandlerName): Middleware =>
  (ctx) => {
    ctx.set("x-handler", name);
    ctx.body = name;
  };

async function start({ router: options = {}, place = "app", before }: Setup = {}): Promise<Target> {
  const guard = koaFlux(defineFlux(guardedConfig));
  const isMounted = place === "in the mount" || place === "before the mount";
  const router = new Router({ ...options, prefix: isMounted ? "" : "/admin" });
  const own: Middleware = place === "on each route" ? guard() : (_ctx, next) => next();
  if (place === "in the router") router.use(guard());
  router.get("/x", own, answer("GET /admin/x"));
  router.delete("/x", own, answer("DELETE /admin/x"));
  router.post("/x", own, answer("POST /admin/x"));
  router.all("/area/*rest", own, answer("* /admin/area/*rest"));
  router.get("/users/public", own, answer("GET /admin/users/public"));
  router.get("/users/:id", own, answer("GET /admin/users/:id"));

  const app = new Koa();
  if (before) app.use(before);
  if (place === "app" || place === "before the mount") app.use(guard());
  if (isMounted) {
    const inside = new Koa();
    if (place === "in the mount") inside.use(guard());
    inside.use(router.routes());
    app.use(mount("/admin", inside));
  } else app.use(router.routes());
  app.use(async (ctx, next) => {
    if (ctx.path.startsWith("/open")) return answer("open")(ctx, next);
  });
  return serve(app.callback());
}

describeSpellings("no setting", () => start(), reached);
for (const router of [
  { sensitive: true },
  { strict: true },
  { sensitive: true, strict: true },
] satisfies RouterOptions[])
  describeSpellings(JSON.stringify(router), () => start({ router }));
for (const place of ["on each route", "before the mount", "in the mount"] as const)
  describeSpellings(`the guard ${place}`, () => start({ place }));
// Of a router with a prefix only this one asks its middleware for all that its routes answer: see below.
describeSpellings("the guard in a sensitive router", () =>
  start({ place: "in the router", router: { sensitive: true } }),
);

let app: Target | undefined;
afterEach(() => app?.close());

test("the list is one of spellings that reach the handler of an app without a guard", async () => {
  // Otherwise the tests above would prove nothing.
  const bare = new Koa().use(new Router().get("/admin/x", answer("GET /admin/x")).routes());
  app = await serve(bare.callback());
  const found: string[] = [];
  for (const path of spellings) {
    const { stranger } = await askAll(app, "GET", path);
    if (stranger.handler === "GET /admin/x") found.push(path);
  }
  expect(found).toEqual(expect.arrayContaining(reached));
});

describe("what a router with a prefix uses is passed over for /ADMIN, by @koa/router itself", () => {
  // A trap that no guard can mend, for it is not called; the README says what to do instead.
  test("its own prefix", async () => {
    app = await start({ place: "in the router" });
    const { stranger } = await askAll(app, "GET", "/ADMIN/x");
    expect(stranger).toEqual({ status: 200, handler: "GET /admin/x" });
  });

  test("the path that it is used at by another router", async () => {
    const guard = koaFlux(defineFlux(guardedConfig));
    const inner = new Router().use(guard()).get("/x", answer("GET /admin/x"));
    const outer = new Router().use("/admin", inner.routes());
    app = await serve(new Koa().use(outer.routes()).callback());
    expect((await askAll(app, "GET", "/admin/x")).stranger.status).toBe(401);
    expect((await askAll(app, "GET", "/ADMIN/x")).stranger.status).toBe(200);
  });
});

describe("a method that middleware overrides before the guard", () => {
  /** As koa-override does it: a POST that names another method becomes one. */
  const override: Middleware = (ctx, next) => {
    const named = ctx.get("x-http-method-override") || ctx.query._method;
    if (ctx.method === "POST" && typeof named === "string") ctx.method = named.toUpperCase();
    return next();
  };

  test.each([
    ["/admin/x", ["X-HTTP-Method-Override: DELETE"]],
    ["/admin/x?_method=DELETE", []],
    ["/ADMIN/x/?_method=GET", []],
  ] as const)("gets the other method's requirement: %s %s", async (path, headers) => {
    app = await start({ before: override });
    const handler = await expectGuarded(app, "POST", path, headers);
    expect(handler).toMatch(/^(DELETE|GET) \/admin\/x$/);
  });
});
