/** What middleware changes of a request before the guard sees it, and what a framework says it matched. */
import { defineFlux, type FluxConfig } from "@flux/core";
import { expressFlux } from "@flux/express";
import express from "express";
import { afterEach, expect, test } from "vitest";
import { quiet, type Served, serve } from "./support.ts";

let api: Served | undefined;
afterEach(() => api?.close());

/** Believes headers: what is tested is what a caller may do, not who it is. */
const auth: FluxConfig["auth"] = {
  custom: ({ headers }) => {
    const { scopes, tenants, cookie } = headers as Record<string, string | undefined>;
    if (scopes === undefined) return undefined;
    return { subject: "ann", scopes, tenants: tenants?.split(","), cookie: cookie !== undefined };
  },
};

async function ask(line: string, headers: Record<string, string> = {}): Promise<number> {
  const [method, target] = line.split(" ") as [string, string];
  const { request } = await import("node:http");
  const url = new URL(api?.url as string);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: url.hostname, port: url.port, method, path: target, headers },
      (response) => {
        response.resume();
        resolve(response.statusCode as number);
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

test("what a pattern asks for depends on the method, whoever came first", async () => {
  const flux = defineFlux({
    auth,
    routes: {
      "* /files/latest": {},
      "GET /files/:id": { scopes: "read" },
      "DELETE /files/:id": { scopes: "files:delete" },
    },
    logger: quiet,
  });
  const app = express();
  app.all("/files/:id", expressFlux(flux)(), (_request, response) => {
    response.send("handled");
  });
  api = await serve(app);
  const reader = { scopes: "read" };
  expect(await ask("DELETE /files/latest", reader)).toBe(403);
  expect(await ask("GET /files/latest", reader)).toBe(200);
  expect(await ask("DELETE /files/latest", reader)).toBe(403);
});

test("an absolute target that middleware rewrites is judged by where it leads", async () => {
  const flux = defineFlux({
    auth,
    routes: { "* /v1/*rest": "public", "* /admin/*rest": { roles: "admin" } },
    logger: quiet,
  });
  const app = express();
  app.use((request, _response, next) => {
    request.url = request.url.replace("/v1/", "/");
    next();
  });
  app.use(expressFlux(flux)());
  app.get("/admin/x", (_request, response) => void response.send("secret"));
  api = await serve(app);
  expect(await ask("GET /v1/admin/x")).toBe(401);
  expect(await ask("GET http://h/v1/admin/x")).toBe(401);
});

test("the tenant of a rewritten path is the one that the handler reads", async () => {
  const flux = defineFlux({
    auth,
    tenant: { from: { path: "/t/:tenant" } },
    routes: { "GET /t/:tenant/reports": {}, "GET /old/:tenant/reports": {} },
    logger: quiet,
  });
  const app = express();
  app.use((request, _response, next) => {
    request.url = request.url.replace(/^\/old\/(\w+)/, "/t/$1");
    next();
  });
  app.use(expressFlux(flux)());
  app.get("/t/:tenant/reports", (request, response) => {
    response.status(request.flux?.tenant?.id === request.params.tenant ? 200 : 500).end();
  });
  api = await serve(app);
  const member = { scopes: "read", tenants: "acorn" };
  expect(await ask("GET /t/birch/reports", member)).toBe(403);
  expect(await ask("GET /old/birch/reports", member)).toBe(403);
  expect(await ask("GET /old/acorn/reports", member)).toBe(200);
});

test("a form that is routed as GET is no safe request", async () => {
  const flux = defineFlux({ auth, routes: { "* /account": {} }, logger: quiet });
  const app = express();
  app.use((request, _response, next) => {
    if (request.query._method === "GET") {
      Object.assign(request, { originalMethod: request.method, method: "GET" });
    }
    next();
  });
  app.use(expressFlux(flux)());
  app.all("/account", (_request, response) => void response.send("changed"));
  api = await serve(app);
  const session = { scopes: "read", cookie: "sid=1", "sec-fetch-site": "cross-site" };
  expect(await ask("POST /account", session)).toBe(403);
  expect(await ask("POST /account?_method=GET", session)).toBe(403);
  expect(await ask("GET /account", session)).toBe(200);
});
