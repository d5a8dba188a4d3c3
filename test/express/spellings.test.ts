/**
 * However a path is spelt: what reaches a handler has met the handler's requirement. Each spelling is
 * sent byte for byte by a stranger, by a member without the role, and by staff; where staff reach the
 * handler, the others must have been refused by it, and where staff do not, nobody does.
 */
import { defineFlux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express, { type RequestHandler } from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientName, quiet, raw, type Served, serve, startIssuer } from "./support.ts";

let issuer: Awaited<ReturnType<typeof startIssuer>>;
const tokens = {} as Record<ClientName, string>;
beforeAll(async () => {
  issuer = await startIssuer();
  for (const client of ["staff", "member"] as const) tokens[client] = await issuer.tokenFor(client);
});
afterAll(() => issuer.close());

/** Everything but the guarded part is open, so that a path which is not recognised is let through. */
const define = () =>
  defineFlux({
    auth: { jwt: { issuer: issuer.issuer, audience: "https://api.example.com" } },
    routes: {
      "GET /admin/x": { roles: "staff" },
      "DELETE /admin/x": { roles: "staff" },
      "* /admin/area/*rest": { roles: "staff" },
      "GET /admin/users/:id": { roles: "staff" },
      "GET /admin/users/public": "public",
      "POST /admin/x": "public",
    },
    unmatched: "public",
    logger: quiet,
  });

const nbsp = "\u00a0";

/** Spellings of GET /admin/x, and whether Express (as it comes) leads them to its handler, when staff ask. */
const spellings: readonly (readonly [path: string, reaches: boolean])[] = [
  ["/admin/x", true],
  ["/ADMIN/x", true],
  ["/Admin/X", true],
  ["/aDmIn/x", true],
  ["/admin/x/", true],
  ["/ADMIN/X/", true],
  ["/admin/x?a=1", true],
  ["/admin/x?", true],
  ["/admin/x/?a=/b", true],
  ["/admin/x?a=../../open", true],
  ["/admin/x?/../open", true],
  ["http://api.test/admin/x", true],
  ["HTTP://api.test/ADMIN/x", true],
  ["http://other.test:80/admin/x?a", true],
  ["/admin/x;a=1", false],
  ["/admin;a=1/x", false],
  ["/admin/x;", false],
  ["/admin/;/x", false],
  ["//admin/x", false],
  ["/admin//x", false],
  ["/admin/x//", false],
  ["///admin///x", false],
  ["/%61dmin/x", false],
  ["/admin/%78", false],
  ["/%41DMIN/x", false],
  ["/%2561dmin/x", false],
  ["/admin%2Fx", false],
  ["/admin%2fx", false],
  ["/admin%252Fx", false],
  ["/admin/x%2F", false],
  ["/admin/x%20", false],
  ["/admin/x%00", false],
  ["/admin/x%0a", false],
  ["/admin/x%3Fa", false],
  ["/admin/x%", false],
  ["/admin/x%zz", false],
  ["/admin/x%c0%af", false],
  ["/./admin/x", false],
  ["/admin/./x", false],
  ["/open/../admin/x", false],
  ["/open/%2e%2e/admin/x", false],
  ["/admin/x/..", false],
  ["/admin/y/../x", false],
  ["/admin/x/.", false],
  ["/admin\\x", false],
  ["\\admin\\x", false],
  ["/admin/x#a", false],
  ["/admin\\x#a", false],
  [`/admin/x${nbsp}`, false],
  [`/admin\\x${nbsp}`, false],
  ["/admin/x\u00ff", false],
  ["/admin/x.", false],
  ["/admin/x.json", false],
  ["/admin/x\t", false],
  ["http://api.test\\admin\\x", false],
  ["http://a@api.test/admin/x", false],
  ["//api.test/admin/x", false],
  ["admin/x", false],
  ["*", false],
];

const settings: readonly (readonly string[])[] = [
  [],
  ["case sensitive routing"],
  ["strict routing"],
  ["case sensitive routing", "strict routing"],
];

interface Setup {
  readonly settings?: readonly string[];
  readonly before?: RequestHandler;
  readonly after?: RequestHandler;
}

/** An app whose guarded handlers answer with their name and count how often they ran. */
async function start({ settings: on = [], before, after }: Setup = {}) {
  const ran: string[] = [];
  const guard = expressFlux(define());
  const app = express();
  for (const setting of on) app.enable(setting);
  if (before) app.use(before);
  app.use(guard());
  if (after) app.use(after);
  const router = express.Router({
    caseSensitive: on.includes("case sensitive routing"),
    strict: on.includes("strict routing"),
  });
  const handler =
    (name: string): RequestHandler =>
    (_request, response) => {
      ran.push(name);
      response.send(name);
    };
  router.get("/x", handler("GET /admin/x"));
  router.delete("/x", handler("DELETE /admin/x"));
  router.post("/x", handler("POST /admin/x"));
  router.all("/area/*rest", handler("/admin/area"));
  router.get("/users/public", handler("GET /admin/users/public"));
  router.get("/users/:id", handler("GET /admin/users/:id"));
  app.use("/admin", router);
  app.get("/open/*rest", handler("open"));
  const served = await serve(app);
  return { ...served, ran };
}

type App = Served & { readonly ran: string[] };

