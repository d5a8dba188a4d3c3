import { describe, expect, it } from "vitest";
import { parseRouteKey } from "./pattern.ts";

describe("parseRouteKey", () => {
  it("reads a method and the segments of a path", () => {
    expect(parseRouteKey("* /internal/:area/caf%C3%A9/*rest")).toEqual({
      method: "*",
      path: "/internal/:area/caf%C3%A9/*rest",
      segments: [
        { kind: "literal", text: "internal" },
        { kind: "parameter", name: "area" },
        { kind: "literal", text: "café" },
        { kind: "rest", name: "rest" },
      ],
    });
    expect(parseRouteKey("M-SEARCH /")).toEqual({ method: "M-SEARCH", path: "/", segments: [] });
  });

  it("takes literals percent-decoded, once", () => {
    expect(parseRouteKey("GET /a%3Ab/%2A/100%2525/café")).toMatchObject({
      segments: [{ text: "a:b" }, { text: "*" }, { text: "100%25" }, { text: "café" }],
    });
  });

  it.each([
    ["/exports", '"GET /reports/:id"'],
    ["GET", '"GET /reports/:id"'],
    ["GET  /x", '"GET /reports/:id"'],
    ["GET x", '"GET /reports/:id"'],
    ["GET /a b", '"GET /reports/:id"'],
    ["get /x", '"GET /x"'],
    ["G=T /x", "upper-case method"],
    ["GET /x/", '"/x"'],
    ["GET //", '"/"'],
    ["GET /a//b", '"/a/b"'],
    ["GET /*rest/x", '":rest"'],
    ["GET /*", '"*rest"'],
    ["GET /:", '":name"'],
    ["GET /:id?", '":id"'],
    ["GET /:id(\\d+)", '":id"'],
    ["GET /:id.json", '":id"'],
    ["GET /[id]", '":name"'],
    ["GET /x{/:id}", '":name"'],
    ["GET /models/a:run", '"%3A"'],
    ["GET /x?y=1", "percent-encode"],
    ["GET /x#y", "percent-encode"],
    ["GET /a\\b", "percent-encode"],
    ["GET /a\u0000", "percent-encode"],
    ["GET /100%", '"%25"'],
    ["GET /%FF", '"%25"'],
    ["GET /a%2Fb", "never match"],
    ["GET /a%00", "never match"],
    ["GET /a/..", "never match"],
    ["GET /%2e%2E;x/a", "never match"],
    ["GET /;x", "never match"],
  ])("refuses %j and says what to write", (key, hint) => {
    const problem = parseRouteKey(key);
    expect(problem).toBeTypeOf("string");
    expect(problem).toContain(hint);
  });
});
