/** Which entries of the config hold for a request, by its path, by what the framework says, and by a guard. */
import { describe, expect, test } from "vitest";
import { defineFlux } from "../../define-flux.ts";
import type { Facts } from "../../facts/facts.ts";
import { atOnce, callers, quiet, request } from "../test-callers.ts";

const flux = defineFlux({
  auth: callers,
  routes: {
    "GET /reports/:id": { scopes: "read" },
    "GET /reports/latest": { scopes: "latest" },
    "POST /reports/:id": { scopes: "write" },
    "DELETE /reports/:id": { roles: "admin" },
    "* /all/*rest": { roles: "staff" },
    "GET /open": "public",
  },
  logger: quiet,
});
const decide = (line: string, more: Partial<Facts> = {}, guard?: { scopes: string }) =>
  atOnce(flux.decide({ ...request(line, { as: {} }), ...more }, guard));
const routes = (line: string, more: Partial<Facts> = {}) => decide(line, more).routes;
const missing = (line: string, more: Partial<Facts> = {}, guard?: { scopes: string }) =>
  decide(line, more, guard).denials.map(({ name }) => name);

test("the most specific pattern holds alone", () => {
  expect(routes("GET /reports/latest")).toEqual(["GET /reports/latest"]);
  expect(routes("GET /reports/7?x=1")).toEqual(["GET /reports/:id"]);
  expect(routes("HEAD /reports/7")).toEqual(["GET /reports/:id"]);
});

test("a path with several readings gets the entries of all of them", () => {
  expect([...routes("GET /reports/LATEST")].sort()).toEqual([
    "GET /reports/:id",
    "GET /reports/latest",
  ]);
  expect(missing("GET /reports/LATEST").sort()).toEqual(["latest", "read"]);
});

test("so does a method that may be another", () => {
  const headers = { "x-http-method-override": "DELETE" };
  const all = decide("POST /reports/7", {
    headers: { ...request("", { as: {} }).headers, ...headers },
  });
  expect([...all.routes].sort()).toEqual(["DELETE /reports/:id", "POST /reports/:id"]);
  expect([...routes("DELETE /reports/7", { originalMethod: "POST" })].sort()).toEqual([
    "DELETE /reports/:id",
    "POST /reports/:id",
  ]);
});

test("the pattern that the framework matched brings its own entry", () => {
  expect([...routes("GET /reports/latest", { pattern: "/reports/:id" })].sort()).toEqual([
    "GET /reports/:id",
    "GET /reports/latest",
  ]);
  expect(routes("GET /open", { pattern: "/open" })).toEqual(["GET /open"]);
});

describe("a handler whose pattern ends in a rest", () => {
  const divided = defineFlux({
    auth: callers,
    routes: {
      "GET /files/:name": { roles: "staff" },
      "GET /assets/login.css": "public",
      "GET /assets/*rest": {},
      "* /teams/:team/*rest": {},
      "* /teams/:team/open": "public",
      "* /teams/red/*rest": "public",
      "GET /köln/*rest": {},
    },
    unmatched: "public",
    logger: quiet,
  });
  const of = (line: string, pattern: string) =>
    atOnce(divided.decide({ ...request(line, { as: {} }), pattern }))
      .routes.filter((name) => name !== "unmatched")
      .sort();

  test.each(["/files/*", "/files/*path", "/files/{*path}", "/files{/*path}", "/*", "*"])(
    "%s is not the handler of one segment",
    (pattern) => {
      expect(of("GET /files/a/b", pattern)).toEqual([]);
      expect(of("GET /files/a", pattern)).toEqual(["GET /files/:name"]);
    },
  );

  test("goes by the path, where the config divides the rest", () => {
    expect(of("GET /assets/login.css", "/assets/*")).toEqual(["GET /assets/login.css"]);
    expect(of("GET /assets/a/b", "/assets/*")).toEqual(["GET /assets/*rest"]);
    expect(of("GET /teams/blue/open", "/teams/:team/*")).toEqual(["* /teams/:team/open"]);
  });

  test("has the entry of its rest, where the path is another's in some reading", () => {
    expect(of("GET /teams//x", "/teams/:team/*")).toEqual(["* /teams/:team/*rest"]);
    expect(of("GET /teams//x/open", "/teams/:team/*")).toEqual([
      "* /teams/:team/*rest",
      "* /teams/:team/open",
    ]);
    expect(of("GET /teams/red/open", "/teams/:team/*")).toEqual([
      "* /teams/:team/*rest",
      "* /teams/red/*rest",
    ]);
    expect(of("GET /elsewhere", "/teams/:team/*")).toEqual(["* /teams/:team/*rest"]);
    expect(of("GET /elsewhere", "/köln{/*path}")).toEqual(["GET /köln/*rest"]);
  });

  test("and an expression is no rest", () => {
    expect(of("GET /elsewhere", "/files/:name(^[a-z]*$)")).toEqual(["GET /files/:name"]);
  });
});

test("the path that something has rewritten brings its own, and decides what is unmatched", () => {
  expect([...routes("GET /open", { routedUrl: "/reports/7" })].sort()).toEqual([
    "GET /open",
    "GET /reports/:id",
  ]);
  const stranger = (line: string, routedUrl: string) =>
    atOnce(flux.decide({ ...request(line), routedUrl })).code;
  expect(stranger("GET /de/open", "/open")).toBe("allowed");
  expect(stranger("GET /open", "/elsewhere")).toBe("unauthenticated");
  expect(stranger("GET /open", "/a%2fb")).toBe("bad_request");
});

test("a guard adds, and never replaces", () => {
  expect(missing("GET /reports/7", {}, { scopes: "more" })).toEqual(["read", "more"]);
  expect(missing("GET /nowhere", {}, { scopes: "more" })).toEqual(["more"]);
});

describe("a preflight", () => {
  const headers = { origin: "https://a.test", "access-control-request-method": "GET" };
  const ask = (line: string, more: Partial<Facts> = {}) =>
    atOnce(flux.decide({ ...request(line, { headers }), ...more })).code;
  test("passes without a decision", () => {
    expect(ask("OPTIONS /reports/7")).toBe("allowed");
    expect(ask("OPTIONS /nowhere")).toBe("allowed");
  });
  test("unless the config or a route names OPTIONS itself", () => {
    expect(ask("OPTIONS /all/x")).toBe("unauthenticated");
    expect(ask("OPTIONS /nowhere", { pattern: "/nowhere" })).toBe("unauthenticated");
  });
  test("and nothing else does", () => {
    expect(ask("GET /nowhere")).toBe("unauthenticated");
    expect(atOnce(flux.decide(request("OPTIONS /nowhere"))).code).toBe("unauthenticated");
  });
});

test("what cannot be read safely is refused before anything else is looked at", () => {
  for (const url of ["/a/../b", "/a%2fb", "/a%00", "/%", "nowhere"])
    expect(decide(`GET ${url}`)).toMatchObject({
      status: 400,
      code: "bad_request",
      principal: undefined,
    });
});
