/** Guards in the places where a Koa app has them: on all of it, in routers and mounts, one behind another. */
import { defineFlux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Router from "@koa/router";
import Koa, { type Middleware } from "koa";
import mount from "koa-mount";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served, serve } from "../express/support.ts";
import { ask, believing } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

const define = () =>
  defineFlux({
    auth: believing,
    tenant: {
      from: { claim: "org_id" },
      load: (id) => ({ plan: id === "birch" ? "pro" : "free" }),
    },
    features: { sharing: { kind: "boolean" }, tokens: { kind: "metered", per: "month" } },
    plans: {
      free: { features: { tokens: 100 } },
      pro: { extends: "free", features: { sharing: true } },
    },
    limits: { api: { quota: 1, window: "1h", burst: 10, by: "tenant" } },
    routes: {
      "GET /open": "public",
      "* /v1/reports/*rest": { roles: "staff" },
      "GET /v1/teams/:team/members/:member": { limit: "api" },
      "GET /v1/open": "public",
      "GET /v1": "public",
      "POST /chat": { use: { tokens: 10 }, limit: "api" },
    },
    logger: quiet,
  });
const guardOf = () => koaFlux(define());

const answer: Middleware = (ctx) => {
  const { tenant, routes } = ctx.state.flux ?? {};
  ctx.body = { path: ctx.path, params: ctx.params, tenant, routes };
};
const on =
  (path: string, handle: Middleware = answer): Middleware =>
  (ctx, next) =>
    ctx.path === path ? handle(ctx, next) : next();

/** @returns the messages of the errors that Koa reports. */
async function start(build: (app: Koa, guard: ReturnType<typeof guardOf>) => void) {
  const app = new Koa();
  const errors: string[] = [];
  app.on("error", (error: Error) => errors.push(error.message));
  build(app, guardOf());
  api = await serve(app.callback());
  return errors;
}
const status = async (request: string, who?: string) => (await ask(api, request, who)).status;

test("without a requirement the config decides, and what it does not name needs a caller", async () => {
  await start((app, guard) => {
    app.use(guard());
    app.use(on("/open"));
    app.use(on("/other"));
  });
  expect(await status("GET /open")).toBe(200);
  expect(await status("HEAD /open")).toBe(200);
  expect(await status("GET /other")).toBe(401);
  expect(await status("GET /other", "ann@acorn")).toBe(200);
  expect(await status("GET /nowhere")).toBe(401);
  expect(await status("GET /nowhere", "ann@acorn")).toBe(404);
});

test("the decision is at ctx.state.flux, and a client cannot put one there", async () => {
  await start((app, guard) => {
    app.use(async (ctx, next) => {
      await next();
      ctx.set("x-seen", String(ctx.state.flux?.allowed));
    });
    app.use(guard());
    app.use(answer);
  });
  const allowed = await ask(api, "GET /me", "staff@acorn");
  expect(JSON.parse(allowed.text)).toMatchObject({ tenant: { id: "acorn", plan: "free" } });
  expect(allowed.headers.get("x-seen")).toBe("true");
  const headers = { "x-flux-decision": '{"allowed":true}', "x-middleware-next": "1" };
  const denied = await ask(api, "GET /me", undefined, headers);
  expect(denied.status).toBe(401);
  expect(denied.headers.get("x-seen")).toBe("undefined");
});

test("middleware further out sees a denial, and may change it", async () => {
  const seen: unknown[] = [];
  await start((app, guard) => {
    app.use(async (ctx, next) => {
      await next();
      seen.push(ctx.status, ctx.response.get("Content-Type"), JSON.parse(String(ctx.body)).code);
      if (ctx.path === "/changed") ctx.body = "not for you";
    });
    app.use(guard());
  });
  expect((await ask(api, "GET /me")).headers.get("content-type")).toBe("application/problem+json");
  expect(seen).toEqual([401, "application/problem+json", "unauthenticated"]);
  expect(await ask(api, "GET /changed")).toMatchObject({ status: 401, text: "not for you" });
});

test("a denial takes the place of a body that was there already", async () => {
  await start((app, guard) => {
    app.use((ctx, next) => {
      ctx.body = { not: "said" };
      ctx.set("x-kept", "yes");
      return next();
    });
    app.use(guard());
  });
  const denied = await ask(api, "GET /me");
  expect(JSON.parse(denied.text)).toMatchObject({ status: 401, code: "unauthenticated" });
  expect(denied.headers.get("content-type")).toBe("application/problem+json");
  expect(denied.headers.get("content-length")).toBe(String(denied.text.length));
  expect(denied.headers.get("x-kept")).toBe("yes");
});

