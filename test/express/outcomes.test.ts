/** How a response ends, and what that does to what was charged: answers, errors, clients that leave. */
import { once } from "node:events";
import { defineFlux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { audience, open, quiet, type Served, serve, startIssuer, until } from "./support.ts";

let issuer: Awaited<ReturnType<typeof startIssuer>>;
let token: string;
/** What the issuer waits for before it answers, and how often it was asked. */
let slow: Promise<void> | undefined;
let asked = 0;
let api: Served | undefined;
beforeAll(async () => {
  issuer = await startIssuer(() => {
    asked++;
    return slow;
  });
  token = await issuer.tokenFor("staff");
});
afterAll(() => issuer.close());
afterEach(() => api?.close());

/** The machine may be busy. */
const patience = { timeout: 4_000 };

const define = () =>
  defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    features: { tokens: { kind: "metered", per: "month" } },
    plans: { free: { features: { tokens: 1_000 } } },
    defaultPlan: "free",
    routes: {
      "POST /jobs/:kind": { use: { tokens: 100 }, refundOn: [500, 502] },
      "POST /stream/:kind": { use: { tokens: 100 }, refundOn: ({ aborted }) => aborted },
      "POST /left": { use: { tokens: 100 }, refundOn: [499] },
      "GET /left": { use: { tokens: 0 } },
    },
    logger: quiet,
  });

type Handlers = (app: express.Express, ended: string[]) => void;

async function start(handlers: Handlers): Promise<string[]> {
  const app = express();
  const ended: string[] = [];
  app.use((request, response, next) => {
    response.once("close", () => ended.push(`closed ${request.url}`));
    next();
  });
  app.use(expressFlux(define())());
  app.get("/left", (request, response) => {
    response.json(request.flux?.feature("tokens").remaining);
  });
  handlers(app, ended);
  app.use(((_error, _request, response, _next) => {
    response.status(500).end();
  }) as express.ErrorRequestHandler);
  api = await serve(app);
  return ended;
}

const headers = () => ({ authorization: `Bearer ${token}` });
const post = async (path: string) =>
  (await fetch(`${api?.url}${path}`, { method: "POST", headers: headers() })).status;
const left = async () => (await fetch(`${api?.url}/left`, { headers: headers() })).json();

/** Sends a request and gives the connection, so that the test can leave. */
async function begin(path: string) {
  const socket = await open(api?.port as number);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`,
  );
  return socket;
}

test("a failed answer gives back what it cost, however it failed", async () => {
  await start((app) => {
    app.post("/jobs/ok", (_request, response) => void response.send("ok"));
    app.post("/jobs/bad", (_request, response) => void response.status(502).end());
    app.post("/jobs/wrong", (_request, response) => void response.status(422).end());
    app.post("/jobs/throws", () => {
      throw new Error("sync");
    });
    app.post("/jobs/rejects", async () => {
      await null;
      throw new Error("async");
    });
    app.post("/jobs/passes", (_request, _response, next) => next(new Error("next")));
  });
  expect(await post("/jobs/ok")).toBe(200);
  expect(await left()).toBe(900);
  expect(await post("/jobs/wrong")).toBe(422);
  expect(await left()).toBe(800);
  for (const [kind, status] of [
    ["bad", 502],
    ["throws", 500],
    ["rejects", 500],
    ["passes", 500],
  ] as const) {
    expect(await post(`/jobs/${kind}`)).toBe(status);
    await expect.poll(left, patience).toBe(800);
  }
});

test("what was settled is final, also when the answer fails afterwards", async () => {
  const ended = await start((app) => {
    app.post("/jobs/settled", async (request, response) => {
      await request.flux?.settle({ tokens: 30 });
      response.status(502).end();
    });
  });
  expect(await post("/jobs/settled")).toBe(502);
  await until(() => ended.includes("closed /jobs/settled"));
  expect(await left()).toBe(970);
});

test("a stream settles to what it took, more or less than was reserved", async () => {
  await start((app) => {
    for (const [kind, tokens] of [
      ["less", 7],
      ["more", 250],
    ] as const)
      app.post(`/stream/${kind}`, async (request, response) => {
        response.write("a first part, ");
        await request.flux?.settle({ tokens });
        await request.flux?.settle({ tokens: 1 }); // once is enough
        response.end("and the last");
      });
  });
  const response = await fetch(`${api?.url}/stream/less`, { method: "POST", headers: headers() });
  expect(await response.text()).toBe("a first part, and the last");
  expect(await left()).toBe(993);
  await post("/stream/more");
  expect(await left()).toBe(743);
});

test("a client that leaves before the answer pays nothing where the config says so", async () => {
  const ended = await start((app, ended) => {
    app.post("/left", () => {
      ended.push("asked");
    });
  });
  const socket = await begin("/left");
  await until(() => ended.includes("asked"));
  expect(await left()).toBe(900);
  socket.destroy();
  await until(() => ended.includes("closed /left"));
  await expect.poll(left, patience).toBe(1_000);
});

test("a client that leaves in the middle of a stream is told apart from one that stays", async () => {
  const ended = await start((app) => {
    app.post("/stream/long", (_request, response) => {
      response.write("a first part");
    });
    app.post("/stream/whole", (_request, response) => void response.end("all of it"));
  });
  await post("/stream/whole");
  expect(await left()).toBe(900);
  const socket = await begin("/stream/long");
  await once(socket, "data");
  expect(await left()).toBe(800);
  socket.destroy();
  await until(() => ended.includes("closed /stream/long"));
  await expect.poll(left, patience).toBe(900);
});

test("for a client that leaves while its token is still being judged no work is begun", async () => {
  const ended = await start((app, ended) => {
    app.post("/left", (_request, response) => {
      ended.push("handled");
      response.end("late");
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
  await until(() => ended.includes("closed /left"));
  slow = undefined;
  goOn();
  await expect.poll(left, patience).toBe(1_000);
  expect(ended).not.toContain("handled");
});
