/** What a refused and an allowed client gets, over a real socket: the same as from Express, byte for byte. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { expressFlux } from "@flux/express";
import { honoFlux } from "@flux/hono";
import { getConnInfo } from "@hono/node-server/conninfo";
import express from "express";
import { Hono } from "hono";
import { timeout } from "hono/timeout";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  audience,
  type ClientName,
  clients,
  defineApi,
  quiet,
  type Served,
  serve,
  serveHono,
  startIssuer,
} from "./support.ts";

let issuer: Awaited<ReturnType<typeof startIssuer>>;
const tokens = {} as Record<ClientName, string>;
let api: Served | undefined;
beforeAll(async () => {
  issuer = await startIssuer();
  for (const client of Object.keys(clients) as ClientName[])
    tokens[client] = await issuer.tokenFor(client);
});
afterAll(() => issuer.close());
afterEach(() => api?.close());

type AnyFlux = Parameters<typeof honoFlux>[0];

async function start(flux: AnyFlux = defineApi(issuer.issuer)): Promise<void> {
  const app = new Hono();
  app.use(honoFlux(flux, { connInfo: getConnInfo })());
  app.all("/*", (c) => c.text("handled"));
  app.onError((error, c) => c.text(`hono: ${error.message}`, 500));
  api = await serveHono(app);
}

async function ask(request: string, client?: ClientName | "forged", headers = {}, at = api) {
  const [method, path] = request.split(" ");
  const token = client === "forged" ? "eyJhbGciOiJub25lIn0.e30." : client && tokens[client];
  const response = await fetch(`${at?.url}${path}`, {
    method: method as string,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    redirect: "manual",
  });
  const text = await response.text();
  const json = text.startsWith("{") ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

const ours = [
  "content-type",
  "cache-control",
  "www-authenticate",
  "retry-after",
  "ratelimit",
  "ratelimit-policy",
] as const;
const oursOf = (headers: Headers) =>
  Object.fromEntries(ours.map((name) => [name, headers.get(name)]));

test("each denial is what Express gives, byte for byte", async () => {
  await start();
  const app = express();
  app.use(expressFlux(defineApi(issuer.issuer))());
  const other = await serve(app);
  const requests: readonly (readonly [string, (ClientName | "forged")?])[] = [
    ["GET /me"],
    ["HEAD /me"],
    ["GET /me", "forged"],
    ["GET /scoped", "staff"],
    ["GET /staff", "member"],
    ["GET /exports", "tenantless"],
    ["GET /beta", "staff"],
    ["GET /exports", "staff"],
    ["GET /me%2f", "staff"],
    ["POST /huge", "staff"],
  ];
  const codes = new Set<number>();
  for (const [request, client] of requests) {
    const [mine, theirs] = [await ask(request, client), await ask(request, client, {}, other)];
    codes.add(mine.status);
    expect({ ...mine, headers: oursOf(mine.headers) }, request).toEqual({
      ...theirs,
      headers: oursOf(theirs.headers),
    });
  }
  expect([...codes].sort()).toEqual([400, 401, 402, 403, 404, 429]);
  await other.close();
});

test("a rate limit is told while it lasts and when it is exhausted", async () => {
  await start();
  const first = await ask("GET /limited", "staff");
  expect(first).toMatchObject({ status: 200, text: "handled" });
  expect(first.headers.get("ratelimit-policy")).toBe('"api";q=60;w=60');
  expect(first.headers.get("ratelimit")).toBe('"api";r=1;t=1');
  expect(first.headers.get("cache-control")).toBeNull();
  await ask("HEAD /limited", "member"); // the same tenant
  const refused = await ask("GET /limited", "staff");
  expect(refused).toMatchObject({ status: 429, json: { code: "rate_limited" } });
  expect(refused.headers.get("retry-after")).toBe("1");
});

const guarded = (more: Partial<FluxConfig>) =>
  defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    logger: quiet,
    ...(more as object),
  });

test("whoever answers, the rate limit is on the response", async () => {
  const app = new Hono();
  app.use(
    honoFlux(
      guarded({
        limits: { api: { quota: 60, window: "1m", by: "principal" } },
        routes: { "GET /limited": { limit: "api" } },
      }),
    )(),
  );
  const handlers: Record<string, () => Response | Promise<Response>> = {
    throws: () => {
      throw new Error("sync");
    },
    rejects: () => Promise.reject(new Error("async")),
    // The headers of these two cannot be changed.
    fetched: () => fetch(`${other.url}/upstream`),
    redirects: () => Response.redirect("https://elsewhere.test/"),
    streams: () => new Response(new Blob(["a stream"]).stream()),
    plain: () => new Response(null, { status: 204 }),
  };
  app.get("/limited", (c) => (handlers[c.req.query("how") ?? ""] as () => Response)());
  app.onError((error, c) => c.text(error.message, 500));
  const upstream = express().get("/upstream", (_request, response) => {
    response.setHeader("X-Upstream", "yes").send("from upstream");
  });
  const other = await serve(upstream);
  api = await serveHono(app);
  const expected = {
    throws: [500, "sync"],
    rejects: [500, "async"],
    fetched: [200, "from upstream"],
    redirects: [302, ""],
    streams: [200, "a stream"],
    plain: [204, ""],
  } as const;
  for (const [how, [status, text]] of Object.entries(expected)) {
    const answer = await ask(`GET /limited?how=${how}`, "other");
    expect(answer.status, how).toBe(status);
    expect(answer.text, how).toBe(text);
    expect(answer.headers.get("ratelimit-policy"), how).toBe('"api";q=60;w=60');
    if (how === "fetched") expect(answer.headers.get("x-upstream")).toBe("yes");
  }
  expect((await ask("GET /limited/nowhere", "other")).status).toBe(404);
  await other.close();
});

test("onDenied: nothing, an object, a web response, later or at once", async () => {
  const answers: Record<string, unknown> = {
    "/nothing": undefined,
    "/object": { status: 418, headers: { "Content-Type": "text/plain" }, body: "teapot" },
    "/bytes": { status: 403, body: new Uint8Array([0x68, 0x69]) },
    "/empty": { status: 204 },
    "/later": Promise.resolve({ status: 410, body: "gone" }),
    "/redirect": Response.redirect("https://app.test/sign-in", 303),
  };
  await start(
    guarded({
      onDenied(_decision, facts) {
        const { pathname } = new URL(facts.url);
        if (pathname !== "/web") return answers[pathname] as undefined;
        const headers = new Headers({ Location: "/sign-in" });
        headers.append("Set-Cookie", "a=1; Path=/");
        headers.append("Set-Cookie", "b=2; Path=/");
        return new Response("see there", { status: 303, headers });
      },
    }),
  );
  expect(await ask("GET /nothing")).toMatchObject({ status: 401, json: { status: 401 } });
  const object = await ask("GET /object");
  expect(object).toMatchObject({ status: 418, text: "teapot" });
  expect(object.headers.get("content-type")).toBe("text/plain");
  expect(object.headers.get("www-authenticate")).toBe('Bearer realm="api"');
  expect(object.headers.get("cache-control")).toBe("no-store");
  expect(await ask("GET /bytes")).toMatchObject({ status: 403, text: "hi" });
  expect(await ask("GET /empty")).toMatchObject({ status: 204, text: "" });
  expect(await ask("GET /later")).toMatchObject({ status: 410, text: "gone" });
  for (const _ of [1, 2]) {
    const redirect = await ask("GET /redirect");
    expect(redirect.status).toBe(303);
    expect(redirect.headers.get("location")).toBe("https://app.test/sign-in");
  }
  const web = await ask("GET /web");
  expect(web).toMatchObject({ status: 303, text: "see there" });
  expect(web.headers.get("location")).toBe("/sign-in");
  expect(web.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
});

test("a refusal keeps what middleware has set before, and its own headers win", async () => {
  const app = new Hono();
  app.use(async (c, next) => {
    c.header("X-Request-Id", "7");
    c.header("Set-Cookie", "seen=1");
    c.res.headers.set("Cache-Control", "public, max-age=60");
    await next();
  });
  app.use(
    honoFlux(
      guarded({
        onDenied: (_decision, facts) =>
          facts.url.endsWith("/web")
            ? new Response("own", { status: 401, headers: { "Set-Cookie": "own=1" } })
            : undefined,
      }),
    )(),
  );
  api = await serveHono(app);
  const problem = await ask("GET /me");
  expect(problem.headers.get("content-type")).toBe("application/problem+json");
  expect(problem.headers.get("cache-control")).toBe("no-store");
  expect(problem.headers.get("x-request-id")).toBe("7");
  expect(problem.headers.getSetCookie()).toEqual(["seen=1"]);
  const own = await ask("GET /web");
  expect(own.headers.get("cache-control")).toBe("no-store");
  expect(own.headers.get("x-request-id")).toBe("7");
  expect(own.headers.getSetCookie()).toEqual(["own=1"]);
});

test("what onDenied throws is Hono's to answer, and nothing is let through", async () => {
  await start(
    guarded({
      onDenied(_decision, { url }) {
        if (url.endsWith("/sync")) throw new Error("thrown");
        return Promise.reject(new Error("rejected"));
      },
    }),
  );
  expect(await ask("GET /sync")).toMatchObject({ status: 500, text: "hono: thrown" });
  expect(await ask("GET /async")).toMatchObject({ status: 500, text: "hono: rejected" });
});

test("the user's own functions that fail are a decision; only a broken Flux is an error", async () => {
  let broken = false;
  const flux = defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    tenant: { from: { claim: "org_id" }, load: () => Promise.reject(new Error("no database")) },
    now: () => {
      if (broken) throw new Error("no clock");
      return Date.now();
    },
    logger: quiet,
  });
  flux.on("error", () => undefined);
  await start(flux);
  expect(await ask("GET /tenant", "staff")).toMatchObject({
    status: 503,
    json: { code: "unavailable" },
  });
  broken = true;
  expect(await ask("GET /open")).toMatchObject({ status: 500, text: "hono: no clock" });
});

test("a request that a timeout has answered meanwhile is left alone", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  let found: (record: { plan: string }) => void = () => undefined;
  const settled: number[] = [];
  const flux = defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    tenant: {
      from: { claim: "org_id" },
      load: () => new Promise<{ plan: string }>((resolve) => (found = resolve)),
    },
    plans: { free: {} },
    limits: { api: { quota: 9, window: "1m", by: "tenant" } },
    routes: {
      "GET /allowed": { limit: "api", refundOn: ({ status }) => settled.push(status) > 0 },
      "GET /denied": { roles: "nobody" },
    },
    logger: quiet,
  });
  let decided = 0;
  const ran: string[] = [];
  flux.on("decision", () => void decided++);
  const app = new Hono();
  // The decision comes when the timeout has answered, and the answer is still on its way out.
  app.use(async (_c, next) => {
    await next();
    found({ plan: "free" });
    await new Promise((resolve) => setTimeout(resolve, 40));
  });
  app.use(timeout(40));
  app.use(honoFlux(flux)());
  app.all("/*", (c) => {
    ran.push(c.req.path);
    return c.text("handled");
  });
  api = await serveHono(app);
  for (const [client, path] of [
    ["staff", "/allowed"],
    ["other", "/denied"],
  ] as const) {
    const answer = await ask(`GET ${path}`, client);
    expect(answer).toMatchObject({ status: 504, text: "Gateway Timeout" });
    expect(answer.headers.has("ratelimit")).toBe(false);
  }
  process.off("unhandledRejection", note);
  expect(decided).toBe(2);
  expect(unhandled).toEqual([]);
  expect(ran).toEqual([]);
  expect(settled).toEqual([504]);
});
