/** However a path is spelt, Express leads nobody to a handler whose requirement is not met. */
import { defineFlux } from "@flux/core";
import { expressFlux } from "@flux/express";
import express, { type RequestHandler } from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  askAll,
  describeSpellings,
  expectGuarded,
  guardedConfig,
  type HandlerName,
  type Target,
} from "../spellings/spellings.ts";
import { serve } from "./support.ts";

/** The spellings of GET /admin/x that Express, as it comes, leads to its handler. */
const reached = [
  "/admin/x",
  "/ADMIN/x",
  "/Admin/X",
  "/aDmIn/x",
  "/admin/x/",
  "/ADMIN/X/",
  "/admin/x?a=1",
  "/admin/x?",
  "/admin/x/?a=/b",
  "/admin/x?a=../../open",
  "/admin/x?/../open",
  "http://api.test/admin/x",
  "HTTP://api.test/ADMIN/x",
  "http://other.test:80/admin/x?a",
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

/** An app whose handlers answer with their name. */
async function start({ settings: on = [], before, after }: Setup = {}): Promise<Target> {
  const guard = expressFlux(defineFlux(guardedConfig));
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
    (name: HandlerName): RequestHandler =>
    (_request, response) => {
      response.set("x-handler", name).send(name);
    };
  router.get("/x", handler("GET /admin/x"));
  router.delete("/x", handler("DELETE /admin/x"));
  router.post("/x", handler("POST /admin/x"));
  router.all("/area/*rest", handler("* /admin/area/*rest"));
  router.get("/users/public", handler("GET /admin/users/public"));
  router.get("/users/:id", handler("GET /admin/users/:id"));
  app.use("/admin", router);
  app.get("/open/*rest", handler("open"));
  return serve(app);
}

for (const on of settings)
  describeSpellings(
    on.join(" and ") || "no setting",
    () => start({ settings: on }),
    on.length === 0 ? reached : undefined,
  );

describe("parameters and rests", () => {
  let app: Target;
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
    ["PATCH", "/admin/area/a/b", "* /admin/area/*rest"],
    ["PROPFIND", "/admin/area/a/", "* /admin/area/*rest"],
    ["DELETE", "/Admin/Area/a//b", "* /admin/area/*rest"],
    ["OPTIONS", "/admin/area/a", "* /admin/area/*rest"],
  ])("%s %s asks for the role", async (method, path, handler) => {
    expect(await expectGuarded(app, method, path)).toBe(handler);
  });

  test("a preflight of a route of every method does, too", async () => {
    const preflight = ["Origin: https://app.test", "Access-Control-Request-Method: GET"];
    const handler = await expectGuarded(app, "OPTIONS", "/admin/area/a", preflight);
    expect(handler).toBe("* /admin/area/*rest");
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
        const handler = await expectGuarded(app, "POST", path, headers);
        await app.close();
        expect(handler).toMatch(/^(DELETE|GET) \/admin\/x$/);
      },
    );

  test("a plain POST keeps its own", async () => {
    const app = await start({ before: override });
    const { stranger } = await askAll(app, "POST", "/admin/x");
    await app.close();
    expect(stranger).toEqual({ status: 200, handler: "POST /admin/x" });
  });
});
