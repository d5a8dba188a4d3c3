import { describe, expect, it, vi } from "vitest";
import type { RouteIndex } from "./route-index.ts";
import { Unreadable, unreadable } from "./target.ts";
import { buildRouteIndex } from "./test-index.ts";

function indexOf(...keys: string[]): RouteIndex<string> {
  const { index, problems } = buildRouteIndex(keys.map((key) => [key, key] as const));
  expect(problems).toEqual([]);
  return index;
}

/** The keys that apply, and "unmatched" where that applies as well. */
function keys(index: RouteIndex<string>, request: string, overrides?: string[]): string[] {
  const space = request.indexOf(" ");
  const match = index.match(request.slice(0, space), request.slice(space + 1), overrides);
  if (match instanceof Unreadable) throw new Error(match.detail);
  const entries = match.entries.map((entry) => entry.value).toSorted();
  return match.unmatched ? [...entries, "unmatched"] : entries;
}

describe("precedence", () => {
  const index = indexOf(
    "GET /",
    "GET /reports/latest",
    "GET /reports/:id",
    "POST /reports/:id",
    "* /reports/:id/rows",
    "PUT /reports/:id/rows",
    "* /reports/*rest",
    "GET /:area/latest/rows",
    "DELETE /files/*path",
  );

  it.each([
    ["GET /", ["GET /"]],
    ["GET /?x=1", ["GET /"]],
    ["POST /", ["unmatched"]],
    ["GET /reports/latest", ["GET /reports/latest"]],
    ["GET /reports/latest?x", ["GET /reports/latest"]],
    ["GET https://a.example/reports/latest", ["GET /reports/latest"]],
    ["POST /reports/latest", ["POST /reports/:id"]],
    ["DELETE /reports/latest", ["* /reports/*rest"]],
    ["GET /reports/7", ["GET /reports/:id"]],
    ["GET /reports/AbC", ["GET /reports/:id"]],
    ["GET /reports/7/rows", ["* /reports/:id/rows"]],
    ["PUT /reports/7/rows", ["PUT /reports/:id/rows"]],
    ["GET /reports/latest/rows", ["* /reports/:id/rows"]],
    ["GET /reports/7/rows/1", ["* /reports/*rest"]],
    ["BREW /reports/7/rows", ["* /reports/:id/rows"]],
    ["GET /other/latest/rows", ["GET /:area/latest/rows"]],
    ["DELETE /files/a/b", ["DELETE /files/*path"]],
    ["GET /nowhere", ["unmatched"]],
    ["GET /constructor", ["unmatched"]],
    ["GET /__proto__/latest/rows", ["GET /:area/latest/rows"]],
    ["constructor /reports/7/rows", ["* /reports/:id/rows"]],
    ["get /reports/latest", ["GET /reports/latest"]],
  ])("%s", (request, expected) => {
    expect(keys(index, request)).toEqual(expected);
  });

  it("hands out one and the same result for the same entry", () => {
    expect(index.match("GET", "/reports/1")).toBe(index.match("GET", "/reports/2"));
    expect(index.match("GET", "/reports/latest")).toBe(index.match("GET", "/reports/latest?x"));
    expect(index.match("GET", "/nowhere")).toBe(index.match("PUT", "/elsewhere"));
  });
});