/** Which handlers ran for a request, and the status, by who asked. */
async function ask(app: App, method: string, path: string, extra: readonly string[] = []) {
  const send = async (token?: string) => {
    app.ran.length = 0;
    const headers = token === undefined ? extra : [...extra, `Authorization: Bearer ${token}`];
    const { status } = await raw(app.port, `${method} ${path} HTTP/1.1`, headers);
    return { status, ran: [...app.ran] };
  };
  return {
    stranger: await send(),
    member: await send(tokens.member),
    staff: await send(tokens.staff),
  };
}

describe.each(settings.map((on) => [on.join(" and ") || "no setting", on] as const))(
  "%s",
  (_name, on) => {
    let app: App;
    beforeAll(async () => {
      app = await start({ settings: on });
    });
    afterAll(() => app.close());

    test.each(spellings)("%j is no way around the role", async (path, reaches) => {
      for (const method of ["GET", "HEAD"]) {
        const { stranger, member, staff } = await ask(app, method, path);
        expect(stranger.ran).toEqual([]);
        expect(member.ran).toEqual([]);
        if (on.length === 0) expect(staff.ran, method).toEqual(reaches ? ["GET /admin/x"] : []);
        if (staff.ran.length === 0) continue;
        expect(staff.status).toBe(200);
        expect(stranger.status).toBe(401);
        expect(member.status).toBe(403);
      }
    });
  },
);

test("a strict, case-sensitive app is still reached by the proper path", async () => {
  const app = await start({ settings: ["case sensitive routing", "strict routing"] });
  const { stranger, member, staff } = await ask(app, "GET", "/admin/x");
  expect([stranger.status, member.status, staff.status]).toEqual([401, 403, 200]);
  await app.close();
});

describe("parameters and rests", () => {
  let app: App;
  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.close());

  test.each([
    ["GET", "/admin/users/7", "GET /admin/users/:id"],
    ["GET", "/admin/users/%37", "GET /admin/users/:id"],
    ["GET", "/admin/users/publi%63", "GET /admin/users/:id"],
    ["GET", "/admin/users/public%20", "GET /admin/users/:id"],
    ["GET", "/ADMIN/users/a;b", "GET /admin/users/:id"],
    ["GET", "/admin/users/public;a", "GET /admin/users/:id"],
    ["GET", "/admin/users/%C3%A9", "GET /admin/users/:id"],
    ["PATCH", "/admin/area/a/b", "/admin/area"],
    ["PROPFIND", "/admin/area/a/", "/admin/area"],
    ["DELETE", "/Admin/Area/a//b", "/admin/area"],
    ["OPTIONS", "/admin/area/a", "/admin/area"],
  ])("%s %s asks for the role", async (method, path, handler) => {
    const { stranger, member, staff } = await ask(app, method, path);
    expect(staff.ran).toEqual([handler]);
    expect([stranger.status, member.status]).toEqual([401, 403]);
    expect([...stranger.ran, ...member.ran]).toEqual([]);
  });

  test("a preflight is no way around a route of every method", async () => {
    const preflight = ["Origin: https://app.test", "Access-Control-Request-Method: GET"];
    const { stranger, member, staff } = await ask(app, "OPTIONS", "/admin/area/a", preflight);
    expect(staff.ran).toEqual(["/admin/area"]);
    expect([...stranger.ran, ...member.ran]).toEqual([]);
  });

  test("what is open stays open beside it", async () => {
    const { stranger } = await ask(app, "GET", "/admin/users/public");
    expect(stranger.ran).toEqual(["GET /admin/users/public"]);
  });
});

describe("a method that middleware overrides", () => {
  /** As the method-override package: a POST that names another method becomes one. */
  const override: RequestHandler = (request, _response, next) => {
    const named =
      request.headers["x-http-method-override"] ??
      request.headers["x-http-method"] ??
      request.headers["x-method-override"] ??
      request.query._method;
    if (request.method === "POST" && typeof named === "string") {
      Object.assign(request, { originalMethod: request.method });
      request.method = named.toUpperCase();
    }
    next();
  };
  const ways: readonly (readonly [path: string, headers: readonly string[]])[] = [
    ["/admin/x", ["X-HTTP-Method-Override: DELETE"]],
    ["/admin/x", ["x-http-method-override: delete"]],
    ["/admin/x", ["X-HTTP-Method: DELETE"]],
    ["/admin/x", ["X-Method-Override: Delete"]],
    ["/admin/x?_method=DELETE", []],
    ["/admin/x?a=1&_method=delete", []],
    ["/admin/x?%5Fmethod=DELETE", []],
    ["/ADMIN/x/?_method=GET", []],
  ];

  for (const place of ["before", "after"] as const)
    test.each(ways)(
      `${place} the guard gets the other method's requirement: %s %s`,
      async (path, headers) => {
        const app = await start({ [place]: override });
        const { stranger, member, staff } = await ask(app, "POST", path, headers);
        await app.close();
        expect(staff.ran).toHaveLength(1);
        expect(staff.ran[0]).toMatch(/^(DELETE|GET) \/admin\/x$/);
        expect([...stranger.ran, ...member.ran]).toEqual([]);
        expect([stranger.status, member.status]).toEqual([401, 403]);
      },
    );

  test("a plain POST keeps its own", async () => {
    const app = await start({ before: override });
    const { stranger } = await ask(app, "POST", "/admin/x");
    await app.close();
    expect(stranger.ran).toEqual(["POST /admin/x"]);
  });
});
