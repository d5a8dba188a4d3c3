/** What the plugin guards in a Fastify app: the config's routes, those with a requirement, scopes, and nothing else. */
import type { IncomingMessage, ServerResponse } from "node:http";
import middie from "@fastify/middie";
import { defineFlux, FluxError } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, {
  type FastifyInstance,
  type FastifyServerOptions,
  type RouteHandlerMethod,
} from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { quiet, type Served } from "../express/support.ts";
import { ask, believing } from "../koa/support.ts";
import { listen } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

const define = () =>
  defineFlux({
    auth: believing,
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

async function start(
  build: (app: FastifyInstance, flux: ReturnType<typeof define>) => unknown,
  options: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = fastify(options);
  await build(app, define());
  api = await listen(app);
  return app;
}
const status = async (request: string, who?: string) => (await ask(api, request, who)).status;

const answer: RouteHandlerMethod = (request) => {
  const { tenant, routes } = request.flux ?? {};
  return { params: request.params, tenant, routes };
};

test("without a requirement the config decides, and what it does not name needs a caller", async () => {
  await start(async (app, flux) => {
    await app.register(fastifyFlux, { flux });
    app.get("/open", answer);
    app.get("/other", answer);
  });
  expect(await status("GET /open")).toBe(200);
  expect(await status("HEAD /open")).toBe(200);
  expect(await status("GET /other")).toBe(401);
  expect(await status("GET /other", "ann@acorn")).toBe(200);
  // Not even whether there is something is told to a stranger.
  expect(await status("GET /nowhere")).toBe(401);
  expect(await status("GET /nowhere", "ann@acorn")).toBe(404);
  expect(await status("POST /open")).toBe(401);
});

test("the decision is at request.flux, and a client cannot put one there", async () => {
  await start(async (app, flux) => {
    await app.register(fastifyFlux, { flux });
    app.get("/me", answer);
  });
  const allowed = await ask(api, "GET /me", "staff@acorn");
  expect(JSON.parse(allowed.text)).toMatchObject({ tenant: { id: "acorn", plan: "free" } });
  const headers = { "x-flux-decision": '{"allowed":true}', "x-flux": "1" };
  expect((await ask(api, "GET /me", undefined, headers)).status).toBe(401);
});

describe("a route's own requirement", () => {
  test("adds to the config and never takes away", async () => {
    await start(async (app, flux) => {
      await app.register(fastifyFlux, { flux });
      app.post("/v1/reports/share", { config: { flux: { feature: "sharing" } } }, answer);
      app.post("/v1/reports/public", { config: { flux: { auth: "none" } } }, answer);
      app.get("/only", { config: { flux: { auth: "none" } } }, answer);
      app.get("/optional", { config: { flux: { auth: "optional" } } }, answer);
      app.get("/empty", { config: { flux: {} } }, answer);
    });
    expect(await status("POST /v1/reports/share")).toBe(401);
    expect(await status("POST /v1/reports/share", "ann@acorn")).toBe(403);
    expect(await status("POST /v1/reports/share", "staff@acorn")).toBe(402);
    expect(await status("POST /v1/reports/share", "staff@birch")).toBe(200);
    expect(await status("POST /v1/reports/public")).toBe(401);
    expect(await status("POST /v1/reports/public", "ann@acorn")).toBe(403);
    // Where the config says nothing, it replaces the rule for unmatched requests.
    expect(await status("GET /only")).toBe(200);
    expect(await status("HEAD /only")).toBe(200);
    expect(await status("GET /optional")).toBe(200);
    expect(await status("GET /empty")).toBe(401);
  });

  test("is charged once with the config's, at the largest cost", async () => {
    await start(async (app, flux) => {
      await app.register(fastifyFlux, { flux });
      const requirement = { use: { tokens: 25 }, limit: "api", cost: 3 } as const;
      app.post("/chat", { config: { flux: requirement } }, answer);
    });
    expect((await ask(api, "POST /chat", "ann@acorn")).left).toEqual({ tokens: 75, api: 7 });
    expect((await ask(api, "POST /chat", "bob@acorn")).left).toEqual({ tokens: 50, api: 4 });
  });

  test("that is wrong stops the app where the route is added, by its method and url", async () => {
    const app = fastify();
    await app.register(fastifyFlux, { flux: define() });
    const add = (prefix: string) =>
      app.register(
        async (inside) => {
          inside.route({
            method: ["POST", "PUT"],
            url: "/exports/:id",
            config: { flux: { feature: "sharings" } },
            handler: answer,
          });
        },
        { prefix },
      );
    await expect(add("/v1")).rejects.toThrow(
      /^POST, PUT \/v1\/exports\/:id: .*\n.*feature: "sharings" is no feature\. Did you mean "sharing"\?/,
    );
    const wrong = fastify();
    await wrong.register(fastifyFlux, { flux: define() });
    expect(() =>
      wrong.get("/misspelt", { config: { flux: { featured: "sharing" } as never } }, answer),
    ).toThrow(
      expect.objectContaining({
        code: "requirement_invalid",
        message: expect.stringMatching(/^GET \/misspelt: .*featured/s),
        problems: [expect.objectContaining({ path: "" })],
      }),
    );
    expect(() => wrong.get("/text", { config: { flux: "public" as never } }, answer)).toThrow(
      FluxError,
    );
    await Promise.all([app.close().catch(() => undefined), wrong.close()]);
  });

  test("of a route that was there before the plugin holds as well", async () => {
    await start(async (app, flux) => {
      app.get("/before", { config: { flux: { roles: "staff" } } }, answer);
      app.get("/wrong", { config: { flux: { feature: "sharings" } } }, answer);
      app.register(async (inside) => {
        inside.get("/inside", { config: { flux: { roles: "staff" } } }, answer);
      });
      await app.register(fastifyFlux, { flux });
    });
    for (const path of ["/before", "/inside"]) {
      expect(await status(`GET ${path}`), path).toBe(401);
      expect(await status(`GET ${path}`, "ann@acorn"), path).toBe(403);
      expect(await status(`GET ${path}`, "staff@acorn"), path).toBe(200);
    }
    expect(await status("GET /wrong", "staff@acorn")).toBe(500);
  });
});

test("nested prefixes with parameters get their own route's entry", async () => {
  await start(async (app, flux) => {
    await app.register(fastifyFlux, { flux });
    app.register(
      async (teams) => {
        teams.register(async (members) => void members.get("/:member", answer), {
          prefix: "/teams/:team/members",
        });
      },
      { prefix: "/v1" },
    );
  });
  const answered = await ask(api, "GET /v1/teams/red/members/ann", "ann@acorn");
  expect(answered.left).toEqual({ api: 9 });
  expect(JSON.parse(answered.text)).toMatchObject({
    params: { team: "red", member: "ann" },
    routes: ["GET /v1/teams/:team/members/:member"],
  });
  expect(await status("GET /v1/teams/red/members/ann")).toBe(401);
});

describe("a route with a rest", () => {
  test("goes by the path, which the config may divide, and by the pattern where something is empty", async () => {
    const flux = defineFlux({
      auth: believing,
      routes: {
        "GET /files/:name": { roles: "staff" },
        "GET /files/*rest": "public",
        "GET /assets/login.css": "public",
        "GET /assets/*rest": {},
        "GET /:language": { roles: "staff" },
        "* /closed/*rest": { roles: "staff" },
        "* /teams/:team/*rest": { roles: "staff" },
        "* /*rest": { auth: "optional" },
      },
      unmatched: "public",
      logger: quiet,
    });
    await start(async (app) => {
      await app.register(fastifyFlux, { flux });
      for (const path of ["/files/:name", "/files/*", "/assets/*", "/closed/*", "/*"])
        app.get(path, answer);
      app.get("/teams/:team/*", answer);
    });
    expect(await status("GET /files/one")).toBe(401);
    expect(await status("GET /files/one/two")).toBe(200);
    expect(await status("GET /assets/login.css")).toBe(200);
    expect(await status("GET /assets/app.js")).toBe(401);
    for (const path of ["/closed/", "/teams/red/", "/teams//", "/teams//x"]) {
      expect(await status(`GET ${path}`, "ann@acorn"), path).toBe(403);
      expect(await status(`GET ${path}`, "staff@acorn"), path).toBe(200);
    }
    // Neither of these has anything to do with GET /:language.
    expect(await status("GET /de/page")).toBe(200);
    expect(await status("GET /")).toBe(200);
  });
});

describe("in a scope of its own", () => {
  const scoped = (app: FastifyInstance, flux: ReturnType<typeof define>) => {
    app.register(
      async (inside) => {
        await inside.register(fastifyFlux, { flux });
        inside.get("/reports/:id", answer);
        inside.register(async (deeper) => void deeper.get("/deeper", answer));
      },
      { prefix: "/v1" },
    );
    app.register(async (beside) => void beside.get("/beside", answer), { prefix: "/v1" });
    app.get("/unguarded", answer);
  };

  test("the plugin guards that scope and those inside, and nothing beside it", async () => {
    await start(scoped);
    expect(await status("GET /v1/reports/7")).toBe(401);
    expect(await status("GET /v1/reports/7", "ann@acorn")).toBe(403);
    expect(await status("GET /v1/reports/7", "staff@acorn")).toBe(200);
    expect(await status("GET /v1/deeper")).toBe(401);
    expect(await status("GET /v1/beside")).toBe(200);
    expect(await status("GET /unguarded")).toBe(200);
    // The 404s belong to the root, unless the scope has a handler for them.
    expect(await status("GET /v1/nowhere")).toBe(404);
  });

  test("a scope's own 404s are guarded with it", async () => {
    await start((app, flux) => {
      app.register(
        async (inside) => {
          await inside.register(fastifyFlux, { flux });
          inside.setNotFoundHandler((_request, reply) => reply.code(404).send("not here"));
        },
        { prefix: "/v1" },
      );
    });
    expect(await status("GET /v1/nowhere")).toBe(401);
    expect(await ask(api, "GET /v1/nowhere", "ann@acorn")).toMatchObject({ text: "not here" });
    expect(await status("GET /nowhere")).toBe(404);
  });

  test.each(["outer", "inner"])(
    "two registrations charge once, the %s one first",
    async (first) => {
      await start(async (app, flux) => {
        if (first === "outer") await app.register(fastifyFlux, { flux });
        await app.register(async (inside) => {
          await inside.register(fastifyFlux, { flux });
          inside.post("/chat", { config: { flux: { limit: "api", cost: 2 } } }, answer);
        });
        if (first === "inner") await app.register(fastifyFlux, { flux });
      });
      const charged = await ask(api, "POST /chat", "ann@acorn");
      expect(charged).toMatchObject({ status: 200, left: { tokens: 90, api: 8 } });
      expect((await ask(api, "POST /chat", "ann@acorn")).left).toEqual({ tokens: 80, api: 6 });
    },
  );

  test("two Flux instances know nothing of each other's decisions", async () => {
    const strict = defineFlux({
      auth: { jwt: { issuer: "https://elsewhere.test", audience: "a", jwks: { keys: [] } } },
      logger: quiet,
    });
    await start(async (app, flux) => {
      await app.register(fastifyFlux, { flux });
      app.get("/own", answer);
      app.register(async (inside) => {
        await inside.register(fastifyFlux, { flux: strict });
        inside.get("/v1/teams/:team/members/:member", answer);
      });
    });
    expect(await status("GET /own", "ann@acorn")).toBe(200);
    // What the first one told of its limit is not said by the second one's denial.
    const refused = await ask(api, "GET /v1/teams/red/members/ann", "ann@acorn");
    expect(refused).toMatchObject({ status: 401, left: undefined });
  });
});

describe("a target that rewriteUrl has changed", () => {
  const rewriteUrl: FastifyServerOptions["rewriteUrl"] = ({ url = "/" }) =>
    url.replace(/^\/de\//, "/").replace(/^\/v1\/reports\/moved$/, "/elsewhere");

  test.each(["without", "with"])(
    "%s middleware gets the requirement of its handler",
    async (way) => {
      await start(
        async (app, flux) => {
          if (way === "with") {
            await app.register(middie);
            app.use("/v1", (_request, _response, next) => next());
          }
          await app.register(fastifyFlux, { flux });
          for (const path of ["/v1/reports/:id", "/open", "/other", "/elsewhere"])
            app.get(path, answer);
        },
        { rewriteUrl },
      );
      expect(await status("GET /de/v1/reports/7")).toBe(401);
      expect(await status("GET /de/v1/reports/7", "ann@acorn")).toBe(403);
      expect(await status("GET /de/v1/reports/7", "staff@acorn")).toBe(200);
      expect(await status("GET /de/open")).toBe(200);
      expect(await status("GET /de/other")).toBe(401);
      expect(await status("GET /v1/reports/7", "ann@acorn")).toBe(403);
    },
  );

  test("still has to meet what the path asks for that was sent", async () => {
    await start(
      async (app, flux) => {
        await app.register(fastifyFlux, { flux });
        app.get("/elsewhere", answer);
      },
      { rewriteUrl },
    );
    expect(await status("GET /v1/reports/moved", "ann@acorn")).toBe(403);
    expect(await status("GET /v1/reports/moved", "staff@acorn")).toBe(200);
  });
});

test("middleware of middie runs behind the guard that was registered before it", async () => {
  const ran: string[] = [];
  await start(async (app, flux) => {
    await app.register(fastifyFlux, { flux });
    await app.register(middie);
    app.use("/v1", (request: IncomingMessage, response: ServerResponse) => {
      ran.push(String(request.url));
      response.end("middleware");
    });
    app.get("/v1/reports/7", answer);
  });
  expect(await status("GET /v1/reports/7", "ann@acorn")).toBe(403);
  expect(await status("GET /v1/other")).toBe(401);
  expect(ran).toEqual([]);
  expect(await ask(api, "GET /v1/reports/7", "staff@acorn")).toMatchObject({ text: "middleware" });
});

test("a route of regular expressions, several parameters or none is found by its path", async () => {
  await start(async (app, flux) => {
    await app.register(fastifyFlux, { flux });
    app.get("/v1/reports/:year(^\\d{4})-:month(^\\d{2})", answer);
    app.get("/v1/reports/:id?", answer);
    app.get("/v1/reports/:name.pdf", answer);
  });
  for (const path of ["/2030-01", "/7", "", "/", "/a.pdf"]) {
    expect(await status(`GET /v1/reports${path}`, "ann@acorn"), path).toBe(403);
    expect(await status(`GET /v1/reports${path}`, "staff@acorn"), path).not.toBe(403);
  }
});

test("a plugin that is given no Flux says so when the app starts", async () => {
  const message =
    "fastifyFlux needs a Flux: app.register(fastifyFlux, { flux: defineFlux({ … }) }). It was given";
  for (const options of [undefined, {}, { flux: { routes: {} } }, define()]) {
    const app = fastify();
    app.register(fastifyFlux, options as never);
    await expect(app.ready()).rejects.toThrow(message);
  }
});