describe("several readings", () => {
  // Each pair: the entry that a handler has, and the one that another reading of its path finds.
  const index = indexOf(
    "GET /admin/:x",
    "GET /:a/:b",
    "GET /:a",
    "GET /Legacy/x",
    "GET /legacy/:x",
    "GET /caf%C3%A9",
    "GET /a%2540",
    "GET /mail/a@b",
    "GET /mail/:x",
    "GET /one/two/three",
  );

  it.each([
    ["a folded literal, and what takes the path as it is", "/ADMIN/x", ["/:a/:b", "/admin/:x"]],
    ["a literal in another case, both ways", "/legacy/x", ["/Legacy/x", "/legacy/:x"]],
    ["the same from the other side", "/Legacy/x", ["/Legacy/x", "/legacy/:x"]],
    ["escapes", "/%61dmin/x", ["/:a/:b", "/admin/:x"]],
    ["escapes, twice", "/%2561dmin/x", ["/:a/:b", "/admin/:x"]],
    ["escapes and case", "/%41DMIN/x", ["/:a/:b", "/admin/:x"]],
    [
      "reserved characters that a router leaves encoded",
      "/m%61il/a%40b",
      ["/:a/:b", "/mail/:x", "/mail/a@b"],
    ],
    ["matrix parameters", "/admin;v/x;w", ["/:a", "/:a/:b", "/admin/:x"]],
    ["a path cut at a semicolon", "/admin/x;/y/z", ["/admin/:x", "unmatched"]],
    ["an encoded semicolon", "/admin/x%3B/y/z", ["/admin/:x", "unmatched"]],
    ["double slashes", "//admin//x", ["/admin/:x", "unmatched"]],
    ["an empty segment is no parameter", "//x", ["/:a", "unmatched"]],
    ["a trailing slash, which the pattern covers", "/admin/x/", ["/admin/:x"]],
    ["a value with escapes", "/admin/J%C3%BCrgen%20%40", ["/admin/:x"]],
    ["a literal that needs its escapes", "/caf%C3%A9", ["/:a", "/caf%C3%A9"]],
    ["a literal with a percent sign", "/a%2540", ["/:a", "/a%2540"]],
    [
      "escapes that were not needed, where nothing else matches",
      "/one/tw%6F/three",
      ["/one/two/three", "unmatched"],
    ],
    ["case, where nothing else matches", "/one/two/Three", ["/one/two/three", "unmatched"]],
  ])("%s: %s", (_, path, expected) => {
    const wanted = expected.map((name) => (name === "unmatched" ? name : `GET ${name}`));
    expect(keys(index, `GET ${path}`)).toEqual(wanted);
  });

  it("folds all of Unicode as well as ASCII alone", () => {
    const folded = indexOf("GET /x/CAF%C3%89", "GET /x/:y");
    expect(keys(folded, "GET /x/caf%C3%A9")).toEqual(["GET /x/:y", "GET /x/CAF%C3%89"]);
    expect(keys(folded, "GET /x/caf%C3%89")).toEqual(["GET /x/:y", "GET /x/CAF%C3%89"]);
    const kelvin = indexOf("GET /k", "GET /:y");
    expect(keys(kelvin, "GET /%E2%84%AA")).toEqual(["GET /:y", "GET /k"]);
    expect(keys(indexOf("GET /%E2%84%AA", "GET /:y"), "GET /k")).toEqual([
      "GET /%E2%84%AA",
      "GET /:y",
    ]);
  });

  it("can serve a public literal that needs escapes, as nothing else could be meant", () => {
    expect(keys(indexOf("GET /caf%C3%A9"), "GET /caf%C3%A9")).toEqual(["GET /caf%C3%A9"]);
    expect(keys(indexOf("GET /a%3Fb"), "GET /a%3Fb")).toEqual(["GET /a%3Fb"]);
    expect(keys(indexOf("GET /100%25"), "GET /100%25")).toEqual(["GET /100%25"]);
  });

  it("counts what a strict router makes of a trailing slash", () => {
    const index = indexOf("GET /reports", "GET /reports/*rest", "* /*all");
    expect(keys(index, "GET /reports")).toEqual(["GET /reports"]);
    expect(keys(index, "GET /reports/")).toEqual(["* /*all", "GET /reports", "GET /reports/*rest"]);
    expect(keys(index, "POST /reports/")).toEqual(["* /*all"]);
  });

  it("refuses what cannot be read, whatever the routes", () => {
    expect(index.match("GET", "/admin%2Fx")).toBe(unreadable.encodedSlash);
    expect(index.match("GET", "/one/../admin/x")).toBe(unreadable.dots);
    expect(indexOf("GET /*rest").match("GET", "*")).toBe(unreadable.form);
    expect(index.match("GET", "/a".repeat(257))).toBe(unreadable.segments);
    expect(index.match("GET", `/${"a".repeat(8192)}`)).toBe(unreadable.characters);
    expect(index.match("GET", "/one/two/three\0")).toBe(unreadable.nul);
  });

  it("reads the longest path that is allowed", () => {
    const long = indexOf("GET /*rest");
    expect(keys(long, `GET ${"/a".repeat(256)}`)).toEqual(["GET /*rest"]);
    expect(keys(long, `GET /${"a".repeat(8191)}`)).toEqual(["GET /*rest"]);
  });
});

