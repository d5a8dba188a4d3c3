/** However a path is spelt, Hono leads nobody to a handler whose requirement is not met. */
import { defineFlux } from "@flux/core";
import { honoFlux } from "@flux/hono";
import { Hono, type MiddlewareHandler } from "hono";
import { methodOverride } from "hono/method-override";
import { LinearRouter } from "hono/router/linear-router";
import { PatternRouter } from "hono/router/pattern-router";
import { describe, expect, test } from "vitest";
import {
  askAll,
  callers,
  describeSpellings,
  expectGuarded,
  guardedConfig,
  type HandlerName,
  type Target,
} from "../spellings/spellings.ts";
import { serveHono } from "./support.ts";

/** The spellings of GET /admin/x that Hono on Node, as it comes, leads to its handler. */
const reached = [
  "/admin/x",
  "/admin/x?a=1",
  "/admin/x?",
  "/admin/x?a=../../open",
  "/admin/x?/../open",
  "http://api.test/admin/x",
  "http://other.test:80/admin/x?a",
  "/%61dmin/x",
  "/admin/%78",
  // The URL parser has resolved these before Hono, and so the guard, sees them.
  "/./admin/x",
  "/admin/./x",
  "/open/../admin/x",
  "/open/%2e%2e/admin/x",
  "/admin/y/../x",
];

type Options = ConstructorParameters<typeof Hono>[0];

interface Setup {
  readonly options?: Options;
  readonly before?: (app: Hono) => MiddlewareHandler;
  readonly after?: (app: Hono) => MiddlewareHandler;
  /** Whether each route has a guard of its own in place of one for all. */
  readonly onRoutes?: boolean;
}

/** An app whose handlers answer with their name. */
async function start({ options, before, after, onRoutes }: Setup = {}): Promise<Target> {
  const guard = honoFlux(defineFlux(guardedConfig));
  const app = new Hono(options);
  if (before) app.use(before(app));
  if (!onRoutes) app.use(guard());
  if (after) app.use(after(app));
  const admin = new Hono(options);
  const pass: MiddlewareHandler = (_c, next) => next();
  const own: MiddlewareHandler = onRoutes ? (guard() as MiddlewareHandler) : pass;
  const handler = (name: HandlerName) => () =>
    new Response(name, { headers: { "x-handler": name } });
  admin.get("/x", own, handler("GET /admin/x"));
  admin.delete("/x", own, handler("DELETE /admin/x"));
  admin.post("/x", own, handler("POST /admin/x"));
  admin.all("/area/*", own, handler("* /admin/area/*rest"));
  admin.get("/users/public", own, handler("GET /admin/users/public"));
  admin.get("/users/:id", own, handler("GET /admin/users/:id"));
  app.route("/admin", admin);
  app.get("/open/*", own, handler("open"));
  return serveHono(app);
}

/** Routes by a lower-case path without its language, as an app may that serves several. */
const getPath = (request: Request) =>
  new URL(request.url).pathname.toLowerCase().replace(/^\/(de|fr)\//, "/");

describeSpellings("as it comes", () => start(), reached);
describeSpellings("a guard on each route", () => start({ onRoutes: true }), reached);
describeSpellings("not strict", () => start({ options: { strict: false } }));
describeSpellings("a path of the app's own making", () => start({ options: { getPath } }));
describeSpellings("another router", () => start({ options: { router: new LinearRouter() } }));
describeSpellings("yet another", () => start({ options: { router: new PatternRouter() } }));

describe("a path of the app's own making", () => {
  test.each([
    "/de/admin/x",
    "/DE/ADMIN/X",
    "/fr/admin/%78?a",
    "/de/admin/users/7",
    "/de/admin/users/caf%C3%A9",
    "/de/admin/area/a%20b",
  ])("%s is guarded by where it leads", async (path) => {
    const app = await start({ options: { getPath } });
    const handler = await expectGuarded(app, "GET", path);
    await app.close();
    if (!path.includes("%78")) expect(handler).toMatch(/\/admin/);
  });
});

describe("hono/method-override", () => {
  const ways = [
    [{ header: "X-HTTP-Method-Override" }, "/admin/x", ["X-HTTP-Method-Override: DELETE"]],
    [{ header: "X-Other" }, "/admin/x", ["X-Other: DELETE"]],
    [{ query: "_method" }, "/admin/x?_method=DELETE", []],
    [{ query: "as" }, "/admin/x?as=DELETE", []],
    [{ query: "_method" }, "/admin/x?%5Fmethod=GET", []],
  ] as const;

  for (const place of ["before", "after"] as const) {
    test.each(ways)(
      `${place} the guard gets the other method's requirement: %j %s`,
      async (way, path, headers) => {
        const app = await start({ [place]: (app: Hono) => methodOverride({ app, ...way }) });
        const handler = await expectGuarded(app, "POST", path, headers);
        await app.close();
        expect(handler).toMatch(/^(DELETE|GET) \/admin\/x$/);
      },
    );

    test(`${place} the guard, by a field of a form`, async () => {
      const app = await start({ [place]: (app: Hono) => methodOverride({ app }) });
      const send = async ([line]: readonly string[]) => {
        const headers = line === undefined ? [] : [line.split(": ") as [string, string]];
        const body = new URLSearchParams({ _method: "DELETE" });
        const url = `http://127.0.0.1:${app.port}/admin/x`;
        const response = await fetch(url, { method: "POST", headers, body });
        return [response.status, response.headers.get("x-handler")];
      };
      expect(await send(callers.stranger)).toEqual([401, null]);
      expect(await send(callers.member)).toEqual([403, null]);
      expect(await send(callers.staff)).toEqual([200, "DELETE /admin/x"]);
      await app.close();
    });
  }

  test("a plain POST keeps its own", async () => {
    const app = await start({ before: (app) => methodOverride({ app }) });
    const { stranger } = await askAll(app, "POST", "/admin/x");
    await app.close();
    expect(stranger).toEqual({ status: 200, handler: "POST /admin/x" });
  });
});
