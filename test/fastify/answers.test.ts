/** What a refused and an allowed client gets from Fastify, also where something fails or comes too late. */
import { defineFlux, type Flux, type FluxConfig } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served } from "../express/support.ts";
import { ask, believing } from "../koa/support.ts";
import { defineWire, expressAnswers, wireAnswers } from "../koa/wire.ts";
import { listen } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

async function start(
  flux: Flux,
  build: (app: FastifyInstance) => void,
  before: (app: FastifyInstance) => void = () => undefined,
): Promise<FastifyInstance> {
  const app = fastify();
  before(app);
  await app.register(fastifyFlux, { flux });
  build(app);
  api = await listen(app);
  return app;
}

test("every answer is that of Express, byte for byte", async () => {
  await start(defineWire(), (app) => {
    app.all("/*", (_request, reply) => reply.header("x-handled", "yes").send());
  });
  const answers = await wireAnswers(api?.port as number);
  expect(answers).toEqual(await expressAnswers());
});

test("a denial is the same where a header was set before", async () => {
  const build = (app: FastifyInstance) => {
    app.all("/*", (_request, reply) => reply.header("x-handled", "yes").send());
  };
  await start(defineWire(), build, (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.headers({ "content-type": "text/html", "cache-control": "public" });
    });
  });
  const denied = await ask(api, "GET /me");
  expect(denied.headers.get("content-type")).toBe("application/problem+json");
  expect(denied.headers.get("cache-control")).toBe("no-store");
});

test("onSend hooks see a denial, and may change it", async () => {
  const seen: unknown[] = [];
  await start(define(), (app) => {
    app.addHook("onSend", async (request, reply, payload) => {
      seen.push(reply.statusCode, reply.getHeader("content-type"), request.flux);
      reply.header("x-sent", "yes");
      if (request.url === "/changed") return "not for you";
      return payload;
    });
    app.addHook("onResponse", async (_request, reply) => {
      seen.push(reply.getHeader("x-sent"));
    });
    app.get("/me", () => "me");
    app.get("/changed", () => "changed");
  });
  const denied = await ask(api, "GET /me");
  expect(denied).toMatchObject({ status: 401 });
  expect(denied.headers.get("x-sent")).toBe("yes");
  expect(JSON.parse(denied.text)).toMatchObject({ code: "unauthenticated" });
  await expect.poll(() => seen).toEqual([401, "application/problem+json", null, "yes"]);
  expect(await ask(api, "GET /changed")).toMatchObject({ status: 401, text: "not for you" });
});

const define = (more: FluxConfig = {}): Flux =>
  defineFlux({
    auth: believing,
    tenant: { from: { claim: "org_id" }, load: () => ({ plan: "free" }) },
    plans: { free: {} },
    limits: { api: { quota: 60, window: "1m", burst: 9, by: "tenant" } },
    routes: { "* /*any": { limit: "api" } },
    ...more,
    logger: quiet,
  });

describe("the rate limit is on every answer that a handler gives", () => {
  const build = (app: FastifyInstance) => {
    app.get("/throws", () => {
      throw new Error("broken");
    });
    app.get("/coded", async () => {
      throw Object.assign(new Error("Not so."), { statusCode: 422, headers: { "x-own": "1" } });
    });
    app.get("/own", (_request, reply) => reply.header("RateLimit", '"own";r=0;t=1').send("own"));
    app.get("/hijacked", (_request, reply) => {
      reply.hijack();
      reply.raw.end("hijacked");
    });
    app.get("/response", () => new Response("a response", { status: 201 }));
    app.get("/json", { schema: { response: { 200: { type: "object" } } } }, () => ({}));
    const params = { type: "object", properties: { id: { type: "integer" } } };
    app.get("/validated/:id", { schema: { params } }, () => "ok");
  };

  test("also where it throws, or does not exist", async () => {
    await start(define(), build);
    expect(await ask(api, "GET /throws", "ann@acorn")).toMatchObject({
      status: 500,
      text: '{"statusCode":500,"error":"Internal Server Error","message":"broken"}',
      left: { api: 8 },
    });
    const coded = await ask(api, "GET /coded", "ann@acorn");
    expect(coded).toMatchObject({ status: 422, left: { api: 7 } });
    expect(coded.headers.get("x-own")).toBe("1");
    expect(coded.headers.get("ratelimit-policy")).toBe('"api";q=60;w=60');
    expect(await ask(api, "GET /nowhere", "ann@acorn")).toMatchObject({
      status: 404,
      left: { api: 6 },
    });
    expect((await ask(api, "GET /validated/x", "ann@acorn")).left).toEqual({ api: 5 });
  });

  test("also by an error handler of one's own", async () => {
    await start(define(), build, (app) => {
      app.setErrorHandler((error: Error, _request, reply) => {
        reply.code(503).send({ own: error.message });
      });
      app.setNotFoundHandler((_request, reply) => reply.code(404).send("nothing here"));
    });
    expect(await ask(api, "GET /throws", "ann@acorn")).toMatchObject({
      status: 503,
      text: '{"own":"broken"}',
      left: { api: 8 },
    });
    expect(await ask(api, "GET /nowhere", "ann@acorn")).toMatchObject({
      status: 404,
      text: "nothing here",
      left: { api: 7 },
    });
  });

  test("also on what it sends by itself, and its own header comes first", async () => {
    await start(define(), build);
    expect(await ask(api, "GET /hijacked", "ann@acorn")).toMatchObject({
      text: "hijacked",
      left: { api: 8 },
    });
    expect(await ask(api, "GET /response", "ann@acorn")).toMatchObject({
      status: 201,
      left: { api: 7 },
    });
    expect((await ask(api, "GET /json", "ann@acorn")).left).toEqual({ api: 6 });
    expect((await ask(api, "HEAD /json", "ann@acorn")).left).toEqual({ api: 5 });
    expect((await ask(api, "GET /own", "ann@acorn")).left).toEqual({ own: 0 });
  });
});