test("nested routers with parameters get their own route's entry", async () => {
  await start((app, guard) => {
    const members = new Router().get("/:member", guard(), answer);
    const teams = new Router({ prefix: "/v1" }).use("/teams/:team/members", members.routes());
    app.use(teams.routes());
  });
  const answered = await ask(api, "GET /v1/teams/red/members/ann", "ann@acorn");
  expect(answered.left).toEqual({ api: 9 });
  expect(JSON.parse(answered.text)).toMatchObject({
    params: { team: "red", member: "ann" },
    routes: ["GET /v1/teams/:team/members/:member"],
  });
  expect(await status("GET /v1/teams/red/members/ann")).toBe(401);
});

test("a route gets the entry of its own pattern, whatever path it was found by", async () => {
  await start((app, guard) => {
    // A router may be told a path of its own.
    const outside = new Router({ routerPath: "/v1/reports/7" });
    outside.get("/v1/reports/:id", guard({ auth: "none" }), answer);
    const inside = new Router({ routerPath: "/reports/7" });
    inside.get("/reports/:id", guard({ auth: "none" }), answer);
    const expression = new Router().get(/^\/expression$/, guard({ auth: "none" }), answer);
    app.use(expression.routes());
    app.use(mount("/v1", new Koa().use(inside.routes())));
    app.use(outside.routes());
  });
  for (const path of ["/v1/other", "/other"]) {
    expect(await status(`GET ${path}`, "ann@acorn"), path).toBe(403);
    expect(await status(`GET ${path}`, "staff@acorn"), path).toBe(200);
  }
  expect(await status("GET /expression")).toBe(200);
});

test("a guard in a mounted app sees the full path", async () => {
  await start((app, guard) => {
    const inside = new Koa().use(guard());
    const router = new Router().get("/reports/:id", guard({}), answer).get("/", answer);
    inside.use(router.routes()).use(on("/open")).use(on("/rest"));
    app.use(mount("/v1", inside));
    app.use(on("/unguarded"));
  });
  for (const path of ["/v1/open", "/v1", "/v1/", "/v1?a=1"])
    expect(await status(`GET ${path}`), path).toBe(200);
  expect(await status("GET /v1/rest")).toBe(401);
  expect(await status("GET /v1/rest", "ann@acorn")).toBe(200);
  expect(await status("GET /v1/reports/7", "ann@acorn")).toBe(403);
  expect(await status("GET /unguarded")).toBe(200);
  const allowed = await ask(api, "GET /v1/reports/7", "staff@acorn");
  expect(JSON.parse(allowed.text)).toMatchObject({ routes: ["* /v1/reports/*rest"] });
});

