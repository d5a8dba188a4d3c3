import { describe, expect, test } from "vitest";
import { readClaim } from "./claims.ts";

describe("readClaim", () => {
  const claims = {
    org: "acorn",
    "https://example.com/roles": ["a"],
    "a.b": "name",
    a: { b: "path", c: { d: 1 } },
  };
  test.each([
    ["org", "acorn"],
    ["https://example.com/roles", ["a"]],
    ["a.b", "name"],
    [["a", "b"], "path"],
    ["a.c.d", 1],
    ["a.x.y", undefined],
    ["org.length", undefined],
    ["constructor", undefined],
    ["a.constructor.name", undefined],
    [["__proto__"], undefined],
    [[], claims],
  ])("%j", (locator, value) => {
    expect(readClaim(claims, locator)).toEqual(value);
  });
  test("a function is asked", () => {
    expect(readClaim(claims, ({ org }) => `${org}!`)).toBe("acorn!");
  });
});