test("what onDenied throws is Fastify's to answer, and nothing is let through", async () => {
  const handled: string[] = [];
  const flux = define({
    onDenied(_decision, { url }) {
      if (url === "/sync") throw new Error("thrown");
      return Promise.reject(new Error("rejected"));
    },
  });
  await start(flux, (app) => {
    app.get("/sync", () => handled.push("sync"));
    app.get("/async", () => handled.push("async"));
  });
  for (const [path, message] of [
    ["/sync", "thrown"],
    ["/async", "rejected"],
  ] as const) {
    const answered = await ask(api, `GET ${path}`);
    expect(answered.status).toBe(500);
    expect(JSON.parse(answered.text)).toMatchObject({ message });
  }
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
  await start(flux, (app) => {
    app.get("/me", () => "handled");
  });
  broken = true;
  const answered = await ask(api, "GET /me", "ann@acorn");
  expect(answered.status).toBe(500);
  expect(JSON.parse(answered.text)).toMatchObject({ message: "no clock" });
});

test("a request that something else has answered meanwhile is left alone", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  const waiting: (() => void)[] = [];
  const load = () =>
    new Promise<{ plan: string }>((resolve) => {
      waiting.push(() => resolve({ plan: "free" }));
    });
  const flux = define({
    tenant: { from: { claim: "org_id" }, load },
    routes: { "GET /allowed": { limit: "api" }, "GET /denied": { roles: "nobody" } },
  });
  let decided = 0;
  flux.on("decision", () => void decided++);
  const handled: string[] = [];
  const errors: string[] = [];
  await start(
    flux,
    (app) => {
      app.get("/allowed", () => handled.push("allowed"));
      app.get("/denied", () => handled.push("denied"));
    },
    (app) => {
      app.addHook("onRequest", (_request, reply, done) => {
        setTimeout(() => reply.code(503).send("too late"), 40);
        done();
      });
      app.addHook("onError", async (_request, _reply, error) => void errors.push(error.message));
    },
  );
  for (const [who, path] of [
    ["ann@acorn", "/allowed"],
    ["bea@birch", "/denied"],
  ] as const) {
    expect(await ask(api, `GET ${path}`, who)).toMatchObject({ status: 503, text: "too late" });
    for (const found of waiting.splice(0)) found();
  }
  await expect.poll(() => decided, { timeout: 4_000 }).toBe(2);
  // What nobody handles is told by the end of this turn.
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  expect(errors).toEqual([]);
  // Fastify itself runs no handler for a request that has been answered.
  expect(handled).toEqual([]);
});

test("what has begun to be sent meanwhile goes on to its end", async () => {
  let goOn = () => {};
  const flux = define({
    tenant: {
      from: { claim: "org_id" },
      load: () => new Promise<{ plan: string }>((found) => (goOn = () => found({ plan: "free" }))),
    },
    routes: { "GET /denied": { roles: "nobody" } },
  });
  await start(
    flux,
    (app) => {
      app.get("/denied", () => "handled");
    },
    (app) => {
      app.addHook("onRequest", (_request, reply, done) => {
        setTimeout(() => {
          reply.raw.write("please ");
          goOn();
          setTimeout(() => reply.raw.end("wait"), 30);
        }, 10);
        done();
      });
    },
  );
  expect(await ask(api, "GET /denied", "ann@acorn")).toMatchObject({
    status: 200,
    text: "please wait",
  });
});

test("inject gets what a client would get", async () => {
  const app = await start(define(), (app) => {
    app.get("/me", (request) => request.flux?.principal?.id ?? "nobody");
  });
  const denied = await app.inject("/me");
  expect(denied.statusCode).toBe(401);
  expect(denied.headers["content-type"]).toBe("application/problem+json");
  const allowed = await app.inject({ url: "/me", headers: { who: "ann@acorn" } });
  expect(allowed.body).toBe("custom|ann");
  expect(allowed.headers.ratelimit).toBe('"api";r=8;t=1');
});