test("a path that middleware has rewritten gets the requirement of the handler that it leads to", async () => {
  const language: Middleware = (ctx, next) => {
    ctx.path = ctx.path.replace(/^\/de\//, "/");
    return next();
  };
  await start((app, guard) => {
    app.use(language);
    app.use(guard());
    app.use(on("/v1/reports/7")).use(on("/v1/REPORTS/7/")).use(on("/open")).use(on("/other"));
  });
  expect(await status("GET /de/v1/reports/7")).toBe(401);
  expect(await status("GET /de/v1/reports/7", "ann@acorn")).toBe(403);
  expect(await status("GET /de/v1/REPORTS/7/", "ann@acorn")).toBe(403);
  expect(await status("GET /de/v1/reports/7", "staff@acorn")).toBe(200);
  expect(await status("GET /de/open")).toBe(200);
  expect(await status("GET /de/other")).toBe(401);
  expect(await status("GET /v1/reports/7", "ann@acorn")).toBe(403);
});

test("what was rewritten before a mount, in it, or after one, is judged by where it leads", async () => {
  const cut =
    (prefix: string): Middleware =>
    (ctx, next) => {
      ctx.path = ctx.path.replace(prefix, "");
      return next();
    };
  await start((app, guard) => {
    app.use(mount("/logged", (_ctx, next) => next()));
    app.use(mount("/v1", new Koa().use(cut("/old")).use(guard()).use(on("/reports/7"))));
    app.use(cut("/de"));
    app.use(mount("/v1", new Koa().use(guard()).use(on("/reports/7"))));
    app.use((ctx, next) => {
      if (ctx.path === "/logged/away") ctx.path = "/v1/reports/8";
      return next();
    });
    app.use(guard());
    app.use(on("/v1/reports/8"));
  });
  for (const path of ["/v1/reports/7", "/v1/old/reports/7", "/de/v1/reports/7", "/logged/away"]) {
    expect(await status(`GET ${path}`, "ann@acorn"), path).toBe(403);
    expect(await status(`GET ${path}`, "staff@acorn"), path).toBe(200);
  }
});

test("in a mount inside a mount the unmatched rule counts as well", async () => {
  const flux = defineFlux({
    auth: believing,
    routes: { "GET /v1/teams": "public" },
    logger: quiet,
  });
  const guard = koaFlux(flux);
  const none: Middleware = (_ctx, next) => next();
  const teams = (inside: Middleware) =>
    mount("/v1", new Koa().use(mount("/teams", new Koa().use(inside).use(on("/")))));
  for (const [before, inside, expected] of [
    // What the outer mount cut off is not known: it might have been rewritten.
    [none, guard(), 401],
    [none, guard({ auth: "none" }), 200],
    [guard(), none, 200],
  ] as const) {
    await start((app) => app.use(before).use(teams(inside)));
    expect(await status("GET /v1/teams")).toBe(expected);
    await api?.close();
  }
});

test("what came first still holds, and the path of a router's own rewriting counts as well", async () => {
  await start((app, guard) => {
    app.use((ctx, next) => {
      if (ctx.path === "/v1/reports/moved") ctx.path = "/elsewhere";
      if (ctx.path === "/router") ctx.newRouterPath = "/v1/reports/7";
      return next();
    });
    app.use(guard());
    app.use(on("/elsewhere"));
    app.use(new Router().get("/v1/reports/:id", answer).routes());
  });
  for (const path of ["/v1/reports/moved", "/router"]) {
    expect(await status(`GET ${path}`, "ann@acorn"), path).toBe(403);
    expect(await status(`GET ${path}`, "staff@acorn"), path).toBe(200);
  }
});

test("a guard on a route adds to the config and never takes away", async () => {
  await start((app, guard) => {
    const router = new Router();
    router.post("/v1/reports/share", guard({ feature: "sharing" }), answer);
    router.post("/v1/reports/public", guard({ auth: "none" }), answer);
    router.get("/only", guard({ auth: "none" }), answer);
    app.use(router.routes());
  });
  expect(await status("POST /v1/reports/share")).toBe(401);
  expect(await status("POST /v1/reports/share", "ann@acorn")).toBe(403);
  expect(await status("POST /v1/reports/share", "staff@acorn")).toBe(402);
  expect(await status("POST /v1/reports/share", "staff@birch")).toBe(200);
  expect(await status("POST /v1/reports/public", "ann@acorn")).toBe(403);
  expect(await status("GET /only")).toBe(200);
});

test("guards in a chain charge once, and the largest cost counts", async () => {
  await start((app, guard) => {
    app.use(guard());
    const router = new Router();
    router.post(
      "/chat",
      guard({ use: { tokens: 10 }, limit: "api" }),
      guard({ use: { tokens: 25 }, limit: "api", cost: 3 }),
      guard({ use: { tokens: 5 } }),
      answer,
    );
    app.use(router.routes());
  });
  expect((await ask(api, "POST /chat", "ann@acorn")).left).toEqual({ tokens: 75, api: 7 });
  expect((await ask(api, "POST /chat", "bob@acorn")).left).toEqual({ tokens: 50, api: 4 });
});

test("what a later guard refuses costs nothing, and is told no rest that is not true", async () => {
  await start((app, guard) => {
    app.use(guard());
    const router = new Router();
    router.post("/chat", guard({ feature: "sharing" }), answer);
    router.get("/peek", guard({ use: { tokens: 0 }, limit: "api", cost: 0 }), answer);
    app.use(router.routes());
  });
  for (const _ of [1, 2, 3])
    expect(await ask(api, "POST /chat", "ann@acorn")).toMatchObject({
      status: 402,
      left: undefined,
    });
  expect((await ask(api, "GET /peek", "ann@acorn")).left).toEqual({ tokens: 100, api: 10 });
});

test("two Flux instances in one app know nothing of each other's decisions", async () => {
  const strict = defineFlux({
    auth: { jwt: { issuer: "https://elsewhere.test", audience: "a", jwks: { keys: [] } } },
    logger: quiet,
  });
  await start((app, guard) => {
    app.use(guard());
    app.use(on("/own"));
    app.use(koaFlux(strict)({}));
    app.use(answer);
  });
  expect(await status("GET /own", "ann@acorn")).toBe(200);
  expect(await status("GET /strict", "ann@acorn")).toBe(401);
});

test("a maker of guards is no guard, and a guard is no middleware", async () => {
  expect(() => koaFlux({ routes: {} } as never)).toThrow(
    "koaFlux needs a Flux: koaFlux(defineFlux({ … })). It was given an object.",
  );
  const errors = await start((app, guard) => {
    app.use(guard as never);
    app.use(answer);
  });
  expect(await ask(api, "GET /open")).toMatchObject({ status: 500, text: "Internal Server Error" });
  expect(errors).toEqual([
    "A guard was used as a middleware itself: call it, as in app.use(guard()).",
  ]);
});

test("a guard that is wrong says so when it is made", () => {
  const guard = guardOf();
  expect(() => guard({ feature: "sharings" as "sharing" })).toThrow(
    /feature: "sharings" is no feature\. Did you mean "sharing"\?/,
  );
  expect(() => guard({ cost: 2 })).toThrow(/cost/);
});
