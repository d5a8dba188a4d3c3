/** However a path is spelt, Fastify leads nobody to a handler whose requirement is not met. */
import { defineFlux } from "@flux/core";
import { fastifyFlux } from "@flux/fastify";
import fastify, { type FastifyServerOptions, type RouteHandlerMethod } from "fastify";
import { afterEach, expect, test } from "vitest";
import {
  describeSpellings,
  expectGuarded,
  guardedConfig,
  type HandlerName,
  type Target,
} from "../spellings/spellings.ts";
import { listen } from "./support.ts";

/** The spellings of GET /admin/x that Fastify, as it comes, leads to its handler. */
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
];
/** And those that it leads there beside them with all settings on. */
const alsoReached = [
  "/ADMIN/x",
  "/Admin/X",
  "/aDmIn/x",
  "/admin/x/",
  "/ADMIN/X/",
  "/admin/x/?a=/b",
  "HTTP://api.test/ADMIN/x",
  "/admin/x;a=1",
  "/admin/x;",
  "//admin/x",
  "/admin//x",
  "/admin/x//",
  "///admin///x",
  "/%41DMIN/x",
];

const answer =
  (name: HandlerName): RouteHandlerMethod =>
  (_request, reply) =>
    void reply.header("x-handler", name).send(name);

async function start(options: FastifyServerOptions = {}, guarded: "first" | "last" = "first") {
  const flux = defineFlux(guardedConfig);
  const app = fastify(options);
  if (guarded === "first") await app.register(fastifyFlux, { flux });
  await app.register(
    async (admin) => {
      admin.get("/x", answer("GET /admin/x"));
      admin.delete("/x", answer("DELETE /admin/x"));
      admin.post("/x", answer("POST /admin/x"));
      admin.all("/area/*", answer("* /admin/area/*rest"));
      admin.get("/users/public", answer("GET /admin/users/public"));
      admin.get("/users/:id", answer("GET /admin/users/:id"));
    },
    { prefix: "/admin" },
  );
  app.get("/open/*", answer("open"));
  if (guarded === "last") await app.register(fastifyFlux, { flux });
  return listen(app);
}

describeSpellings("no setting", () => start(), reached);
describeSpellings("routes that were there before the plugin", () => start({}, "last"), reached);
const settings = {
  caseSensitive: false,
  ignoreTrailingSlash: true,
  ignoreDuplicateSlashes: true,
  useSemicolonDelimiter: true,
};
for (const [name, value] of Object.entries(settings))
  describeSpellings(name, () => start({ routerOptions: { [name]: value } }));
describeSpellings("all settings", () => start({ routerOptions: settings }), [
  ...reached,
  ...alsoReached,
]);

let app: Target | undefined;
afterEach(() => app?.close());

test.each([
  ["GET", "/admin/users/7", "GET /admin/users/:id"],
  ["GET", "/admin/users/%37", "GET /admin/users/:id"],
  ["GET", "/admin/users/publi%63", "GET /admin/users/public"],
  ["GET", "/admin/users/PUBLIC", "GET /admin/users/:id"],
  ["GET", "/admin/users/", "GET /admin/users/:id"],
  ["HEAD", "/admin/users/7", "GET /admin/users/:id"],
  ["PATCH", "/admin/area/a/b", "* /admin/area/*rest"],
  ["GET", "/admin/area/", "* /admin/area/*rest"],
  ["OPTIONS", "/admin/area/a", "* /admin/area/*rest"],
] as const)("%s %s reaches its handler by its requirement", async (method, path, handler) => {
  app = await start();
  expect(await expectGuarded(app, method, path)).toBe(handler);
});
