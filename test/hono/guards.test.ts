/** Guards in the places where an app has them: on all of it, in sub-apps, on one route, one behind another. */
import { type Decision, defineFlux } from "@flux/core";
import { type FluxVariables, honoFlux } from "@flux/hono";
import { type Context, Hono } from "hono";
import { every, except, some } from "hono/combine";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  type App,
  audience,
  type ClientName,
  quiet,
  type Served,
  serveHono,
  startIssuer,
} from "./support.ts";

let issuer: Awaited<ReturnType<typeof startIssuer>>;
const tokens = {} as Record<ClientName, string>;
let api: Served | undefined;
beforeAll(async () => {
  issuer = await startIssuer();
  for (const client of ["staff", "member", "other"] as const)
    tokens[client] = await issuer.tokenFor(client);
});
afterAll(() => issuer.close());
afterEach(() => api?.close());

const define = () =>
  defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience } },
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
      "POST /chat": { use: { tokens: 10 }, limit: "api" },
    },
    logger: quiet,
  });

type Env = { Variables: FluxVariables<ReturnType<typeof define>> };
const guardOf = () => honoFlux(define());

async function start(
  build: (app: Hono<Env>, guard: ReturnType<typeof guardOf>) => unknown,
): Promise<void> {
  const app = new Hono<Env>();
  app.onError((error, c) => c.text(error.message, 500));
  build(app, guardOf());
  api = await serveHono(app as unknown as App);
}

async function ask(request: string, client?: ClientName) {
  const [method, path] = request.split(" ");
  const response = await fetch(`${api?.url}${path}`, {
    method: method as string,
    headers: client ? { authorization: `Bearer ${tokens[client]}` } : {},
  });
  return {
    status: response.status,
    limit: response.headers.get("ratelimit"),
    text: await response.text(),
  };
}
const left = ({ limit }: { limit: string | null }) =>
  Object.fromEntries(
    [...(limit ?? "").matchAll(/"(\w+)";r=(\d+)/g)].map(([, name, r]) => [name, Number(r)]),
  );

const answer = (c: Context<Env>) =>
  c.json({
    params: c.req.param(),
    tenant: c.get("flux")?.tenant,
    routes: (c.var.flux as Decision | undefined)?.routes,
  });

test("without a requirement the config decides, and what it does not name needs a caller", async () => {
  await start((app, guard) => {
    app.use(guard());
    app.get("/open", answer);
    app.get("/other", answer);
  });
  expect((await ask("GET /open")).status).toBe(200);
  expect((await ask("HEAD /open")).status).toBe(200);
  expect((await ask("GET /other")).status).toBe(401);
  expect((await ask("GET /other", "member")).status).toBe(200);
  // Not even whether there is something is told to a stranger.
  expect((await ask("GET /nowhere")).status).toBe(401);
  expect((await ask("GET /nowhere", "member")).status).toBe(404);
});

test("a guard in a sub-app or below a base path sees the full path", async () => {
  await start((app, guard) => {
    const sub = new Hono<Env>();
    sub.use(guard());
    sub.get("/reports/:id", answer);
    sub.get("/rest", answer);
    app.route("/v1", sub);
    app.get("/unguarded", answer);
    app.basePath("/v1").get("/reports/below/:id", guard(), answer);
  });
  expect((await ask("GET /v1/reports/7", "member")).status).toBe(403);
  const allowed = await ask("GET /v1/reports/7", "staff");
  expect(allowed.status).toBe(200);
  expect(JSON.parse(allowed.text)).toEqual({
    params: { id: "7" },
    tenant: { id: "acorn", plan: "free" },
    routes: ["* /v1/reports/*rest"],
  });
  expect((await ask("GET /v1/reports/below/7", "member")).status).toBe(403);
  expect((await ask("GET /v1/rest", "member")).status).toBe(200);
  expect((await ask("GET /unguarded")).status).toBe(200);
});

test("a sub-app that handles its own errors is guarded alike", async () => {
  await start((app, guard) => {
    const sub = new Hono<Env>();
    sub.onError((error, c) => c.text(`sub: ${error.message}`, 500));
    sub.get("/teams/:team/members/:member", guard(), (c) => {
      if (c.req.param("member") === "bob") throw new Error("no bob");
      return answer(c);
    });
    app.route("/v1", sub);
  });
  const answered = await ask("GET /v1/teams/red/members/ann", "staff");
  expect(left(answered)).toEqual({ api: 9 });
  expect(JSON.parse(answered.text)).toMatchObject({
    params: { team: "red", member: "ann" },
    routes: ["GET /v1/teams/:team/members/:member"],
  });
  const failed = await ask("GET /v1/teams/red/members/bob", "staff");
  expect(failed).toMatchObject({ status: 500, text: "sub: no bob" });
  expect(left(failed)).toEqual({ api: 8 });
  expect((await ask("GET /v1/teams/red/members/ann")).status).toBe(401);
});

