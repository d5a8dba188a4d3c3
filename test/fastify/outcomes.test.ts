/** How a reply of Fastify ends, and what that does to what was charged: answers, errors, streams, clients that leave. */
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { defineFlux } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { open, quiet, type Served, until } from "../express/support.ts";
import { ask, believing, leftOf } from "../koa/support.ts";
import { listen } from "./support.ts";

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

async function start(
  build: (app: FastifyInstance, closed: string[]) => void,
): Promise<readonly [closed: string[], app: FastifyInstance]> {
  const closed: string[] = [];
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => {
    reply.raw.once("close", () => closed.push(`closed ${request.url}`));
  });
  await app.register(fastifyFlux, { flux: define() });
  app.get("/left", (request) => String(request.flux?.feature("tokens").remaining));
  build(app, closed);
  api = await listen(app);
  return [closed, app];
}

/** Sends a request and gives the connection, so that the test can leave. */
async function begin(path: string) {
  const socket = await open(api?.port as number);
  const lines = [`POST ${path} HTTP/1.1`, "Host: a", "Who: ann@acorn", "Content-Length: 0"];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return socket;
}

test("a failed answer gives back what it cost, however it failed", async () => {
  await start((app) => {
    app.post("/jobs/ok", () => "ok");
    app.post("/jobs/wrong", (_request, reply) => reply.code(422).send());
    app.post("/jobs/bad", (_request, reply) => reply.code(502).send());
    app.post("/jobs/throws", () => {
      throw new Error("sync");
    });
    app.post("/jobs/rejects", async () => {
      await null;
      throw Object.assign(new Error("async"), { statusCode: 502 });
    });
    app.post("/jobs/hijacked", (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(502).end();
    });
  });
  expect(await post("/jobs/ok")).toBe(200);
  expect(await left()).toBe(900);
  expect(await post("/jobs/wrong")).toBe(422);
  expect(await left()).toBe(800);
  for (const [kind, status] of [
    ["bad", 502],
    ["throws", 500],
    ["rejects", 502],
    ["hijacked", 502],
  ] as const) {
    expect(await post(`/jobs/${kind}`)).toBe(status);
    await expect.poll(left, patience).toBe(800);
  }
});

test("what was settled is final, also when the answer fails afterwards", async () => {
  const [closed] = await start((app) => {
    app.post("/jobs/settled", async (request, reply) => {
      await request.flux?.settle({ tokens: 30 });
      return reply.code(502).send();
    });
  });
  expect(await post("/jobs/settled")).toBe(502);
  await until(() => closed.includes("closed /jobs/settled"));
  expect(await left()).toBe(970);
});

test("a stream is answered with the rate limit, and settles to what it took", async () => {
  await start((app) => {
    app.post("/stream/words", (request, reply) => {
      const words = async function* () {
        yield "a first part, ";
        await request.flux?.settle({ tokens: 7 });
        yield "and the last";
      };
      return reply.type("text/plain").send(Readable.from(words()));
    });
  });
  const streamed = await ask(api, "POST /stream/words", "ann@acorn");
  expect(streamed).toMatchObject({ text: "a first part, and the last", left: { tokens: 900 } });
  expect(await left()).toBe(993);
});

test("a stream that breaks off gives back what it cost", async () => {
  const [closed] = await start((app) => {
    app.post("/stream/broken", (_request, reply) => {
      const stream = new PassThrough();
      stream.write("a first part");
      setTimeout(() => stream.destroy(new Error("no more")), 20);
      return reply.send(stream);
    });
  });
  await expect(ask(api, "POST /stream/broken", "ann@acorn")).rejects.toThrow();
  await until(() => closed.includes("closed /stream/broken"));
  await expect.poll(left, patience).toBe(1_000);
});

test("a client that leaves before the answer pays nothing where the config says so", async () => {
  const [closed] = await start((app, noted) => {
    app.post("/left", () => {
      noted.push("asked");
      return new Promise(() => undefined);
    });
  });
  const socket = await begin("/left");
  await until(() => closed.includes("asked"));
  expect(await left()).toBe(900);
  socket.destroy();
  await until(() => closed.includes("closed /left"));
  await expect.poll(left, patience).toBe(1_000);
});

test("a client that leaves in the middle of a stream is told apart from one that stays", async () => {
  const [closed] = await start((app) => {
    app.post("/stream/whole", (_request, reply) => reply.send(Readable.from(["all of it"])));
    app.post("/stream/long", (_request, reply) => {
      const stream = new PassThrough();
      stream.write("a first part");
      return reply.send(stream);
    });
  });
  await post("/stream/whole");
  expect(await left()).toBe(900);
  const socket = await begin("/stream/long");
  await once(socket, "data");
  expect(await left()).toBe(800);
  socket.destroy();
  await until(() => closed.includes("closed /stream/long"));
  await expect.poll(left, patience).toBe(900);
});

test("for a client that leaves while its token is still being judged no work is begun", async () => {
  const [closed] = await start((app, noted) => {
    app.post("/left", () => {
      noted.push("handled");
      return "late";
    });
  });
  let goOn = () => {};
  asked = 0;
  slow = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const socket = await begin("/left");
  await until(() => asked > 0);
  socket.destroy();
  await until(() => closed.includes("closed /left"));
  slow = undefined;
  goOn();
  await expect.poll(left, patience).toBe(1_000);
  expect(closed).not.toContain("handled");
});

test("what inject sends is concluded as well", async () => {
  const [, app] = await start((app) => {
    app.post("/jobs/bad", (_request, reply) => reply.code(502).send());
  });
  const { statusCode } = await app.inject({
    method: "POST",
    url: "/jobs/bad",
    headers: { who: "ann@acorn" },
  });
  expect(statusCode).toBe(502);
  await expect.poll(left, patience).toBe(1_000);
});

test("a handler that takes too long is answered by Fastify, and refunded by its status", async () => {
  const app = fastify({ handlerTimeout: 30 });
  const flux = defineFlux({
    auth: believing,
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { free: { features: { tokens: 1_000 } } },
    defaultPlan: "free",
    routes: {
      "POST /slow": { use: { tokens: 100 }, refundOn: [503] },
      "GET /left": { use: { tokens: 0 } },
    },
    logger: quiet,
  });
  await app.register(fastifyFlux, { flux });
  app.get("/left", (request) => String(request.flux?.feature("tokens").remaining));
  app.post("/slow", () => new Promise(() => undefined));
  api = await listen(app);
  expect(await ask(api, "POST /slow", "ann")).toMatchObject({
    status: 503,
    left: { tokens: 900 },
  });
  await expect.poll(leftOf(api, "ann"), patience).toBe(1_000);
});
