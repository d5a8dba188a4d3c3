/** What a refused and an allowed client gets from Koa, also where something fails or comes too late. */
import { defineFlux, type Flux, type FluxConfig } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Koa, { HttpError, type Middleware } from "koa";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served, serve } from "../express/support.ts";
import { ask, believing } from "./support.ts";
import { defineWire, expressAnswers, wireAnswers } from "./wire.ts";

let api: Served | undefined;
afterEach(() => api?.close());

/** @returns the errors that Koa reports. */
async function start(...middleware: Middleware[]): Promise<Error[]> {
  const app = new Koa();
  const errors: Error[] = [];
  app.on("error", (error: Error) => errors.push(error));
  for (const each of middleware) app.use(each);
  api = await serve(app.callback());
  return errors;
}
const guardOf = (flux: Flux) => koaFlux(flux)();

test("every answer is that of Express, byte for byte", async () => {
  await start(koaFlux(defineWire())(), (ctx) => {
    ctx.set("x-handled", "yes");
    ctx.body = "";
  });
  const koa = await wireAnswers(api?.port as number);
  expect(koa).toEqual(await expressAnswers());
  const statuses = new Set(koa.map(({ head }) => head[0]?.split(" ")[1]));
  expect([...statuses].sort()).toEqual(
    // biome-ignore format: a table
    ["200", "204", "302", "303", "400", "401", "402", "403", "404", "410", "418", "429"],
  );
});

const define = (more: FluxConfig = {}) =>
  defineFlux({
    auth: believing,
    tenant: { from: { claim: "org_id" }, load: () => ({ plan: "free" }) },
    plans: { free: {} },
    limits: { api: { quota: 60, window: "1m", burst: 9, by: "tenant" } },
    routes: { "* /*any": { limit: "api" } },
    ...more,
    logger: quiet,
  }) as never as Flux;

describe("an error of the handler", () => {
  const shared = Object.assign(new Error("shared"), { status: 409, headers: { "X-Own": "1" } });
  const cors: Middleware = async (ctx, next) => {
    if (ctx.path !== "/cors") return next();
    const allowed = { "access-control-allow-origin": "*" };
    ctx.set(allowed);
    // As @koa/cors does, whose headers would be lost on an error as well.
    await next().catch((error: Error) => {
      throw Object.assign(error, { headers: allowed });
    });
  };
  const fail: Middleware = (ctx) => {
    if (ctx.path === "/thrown") ctx.throw(422, "Not so.");
    if (ctx.path === "/own") ctx.throw(429, "Slow.", { headers: { ratelimit: '"own";r=0;t=1' } });
    if (ctx.path === "/shared") throw shared;
    if (ctx.path === "/frozen") throw Object.freeze(new Error("frozen"));
    if (ctx.path === "/text") throw "a text";
    throw new Error("broken");
  };

  test("keeps the rate limit, with the error's own headers", async () => {
    const errors = await start(cors, guardOf(define()), fail);
    const plain = await ask(api, "GET /any", "ann@acorn");
    expect(plain).toMatchObject({ status: 500, text: "Internal Server Error", left: { api: 8 } });
    expect(plain.headers.get("ratelimit-policy")).toBe('"api";q=60;w=60');
    expect(plain.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await ask(api, "GET /thrown", "ann@acorn")).toMatchObject({
      status: 422,
      text: "Not so.",
      left: { api: 7 },
    });
    const own = await ask(api, "GET /own", "ann@acorn");
    expect(own).toMatchObject({ status: 429, left: { own: 0 } });
    expect(own.headers.get("ratelimit-policy")).toBe('"api";q=60;w=60');
    expect(errors.map(({ message }) => message)).toEqual(["broken", "Not so.", "Slow."]);
    // What Koa reports is the very error that was thrown, as it was.
    expect(errors[1]).toBeInstanceOf(HttpError);
    expect(errors[1]).not.toHaveProperty("headers");
    expect(errors[2]).toHaveProperty("headers", { ratelimit: '"own";r=0;t=1' });
  });

  test("may be read by another origin, where CORS puts its headers on errors", async () => {
    await start(cors, guardOf(define()), fail);
    const { headers } = await ask(api, "GET /cors", "ann@acorn");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-expose-headers")).toContain("RateLimit");
    const without = await ask(api, "GET /any", "ann@acorn");
    expect(without.headers.has("access-control-expose-headers")).toBe(false);
  });

  test("that is thrown for many requests tells none of another's", async () => {
    const outside: Middleware = (ctx, next) => {
      if (ctx.path === "/outside") throw shared;
      return next();
    };
    await start(outside, guardOf(define()), fail);
    await ask(api, "GET /shared", "ann@acorn");
    const second = await ask(api, "GET /shared", "bea@birch");
    expect(second).toMatchObject({ status: 409, left: { api: 8 } });
    expect(second.headers.get("x-own")).toBe("1");
    expect((await ask(api, "GET /outside")).left).toBeUndefined();
    expect(shared.headers).toEqual({ "X-Own": "1" });
  });

  test("that is none is answered as well", async () => {
    await start(guardOf(define()), fail);
    expect((await ask(api, "GET /text", "ann@acorn")).status).toBe(500);
  });

  test("is answered by error middleware with the headers that are there", async () => {
    await start(
      async (ctx, next) => {
        await next().catch((error: Error) => {
          ctx.status = 503;
          ctx.body = { error: error.message };
        });
      },
      guardOf(define()),
      fail,
    );
    expect(await ask(api, "GET /any", "ann@acorn")).toMatchObject({
      status: 503,
      text: '{"error":"broken"}',
      left: { api: 8 },
    });
  });
});