test("a guard on a route adds to the config and never takes away", async () => {
  await start((app, guard) => {
    app.post("/v1/reports/share", guard({ feature: "sharing" }), answer);
    app.post("/v1/reports/public", guard({ auth: "none" }), answer);
    app.get("/only", guard({ auth: "none" }), answer);
    app.get("/optional", guard({ auth: "optional" }), answer);
  });
  expect((await ask("POST /v1/reports/share")).status).toBe(401);
  expect((await ask("POST /v1/reports/share", "member")).status).toBe(403);
  expect((await ask("POST /v1/reports/share", "staff")).status).toBe(402);
  expect((await ask("POST /v1/reports/share", "other")).status).toBe(200);
  expect((await ask("POST /v1/reports/public")).status).toBe(401);
  expect((await ask("POST /v1/reports/public", "member")).status).toBe(403);
  // Where the config says nothing, the guard replaces the rule for unmatched requests.
  expect((await ask("GET /only")).status).toBe(200);
  expect((await ask("GET /optional")).status).toBe(200);
});

test("guards in a chain charge once, the largest cost counts, and the newest headers are told", async () => {
  await start((app, guard) => {
    app.use(guard());
    app.post(
      "/chat",
      guard({ use: { tokens: 10 }, limit: "api" }),
      guard({ use: { tokens: 25 }, limit: "api", cost: 3 }),
      guard({ use: { tokens: 5 } }),
      answer,
    );
  });
  expect(left(await ask("POST /chat", "staff"))).toEqual({ tokens: 75, api: 7 });
  expect(left(await ask("POST /chat", "member"))).toEqual({ tokens: 50, api: 4 });
});

test("what a later guard refuses costs nothing", async () => {
  await start((app, guard) => {
    app.use(guard());
    app.post("/chat", guard({ feature: "sharing" }), answer);
    app.get("/peek", guard({ use: { tokens: 0 }, limit: "api", cost: 0 }), answer);
  });
  for (const _ of [1, 2, 3]) {
    const refused = await ask("POST /chat", "staff");
    // What the first guard told of its charge is not true any more.
    expect(refused).toMatchObject({ status: 402, limit: null });
  }
  expect(left(await ask("GET /peek", "staff"))).toEqual({ tokens: 100, api: 10 });
});

test("combined with other middleware a guard still stands", async () => {
  await start((app, guard) => {
    const passes = () => true;
    app.get("/every", every(passes, guard({ roles: "staff" })), answer);
    app.get("/some", some(guard({ roles: "staff" }), guard({ auth: "none" })), answer);
    app.use("/except/*", except("/except/not/*", guard({ roles: "staff" })));
    app.get("/except/:id", answer);
  });
  for (const path of ["/every", "/some", "/except/7"]) {
    expect((await ask(`GET ${path}`)).status, path).toBe(401);
    expect((await ask(`GET ${path}`, "member")).status, path).toBe(403);
    expect((await ask(`GET ${path}`, "staff")).status, path).toBe(200);
  }
});

test("two Flux instances in one app know nothing of each other's decisions", async () => {
  const strict = defineFlux({
    auth: { jwt: { issuer: "https://elsewhere.test", audience, jwks: { keys: [] } } },
    logger: quiet,
  });
  await start((app, guard) => {
    app.use(guard());
    app.get("/own", answer);
    app.get("/strict", honoFlux(strict)({}) as never, answer);
  });
  expect((await ask("GET /own", "staff")).status).toBe(200);
  // The first one trusts the issuer; the second does not.
  expect((await ask("GET /strict", "staff")).status).toBe(401);
});

test("a maker of guards is no guard, and a guard is no middleware", async () => {
  expect(() => honoFlux({ routes: {} } as never)).toThrow(
    "honoFlux needs a Flux: honoFlux(defineFlux({ … })). It was given an object.",
  );
  await start((app, guard) => {
    app.use("/open", guard as never);
    app.get("/open", answer);
    app.get("/alone", guard as never);
  });
  for (const path of ["/open", "/alone"])
    expect(await ask(`GET ${path}`)).toMatchObject({
      status: 500,
      text: "A guard was used as a middleware itself: call it, as in app.use(guard()).",
    });
});

test("a guard that is wrong says so when it is made", () => {
  const guard = guardOf();
  expect(() => guard({ feature: "sharings" as "sharing" })).toThrow(
    /feature: "sharings" is no feature\. Did you mean "sharing"\?/,
  );
  expect(() => guard({ cost: 2 })).toThrow(/cost/);
});

test("a handler that answers nothing is still a mistake", async () => {
  await start((app, guard) => {
    app.get("/open", guard({ auth: "none" }), (() => undefined) as never);
  });
  const answered = await ask("GET /open");
  expect(answered.status).toBe(500);
  expect(answered.text).toMatch(/not finalized/);
});

test("nothing that a client sends is taken for a decision", async () => {
  await start((app, guard) => {
    app.use(guard());
    app.get("/other", answer);
  });
  const response = await fetch(`${api?.url}/other`, {
    headers: { "x-flux-decision": "allowed", "x-middleware-request-flux": "allowed", flux: "1" },
  });
  expect(response.status).toBe(401);
});
