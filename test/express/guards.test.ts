/** Guards in the places where an app has them: on all of it, in routers, on one route, one behind another. */
import { defineFlux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { audience, type ClientName, quiet, type Served, serve, startIssuer } from "./support.ts";

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

async function start(build: (app: express.Express, guard: ReturnType<typeof guardOf>) => void) {
  const app = express();
  build(app, guardOf());
  api = await serve(app);
}
const guardOf = () => expressFlux(define());

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

const answer: express.RequestHandler = (request, response) => {
  response.json({
    params: request.params,
    tenant: request.flux?.tenant,
    routes: request.flux?.routes,
  });
};

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

test("a guard inside a mounted router sees the full path", async () => {
  await start((app, guard) => {
    const router = express.Router();
    router.use(guard());
    router.get("/reports/:id", answer);
    router.get("/rest", answer);
    app.use("/v1", router);
    app.get("/unguarded", answer);
  });
  expect((await ask("GET /v1/reports/7", "member")).status).toBe(403);
  const allowed = await ask("GET /V1/reports/7", "staff");
  expect(allowed.status).toBe(200);
  expect(JSON.parse(allowed.text)).toMatchObject({
    params: { id: "7" },
    tenant: { id: "acorn", plan: "free" },
    // Read with its case, the path is none of the config's: what holds for those holds as well.
    routes: ["* /v1/reports/*rest", "unmatched"],
  });
  expect((await ask("GET /v1/rest", "member")).status).toBe(200);
  expect((await ask("GET /unguarded")).status).toBe(200);
});

test("nested routers with parameters get their own route's entry", async () => {
  await start((app, guard) => {
    const members = express.Router({ mergeParams: true });
    members.get("/:member", guard(), answer);
    const teams = express.Router();
    teams.use("/teams/:team/members", members);
    app.use("/v1", teams);
  });
  const answered = await ask("GET /v1/teams/red/members/ann", "staff");
  expect(left(answered)).toEqual({ api: 9 });
  expect(JSON.parse(answered.text)).toMatchObject({
    params: { team: "red", member: "ann" },
    routes: ["GET /v1/teams/:team/members/:member"],
  });
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

test("guards in a chain charge once, and the largest cost counts", async () => {
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

test("a preflight passes the guard of all routes, and not one with a requirement of its own", async () => {
  await start((app, guard) => {
    app.use("/admin", guard({ roles: "staff" }), answer);
    app.use(guard());
    app.options("/chat", (_request, response) => void response.sendStatus(204));
  });
  const preflight = async (path: string) =>
    fetch(`${api?.url}${path}`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example.com", "access-control-request-method": "POST" },
    });
  expect((await preflight("/chat")).status).toBe(204);
  expect((await preflight("/admin")).status).toBe(401);
});

test("two Flux instances in one app know nothing of each other's decisions", async () => {
  const strict = defineFlux({
    auth: { jwt: { issuer: "https://elsewhere.test", audience, jwks: { keys: [] } } },
    logger: quiet,
  });
  await start((app, guard) => {
    app.use(guard());
    app.get("/own", answer);
    app.get("/strict", expressFlux(strict)({}), answer);
  });
  expect((await ask("GET /own", "staff")).status).toBe(200);
  // The first one trusts the issuer; the second does not.
  expect((await ask("GET /strict", "staff")).status).toBe(401);
});

test("a maker of guards is no guard, and a guard is no middleware", async () => {
  expect(() => expressFlux({ routes: {} } as never)).toThrow(
    "expressFlux needs a Flux: expressFlux(defineFlux({ … })). It was given an object.",
  );
  await start((app, guard) => {
    app.use(guard as never);
    app.use(((error, _request, response, _next) => {
      response.status(500).send(error.message);
    }) satisfies express.ErrorRequestHandler);
  });
  expect(await ask("GET /open")).toMatchObject({
    status: 500,
    text: "A guard was used as a middleware itself: call it, as in app.use(guard()).",
  });
});

test("a guard that is wrong says so when it is made", async () => {
  const guard = guardOf();
  expect(() => guard({ feature: "sharings" as "sharing" })).toThrow(
    /feature: "sharings" is no feature\. Did you mean "sharing"\?/,
  );
  expect(() => guard({ cost: 2 })).toThrow(/cost/);
});

test("a path that middleware has rewritten gets the requirement of the handler that it leads to", async () => {
  await start((app, guard) => {
    // Such as a language in front of every path.
    app.use((request, _response, next) => {
      request.url = request.url.replace(/^\/de\//, "/");
      next();
    });
    app.use(guard());
    const router = express.Router();
    router.get("/reports/:id", answer);
    app.use("/v1", router);
    app.get("/open", answer);
    app.get("/other", answer);
  });
  expect((await ask("GET /de/v1/reports/7")).status).toBe(401);
  expect((await ask("GET /de/v1/reports/7", "member")).status).toBe(403);
  expect((await ask("GET /de/v1/REPORTS/7/", "member")).status).toBe(403);
  expect((await ask("GET /de/v1/reports/7", "staff")).status).toBe(200);
  expect((await ask("GET /de/open")).status).toBe(200);
  expect((await ask("GET /de/other")).status).toBe(401);
  expect((await ask("GET /v1/reports/7", "member")).status).toBe(403);
});

test("also where the rewriting stands inside a router, and what came first still holds", async () => {
  await start((app, guard) => {
    const router = express.Router();
    router.use((request, _response, next) => {
      request.url = request.url.replace(/^\/(old|public)\//, "/reports/");
      if (request.url === "/reports/open") request.url = "/elsewhere";
      next();
    });
    router.use(guard());
    router.get("/reports/:id", answer);
    router.get("/elsewhere", answer);
    app.use("/v1", router);
  });
  expect((await ask("GET /v1/old/7", "member")).status).toBe(403);
  expect((await ask("GET /v1/public/7", "staff")).status).toBe(200);
  // The path as it was sent asks for the role, though it no longer leads there.
  expect((await ask("GET /v1/reports/open", "member")).status).toBe(403);
  expect((await ask("GET /v1/reports/open", "staff")).status).toBe(200);
});