describe("an empty rest", () => {
  it("counts, together with what is unmatched", () => {
    const index = indexOf("* /internal/*rest", "POST /internal");
    expect(keys(index, "GET /internal")).toEqual(["* /internal/*rest", "unmatched"]);
    expect(keys(index, "GET /internal/")).toEqual(["* /internal/*rest", "unmatched"]);
    expect(keys(index, "GET /internal//")).toEqual(["* /internal/*rest", "unmatched"]);
    expect(keys(index, "GET /internal/x")).toEqual(["* /internal/*rest"]);
    expect(keys(indexOf("* /*rest"), "GET /")).toEqual(["* /*rest", "unmatched"]);
  });

  it("yields to a pattern that matches exactly, and adds to a less specific one", () => {
    const index = indexOf("* /internal/*rest", "POST /internal", "GET /:x");
    expect(keys(index, "POST /internal")).toEqual(["POST /internal"]);
    expect(keys(index, "GET /internal")).toEqual(["* /internal/*rest", "GET /:x"]);
  });
});

describe("methods", () => {
  const index = indexOf(
    "GET /health",
    "HEAD /:x",
    "GET /files/:x",
    "DELETE /items/:id",
    "POST /items/:id",
  );

  it("reads HEAD as HEAD and as GET", () => {
    expect(keys(index, "HEAD /health")).toEqual(["GET /health", "HEAD /:x"]);
    expect(keys(index, "HEAD /files/a")).toEqual(["GET /files/:x"]);
    expect(keys(index, "HEAD /other")).toEqual(["HEAD /:x", "unmatched"]);
    expect(keys(index, "GET /other")).toEqual(["unmatched"]);
  });

  it("takes thousands of methods that nobody knows for one: the tree is not walked for each", () => {
    const index = indexOf("GET /:a/*rest", "POST /x/:b");
    const lookUps = vi.spyOn(Map.prototype, "get");
    const strange = Array.from({ length: 4_000 }, (_, i) => `M${i}`);
    const found = keys(index, "POST /x/7", strange);
    const walks = lookUps.mock.calls.filter(([key]) => key === "x").length;
    lookUps.mockRestore();
    expect(found).toEqual(["POST /x/:b", "unmatched"]);
    expect(walks).toBeLessThan(10);
  });

  it("reads an overridden request as both", () => {
    expect(keys(index, "POST /items/1", ["DELETE"])).toEqual([
      "DELETE /items/:id",
      "POST /items/:id",
    ]);
    expect(keys(index, "POST /items/1", ["PATCH"])).toEqual(["POST /items/:id", "unmatched"]);
    expect(keys(index, "POST /health", ["HEAD"])).toEqual(["GET /health", "HEAD /:x", "unmatched"]);
  });
});

describe("what is wrong with routes", () => {
  function problems(...given: string[]) {
    return buildRouteIndex(given.map((key) => [key, key] as const)).problems;
  }

  it("names both of a tie, at the second", () => {
    expect(problems("GET /a/:x", "POST /a/:y", "GET /a/:y")).toEqual([
      {
        path: 'routes["GET /a/:y"]',
        message: '"GET /a/:x" and "GET /a/:y" match the same requests: keep one of them.',
      },
    ]);
    expect(problems("* /*a", "* /*b")).toHaveLength(1);
    expect(problems("GET /%61", "GET /a")).toHaveLength(1);
  });

  it("holds patterns that differ in case alone for a tie", () => {
    const [problem, ...others] = problems("GET /Admin", "GET /admin");
    expect(others).toEqual([]);
    expect(problem?.message).toContain('"GET /Admin" and "GET /admin"');
    expect(problem?.message).toContain("ignore case");
  });

  it("finds no tie where the patterns differ", () => {
    expect(
      problems("GET /a", "* /a", "GET /:a", "GET /*a", "GET /a/b", "GET /A/c", "GET /"),
    ).toEqual([]);
  });

  it("collects malformed keys and keeps the others", () => {
    const { index, problems: found } = buildRouteIndex([
      ["get /x", 1],
      ["GET /y", 2],
      ["GET /z/", 3],
    ]);
    expect(found.map(({ path }) => path)).toEqual(['routes["get /x"]', 'routes["GET /z/"]']);
    expect(index.match("GET", "/y")).toMatchObject({ entries: [{ key: "GET /y", value: 2 }] });
  });
});
