/** What a refused and an allowed client gets, byte for byte where it matters, over a real socket. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import {
  audience,
  type ClientName,
  clients,
  defineApi,
  quiet,
  type Served,
  serve,
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

type AnyFlux = Parameters<typeof expressFlux>[0];

async function start(flux: AnyFlux = defineApi(issuer.issuer)): Promise<void> {
  const app = express();
  app.use(expressFlux(flux)());
  app.all("/*path", (_request, response) => void response.send("handled"));
  app.use(((error, _request, response, _next) => {
    response.status(500).send(`express: ${error.message}`);
  }) as express.ErrorRequestHandler);
  api = await serve(app);
}

async function ask(request: string, client?: ClientName | "forged", headers = {}) {
  const [method, path] = request.split(" ");
  const token = client === "forged" ? "eyJhbGciOiJub25lIn0.e30." : client && tokens[client];
  const response = await fetch(`${api?.url}${path}`, {
    method: method as string,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    redirect: "manual",
  });
  const text = await response.text();
  const json = text.startsWith("{") ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

const ours = ["www-authenticate", "retry-after", "ratelimit", "ratelimit-policy"] as const;
const oursOf = (headers: Headers) =>
  Object.fromEntries(
    ours.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])),
  );

test("each denial has its status, its headers and its body", async () => {
  await start();
  const seconds = expect.stringMatching(/^[1-9]\d*$/);
  const cases = [
    ["GET /me", undefined, 401, "unauthenticated", { "www-authenticate": 'Bearer realm="api"' }],
    [
      "GET /me",
      "forged",
      401,
      "invalid_token",
      {
        "www-authenticate": expect.stringMatching(
          /^Bearer realm="api", error="invalid_token", error_description="[^"\\]+"$/,
        ),
      },
    ],
    [
      "GET /scoped",
      "staff",
      403,
      "insufficient_scope",
      {
        "www-authenticate":
          'Bearer realm="api", error="insufficient_scope", scope="reports:read reports:write"',
      },
    ],
    ["GET /staff", "member", 403, "forbidden", {}],
    ["GET /exports", "tenantless", 403, "forbidden", {}],
    ["GET /beta", "staff", 404, "flag_off", {}],
    ["GET /exports", "staff", 402, "feature_unavailable", {}],
    ["GET /me%2f", "staff", 400, "bad_request", {}],
  ] as const;
  for (const [request, client, status, code, headers] of cases) {
    const answer = await ask(request, client);
    expect(answer.status, request).toBe(status);
    expect(oursOf(answer.headers), request).toEqual(headers);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-length")).toBe(String(Buffer.byteLength(answer.text)));
    expect(answer.json).toMatchObject({ status, code, type: "about:blank" });
    expect(answer.json.denials[0].code).toBe(code);
    expect(answer.json.title).toEqual(expect.any(String));
    expect(answer.json["violated-policies"]).toBeUndefined();
  }

  expect((await ask("POST /chat", "staff")).status).toBe(200);
  const quota = await ask("POST /chat", "staff");
  expect(quota.status).toBe(429);
  expect(oursOf(quota.headers)).toEqual({
    "retry-after": seconds,
    "ratelimit-policy": expect.stringMatching(
      /^"tokens";q=100;w=(2419200|2505600|2592000|2678400)$/,
    ),
    ratelimit: expect.stringMatching(/^"tokens";r=40;t=\d+$/),
  });
  expect(quota.json).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    code: "quota_exceeded",
    denials: [{ code: "quota_exceeded", name: "tokens" }],
    "violated-policies": ["tokens"],
    remedy: { plans: ["pro"], retryAt: expect.any(Number) },
  });
});

test("a rate limit is told while it lasts and when it is exhausted", async () => {
  await start();
  const first = await ask("GET /limited", "staff");
  expect(first.status).toBe(200);
  expect(first.headers.get("cache-control")).toBeNull();
  expect(oursOf(first.headers)).toEqual({
    "ratelimit-policy": '"api";q=60;w=60',
    ratelimit: '"api";r=1;t=1',
  });
  await ask("GET /limited", "member"); // the same tenant
  const refused = await ask("GET /limited", "staff");
  expect(refused.status).toBe(429);
  expect(oursOf(refused.headers)).toEqual({
    "retry-after": "1",
    "ratelimit-policy": '"api";q=60;w=60',
    ratelimit: expect.stringMatching(/^"api";r=0;t=[12]$/),
  });
  expect(refused.json).toMatchObject({ code: "rate_limited", "violated-policies": ["api"] });
  expect((await ask("GET /limited", "other")).status).toBe(200);
});

test("what can never pass has no Retry-After", async () => {
  await start();
  const refused = await ask("POST /huge", "staff");
  expect(refused.status).toBe(429);
  expect(refused.headers.has("retry-after")).toBe(false);
  expect(refused.json.remedy).toBeUndefined();
});

test("no response names anything of the config to those who are not known", async () => {
  await start();
  const secrets =
    /reports:|staff|secret-beta|exports|tokens|doorbell|"api"|\bfree\b|\bpro\b|org_id|acorn|127\.0\.0\.1|limit api/;
  const paths = ["/me", "/scoped", "/staff", "/beta", "/exports", "/limited", "/nowhere", "/me%2f"];
  // The limit by address is exhausted on a route that asks for authentication.
  const requests = [
    ...paths.map((path) => `GET ${path}`),
    "POST /chat",
    "POST /huge",
    ...Array(4).fill("GET /shielded"),
  ];
  const statuses = new Set<number>();
  for (const request of requests)
    for (const client of [undefined, "forged"] as const) {
      const answer = await ask(request, client);
      statuses.add(answer.status);
      expect(answer.text, request).not.toMatch(secrets);
      expect(
        JSON.stringify(oursOf(answer.headers)).replace('realm=\\"api\\"', ""),
        request,
      ).not.toMatch(secrets);
    }
  expect([...statuses].sort()).toEqual([400, 401, 429]);
});

test("a route for anyone tells its limits to anyone", async () => {
  await start();
  for (const _ of [1, 2]) expect((await ask("POST /ring")).status).toBe(200);
  const refused = await ask("POST /ring");
  expect(refused.status).toBe(429);
  expect(refused.json).toMatchObject({ "violated-policies": ["doorbell"] });
  expect(refused.headers.get("ratelimit-policy")).toBe('"doorbell";q=60;w=60');
});

const flagged = (more: Partial<FluxConfig>) =>
  defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    flags: {
      "secret-beta": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
      },
    },
    routes: { "GET /beta": { flag: "secret-beta" } },
    logger: quiet,
    ...(more as object),
  });

test("a flag's name is told only where the config says so", async () => {
  await start(flagged({}));
  expect((await ask("GET /beta", "staff")).text).not.toContain("secret-beta");
  await api?.close();
  await start(flagged({ expose: "all" }));
  const answer = await ask("GET /beta", "staff");
  expect(answer.json.denials).toEqual([{ code: "flag_off", name: "secret-beta" }]);
  expect((await ask("GET /beta")).text).not.toContain("secret-beta");
});

test("HEAD gets the headers of a refusal and no body", async () => {
  await start();
  const answer = await ask("HEAD /me");
  expect(answer.status).toBe(401);
  expect(answer.text).toBe("");
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
});

test("onDenied: nothing, an object, a web response, later or at once", async () => {
  const answers: Record<string, unknown> = {
    "/nothing": undefined,
    "/null": null,
    "/object": { status: 418, headers: { "Content-Type": "text/plain" }, body: "teapot" },
    "/body": { body: "only this" },
    "/bytes": { status: 403, body: new Uint8Array([0x68, 0x69]) },
    "/later": Promise.resolve({ status: 410, body: "gone" }),
  };
  const onDenied = vi.fn((_decision, { url }: { url: string }) => {
    if (url !== "/web") return answers[url] as undefined;
    const headers = new Headers({ Location: "/sign-in" });
    headers.append("Set-Cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2; Path=/");
    return new Response("see there", { status: 303, headers });
  });
  await start(flagged({ onDenied }));
  for (const path of ["/nothing", "/null"])
    expect(await ask(`GET ${path}`)).toMatchObject({
      status: 401,
      json: { code: "unauthenticated" },
    });
  const object = await ask("GET /object");
  expect(object).toMatchObject({ status: 418, text: "teapot" });
  expect(object.headers.get("content-type")).toBe("text/plain");
  expect(object.headers.get("www-authenticate")).toBe('Bearer realm="api"');
  expect(await ask("GET /body")).toMatchObject({ status: 401, text: "only this" });
  expect(await ask("GET /bytes")).toMatchObject({ status: 403, text: "hi" });
  expect(await ask("GET /later")).toMatchObject({ status: 410, text: "gone" });
  const web = await ask("GET /web");
  expect(web).toMatchObject({ status: 303, text: "see there" });
  expect(web.headers.get("location")).toBe("/sign-in");
  expect(web.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
  for (const [decision] of onDenied.mock.calls) expect(decision).toMatchObject({ allowed: false });
});

test("an answer of onDenied is not cached unless it says so itself", async () => {
  await start(
    flagged({
      onDenied: (_decision, { url }) =>
        url === "/own"
          ? { body: "x", headers: { "cache-control": "private, max-age=5" } }
          : { body: "x" },
    }),
  );
  expect((await ask("GET /plain")).headers.get("cache-control")).toBe("no-store");
  expect((await ask("GET /own")).headers.get("cache-control")).toBe("private, max-age=5");
});

test("what onDenied throws is Express's to answer, and nothing is let through", async () => {
  await start(
    flagged({
      onDenied(_decision, { url }) {
        if (url === "/sync") throw new Error("thrown");
        return Promise.reject(new Error("rejected"));
      },
    }),
  );
  expect(await ask("GET /sync")).toMatchObject({ status: 500, text: "express: thrown" });
  expect(await ask("GET /async")).toMatchObject({ status: 500, text: "express: rejected" });
});

test("the user's own functions that fail are a decision; only a broken Flux is an error", async () => {
  const events: string[] = [];
  const flux = defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    tenant: { from: { claim: "org_id" }, load: () => Promise.reject(new Error("no database")) },
    limits: { odd: { quota: 1, window: "1s", by: () => "" } },
    routes: {
      "GET /tenant": { limit: "odd" },
      "GET /cost": {
        auth: "none",
        limit: "odd",
        cost: () => {
          throw new Error("cost");
        },
      },
    },
    now: () => {
      if (broken) throw new Error("no clock");
      return Date.now();
    },
    logger: quiet,
  });
  let broken = false;
  flux.on("error", ({ source }) => events.push(source));
  await start(flux);
  expect(await ask("GET /tenant", "staff")).toMatchObject({
    status: 503,
    json: { code: "unavailable" },
  });
  expect(await ask("GET /cost")).toMatchObject({ status: 400, json: { code: "bad_request" } });
  expect(events).toEqual(["tenant", "cost"]);
  broken = true;
  expect(await ask("GET /open")).toMatchObject({ status: 500, text: "express: no clock" });
});

test("a request that something else has answered meanwhile is left alone", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  let found: (record: { plan: string }) => void = () => undefined;
  const flux = defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
    tenant: {
      from: { claim: "org_id" },
      load: () => new Promise<{ plan: string }>((resolve) => (found = resolve)),
    },
    plans: { free: {} },
    limits: { api: { quota: 9, window: "1m", by: "tenant" } },
    routes: { "GET /allowed": { limit: "api" }, "GET /denied": { roles: "nobody" } },
    logger: quiet,
  });
  const app = express();
  const errors: string[] = [];
  let decided = 0;
  flux.on("decision", () => void decided++);
  app.use((_request, response, next) => {
    setTimeout(() => response.status(503).send("too late"), 40);
    next();
  });
  app.use(expressFlux(flux)());
  app.use((_request, _response, _next) => {});
  app.use(((error, _request, _response, _next) => {
    errors.push(error.message);
  }) as express.ErrorRequestHandler);
  api = await serve(app);
  for (const [client, path] of [
    ["staff", "/allowed"],
    ["other", "/denied"],
  ] as const) {
    expect(await ask(`GET ${path}`, client)).toMatchObject({ status: 503, text: "too late" });
    found({ plan: "free" });
  }
  await expect.poll(() => decided, { timeout: 4_000 }).toBe(2);
  // What nobody handles is told by the end of this turn.
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  expect(errors).toEqual([]);
});
