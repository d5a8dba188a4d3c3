/** How a response of Koa ends, and what that does to what was charged: answers, errors, streams, clients that leave. */
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { defineFlux } from "@flux/core";
import { koaFlux } from "@flux/koa";
import Koa, { type Middleware } from "koa";
import { afterEach, expect, test } from "vitest";
import { open, quiet, type Served, serve, until } from "../express/support.ts";
import { ask, believing, leftOf } from "./support.ts";

let api: Served | undefined;
/** What the look-up of a tenant waits for. */
let slow: Promise<void> | undefined;
let asked = 0;
afterEach(() => api?.close());

/** The machine may be busy. */
const patience = { timeout: 4_000 };
const left = () => leftOf(api, "ann@acorn")();
const post = async (path: string) => (await ask(api, `POST ${path}`, "ann@acorn")).status;

const define = () =>
  defineFlux({
    auth: believing,
    tenant: {
      from: { claim: "org_id" },
      async load() {
        asked++;
        await slow;
        return { plan: "free" };
      },
    },
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { free: { features: { tokens: 1_000 } } },
    routes: {
      "POST /jobs/:kind": { use: { tokens: 100 }, refundOn: [500, 502] },
      "POST /stream/:kind": { use: { tokens: 100 }, refundOn: ({ aborted }) => aborted },
      "POST /left": { use: { tokens: 100 }, refundOn: [499] },
      "GET /left": { use: { tokens: 0 } },
    },
    logger: quiet,
  });

type Handlers = Record<string, Middleware>;

/** @returns what has been closed, and what handlers note. */
async function start(handlers: (noted: string[]) => Handlers): Promise<string[]> {
  const noted: string[] = [];
  const app = new Koa();
  app.silent = true;
  app.use((ctx, next) => {
    ctx.res.once("close", () => noted.push(`closed ${ctx.path}`));
    return next();
  });
  app.use(koaFlux(define())());
  const all: Handlers = {
    "GET /left": (ctx) => {
      ctx.body = String(ctx.state.flux?.feature("tokens").remaining);
    },
    ...handlers(noted),
  };
  app.use((ctx, next) => all[`${ctx.method} ${ctx.path}`]?.(ctx, next));
  api = await serve(app.callback());
  return noted;
}

/** Sends a request and gives the connection, so that the test can leave. */
async function begin(path: string) {
  const socket = await open(api?.port as number);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nWho: ann@acorn\r\nContent-Length: 0\r\n\r\n`);
  return socket;
}

test("a failed answer gives back what it cost, however it failed", async () => {
  await start(() => ({
    "POST /jobs/ok": (ctx) => {
      ctx.body = "ok";
    },
    "POST /jobs/wrong": (ctx) => {
      ctx.status = 422;
    },
    "POST /jobs/bad": (ctx) => {
      ctx.status = 502;
    },
    "POST /jobs/throws": () => {
      throw new Error("sync");
    },
    "POST /jobs/rejects": async () => {
      await null;
      throw new Error("async");
    },
    "POST /jobs/thrown": (ctx) => ctx.throw(502),
  }));
  expect(await post("/jobs/ok")).toBe(200);
  expect(await left()).toBe(900);
  expect(await post("/jobs/wrong")).toBe(422);
  expect(await left()).toBe(800);
  for (const [kind, status] of [
    ["bad", 502],
    ["throws", 500],
    ["rejects", 500],
    ["thrown", 502],
  ] as const) {
    expect(await post(`/jobs/${kind}`)).toBe(status);
    await expect.poll(left, patience).toBe(800);
  }
});

test("what was settled is final, also when the answer fails afterwards", async () => {
  const noted = await start(() => ({
    "POST /jobs/settled": async (ctx) => {
      await ctx.state.flux?.settle({ tokens: 30 });
      ctx.throw(502);
    },
  }));
  expect(await post("/jobs/settled")).toBe(502);
  await until(() => noted.includes("closed /jobs/settled"));
  expect(await left()).toBe(970);
});

test("a stream is answered with the rate limit, and settles to what it took", async () => {
  await start(() => ({
    "POST /stream/words": (ctx) => {
      const words = async function* () {
        yield "a first part, ";
        await ctx.state.flux?.settle({ tokens: 7 });
        yield "and the last";
      };
      ctx.type = "text";
      ctx.body = Readable.from(words());
    },
  }));
  const streamed = await ask(api, "POST /stream/words", "ann@acorn");
  expect(streamed).toMatchObject({ text: "a first part, and the last", left: { tokens: 900 } });
  expect(await left()).toBe(993);
});

test("a stream that breaks off gives back what it cost", async () => {
  const noted = await start(() => ({
    "POST /stream/broken": (ctx) => {
      const stream = new PassThrough();
      stream.write("a first part");
      setTimeout(() => stream.destroy(new Error("no more")), 20);
      ctx.body = stream;
    },
    "POST /stream/unreadable": (ctx) => {
      const stream = new PassThrough();
      ctx.body = stream;
      stream.destroy(new Error("nothing at all"));
    },
  }));
  await expect(ask(api, "POST /stream/broken", "ann@acorn")).rejects.toThrow();
  await until(() => noted.includes("closed /stream/broken"));
  await expect.poll(left, patience).toBe(1_000);
});

test("a client that leaves before the answer pays nothing where the config says so", async () => {
  const noted = await start((noted) => ({
    "POST /left": () => {
      noted.push("asked");
      return new Promise(() => undefined);
    },
  }));
  const socket = await begin("/left");
  await until(() => noted.includes("asked"));
  expect(await left()).toBe(900);
  socket.destroy();
  await until(() => noted.includes("closed /left"));
  await expect.poll(left, patience).toBe(1_000);
});

test("a client that leaves in the middle of a stream is told apart from one that stays", async () => {
  const noted = await start(() => ({
    "POST /stream/whole": (ctx) => {
      ctx.body = Readable.from(["all of it"]);
    },
    "POST /stream/long": (ctx) => {
      const stream = new PassThrough();
      stream.write("a first part");
      ctx.body = stream;
    },
  }));
  await post("/stream/whole");
  expect(await left()).toBe(900);
  const socket = await begin("/stream/long");
  await once(socket, "data");
  expect(await left()).toBe(800);
  socket.destroy();
  await until(() => noted.includes("closed /stream/long"));
  await expect.poll(left, patience).toBe(900);
});

test("for a client that leaves while its token is still being judged no work is begun", async () => {
  const noted = await start((noted) => ({
    "POST /left": (ctx) => {
      noted.push("handled");
      ctx.body = "late";
    },
  }));
  let goOn = () => {};
  asked = 0;
  slow = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const socket = await begin("/left");
  await until(() => asked > 0);
  socket.destroy();
  await until(() => noted.includes("closed /left"));
  slow = undefined;
  goOn();
  await expect.poll(left, patience).toBe(1_000);
  expect(noted).not.toContain("handled");
});