test("what onDenied throws is Koa's to answer, and nothing is let through", async () => {
  const handled: string[] = [];
  const flux = define({
    onDenied(_decision, { url }) {
      if (url === "/sync") throw new Error("thrown");
      return Promise.reject(new Error("rejected"));
    },
  });
  const errors = await start(guardOf(flux), (ctx) => void handled.push(ctx.path));
  for (const path of ["/sync", "/async"])
    expect(await ask(api, `GET ${path}`)).toMatchObject({
      status: 500,
      text: "Internal Server Error",
    });
  expect(errors.map(({ message }) => message)).toEqual(["thrown", "rejected"]);
  expect(handled).toEqual([]);
});

test("a Flux that is broken is an error, and opens nothing", async () => {
  let broken = false;
  const flux = define({
    now() {
      if (broken) throw new Error("no clock");
      return Date.now();
    },
  });
  const errors = await start(guardOf(flux), (ctx) => {
    ctx.body = "handled";
  });
  broken = true;
  expect((await ask(api, "GET /any", "ann@acorn")).status).toBe(500);
  expect(errors.map(({ message }) => message)).toEqual(["no clock"]);
});

/** A tenant's record that comes when the test says so. */
function slowTenants(more: FluxConfig) {
  const waiting: (() => void)[] = [];
  const load = () =>
    new Promise<{ plan: string }>((resolve) => {
      waiting.push(() => resolve({ plan: "free" }));
    });
  const flux = define({ tenant: { from: { claim: "org_id" }, load }, ...more } as FluxConfig);
  return { flux, goOn: () => waiting.splice(0).forEach((found) => void found()) };
}

test("a request that something else has answered meanwhile is left alone", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  const { flux, goOn } = slowTenants({
    routes: { "GET /allowed": { limit: "api" }, "GET /denied": { roles: "nobody" } },
  });
  let decided = 0;
  flux.on("decision", () => void decided++);
  const handled: string[] = [];
  const errors = await start(
    async (ctx, next) => {
      const late = new Promise((resolve) => setTimeout(resolve, 40));
      await Promise.race([next(), late]);
      ctx.status = 503;
      ctx.body = "too late";
    },
    guardOf(flux),
    (ctx) => {
      handled.push(ctx.path);
      ctx.body = "handled";
    },
  );
  for (const [who, path] of [
    ["ann@acorn", "/allowed"],
    ["bea@birch", "/denied"],
  ] as const) {
    expect(await ask(api, `GET ${path}`, who)).toMatchObject({ status: 503, text: "too late" });
    goOn();
  }
  await expect.poll(() => decided, { timeout: 4_000 }).toBe(2);
  // What nobody handles is told by the end of this turn.
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  expect(errors).toEqual([]);
  // Whoever waited has had an answer: no work is begun for it.
  expect(handled).toEqual([]);
});

test("where Koa is told not to respond, a denial goes to Node's response", async () => {
  await start(
    (ctx, next) => {
      ctx.respond = false;
      return next();
    },
    guardOf(define()),
    (ctx) => {
      ctx.res.statusCode = 200;
      ctx.res.end("handled");
    },
  );
  expect(await ask(api, "GET /any", "ann@acorn")).toMatchObject({ status: 200, left: { api: 8 } });
  const denied = await ask(api, "GET /any");
  expect(denied.status).toBe(401);
  expect(denied.headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(denied.text)).toMatchObject({ code: "unauthenticated" });
});
