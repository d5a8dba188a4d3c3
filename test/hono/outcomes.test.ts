/** How a response ends, and what that does to what was charged: answers, errors, clients that leave. */
import { once } from "node:events";
import { defineFlux } from "@flux/core";
import { honoFlux } from "@flux/hono";
import { Hono } from "hono";
import { stream } from "hono/streaming";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { audience, open, quiet, type Served, serveHono, startIssuer, until } from "./support.ts";

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
      "* /jobs/:kind": { use: { tokens: 100 }, refundOn: [500, 502] },
      "POST /stream/:kind": { use: { tokens: 100 }, refundOn: ({ aborted }) => aborted },
      "POST /left": { use: { tokens: 100 }, refundOn: [499] },
      "POST /begun": { use: { tokens: 100 }, refundOn: [499] },
      "GET /left": { use: { tokens: 0 } },
    },
    logger: quiet,
  });

async function start(handlers: (app: ReturnType<typeof chain>) => unknown): Promise<void> {
  const app = chain();
  app.get("/left", (c) => c.json(c.var.flux.feature("tokens").remaining));
  app.onError((_error, c) => c.text("failed", 500));
  handlers(app);
  api = await serveHono(app);
}
const chain = () => new Hono().use(honoFlux(define())());

const headers = () => ({ authorization: `Bearer ${token}` });
const send = async (path: string, method = "POST") => {
  const response = await fetch(`${api?.url}${path}`, { method, headers: headers() });
  await response.text();
  return response.status;
};
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
    app.post("/jobs/ok", (c) => c.text("ok"));
    app.post("/jobs/bad", (c) => c.body(null, 502));
    app.post("/jobs/worse", (c) => c.text("worse", 502));
    app.post("/jobs/wrong", (c) => c.text("wrong", 422));
    app.post("/jobs/throws", () => {
      throw new Error("sync");
    });
    app.post("/jobs/rejects", async () => {
      await null;
      throw new Error("async");
    });
  });
  expect(await send("/jobs/ok")).toBe(200);
  expect(await left()).toBe(900);
  expect(await send("/jobs/wrong")).toBe(422);
  expect(await left()).toBe(800);
  for (const [kind, status] of [
    ["bad", 502],
    ["worse", 502],
    ["throws", 500],
    ["rejects", 500],
  ] as const) {
    expect(await send(`/jobs/${kind}`)).toBe(status);
    await expect.poll(left, patience).toBe(800);
  }
});

test("an error that nobody handles gives it back as well", async () => {
  await start((app) => {
    app.post("/jobs/odd", () => {
      throw "no Error: Hono leaves it to the runtime";
    });
    app.post("/jobs/nothing", (() => undefined) as never);
  });
  for (const kind of ["odd", "nothing"]) {
    expect(await send(`/jobs/${kind}`)).toBe(500);
    await expect.poll(left, patience).toBe(1_000);
  }
});

test("a HEAD whose body nobody reads ends as a GET does", async () => {
  await start((app) => {
    app.get("/jobs/bad", (c) => c.text("bad", 502));
    app.get("/jobs/ok", (c) => c.text("ok"));
  });
  expect(await send("/jobs/ok", "HEAD")).toBe(200);
  expect(await left()).toBe(900);
  expect(await send("/jobs/bad", "HEAD")).toBe(502);
  await expect.poll(left, patience).toBe(900);
});

test("what was settled is final, also when the answer fails afterwards", async () => {
  await start((app) => {
    app.post("/jobs/settled", async (c) => {
      await c.var.flux.settle({ tokens: 30 });
      return c.body(null, 502);
    });
  });
  expect(await send("/jobs/settled")).toBe(502);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await left()).toBe(970);
});

test("a stream settles to what it took, more or less than was reserved", async () => {
  await start((app) => {
    for (const [kind, tokens] of [
      ["less", 7],
      ["more", 250],
    ] as const)
      app.post(`/stream/${kind}`, (c) =>
        stream(c, async (out) => {
          await out.write("a first part, ");
          await c.var.flux.settle({ tokens });
          await c.var.flux.settle({ tokens: 1 }); // once is enough
          await out.write("and the last");
        }),
      );
  });
  const response = await fetch(`${api?.url}/stream/less`, { method: "POST", headers: headers() });
  expect(await response.text()).toBe("a first part, and the last");
  expect(await left()).toBe(993);
  await send("/stream/more");
  expect(await left()).toBe(743);
});

test("a client that leaves before the answer pays nothing where the config says so", async () => {
  let reached = false;
  await start((app) => {
    app.post("/left", () => {
      reached = true;
      return new Promise<Response>(() => undefined);
    });
  });
  const socket = await begin("/left");
  await until(() => reached);
  expect(await left()).toBe(900);
  socket.destroy();
  await expect.poll(left, patience).toBe(1_000);
});

test("a client that leaves in the middle of a stream is told apart from one that stays", async () => {
  let cancelled = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("a first part")),
        cancel: () => void cancelled++,
      }),
    );
  await start((app) => {
    app.post("/stream/long", endless);
    app.post("/begun", endless);
    app.post("/stream/whole", (c) => c.text("all of it"));
  });
  await send("/stream/whole");
  expect(await left()).toBe(900);
  // What has begun was answered with its status: it is no 499 any more.
  for (const [path, before, after] of [
    ["/stream/long", 800, 900],
    ["/begun", 800, 800],
  ] as const) {
    const socket = await begin(path);
    await once(socket, "data");
    expect(await left()).toBe(before);
    const known = cancelled;
    socket.destroy();
    await until(() => cancelled > known);
    await expect.poll(left, patience).toBe(after);
  }
});

test("a stream that breaks off is no answer", async () => {
  // The server's own word on it.
  const said = vi.spyOn(console, "error").mockReturnValue(undefined);
  await start((app) => {
    app.post("/stream/broken", () => {
      let parts = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (parts++ === 0) controller.enqueue(new TextEncoder().encode("a first part"));
            else controller.error(new Error("broken"));
          },
        }),
      );
    });
  });
  expect(await send("/stream/broken")).toBe(500);
  await expect.poll(left, patience).toBe(1_000);
  said.mockRestore();
});

test("for a client that leaves while its token is still being judged no work is begun", async () => {
  let reached = false;
  await start((app) => {
    app.post("/left", () => {
      reached = true;
      return new Promise<Response>(() => undefined);
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
  await new Promise((resolve) => setTimeout(resolve, 50));
  slow = undefined;
  goOn();
  await expect.poll(left, patience).toBe(1_000);
  expect(reached).toBe(false);
});
