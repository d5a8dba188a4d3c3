import { describe, expect, it } from "vitest";
import { buildRouteIndex } from "./test-index.ts";

function overlaps(...keys: string[]): string[] {
  const { index, problems } = buildRouteIndex(keys.map((key) => [key, key] as const));
  expect(problems).toEqual([]);
  return [...index.overlaps()]
    .map(([specific, general]) => `${specific.key} < ${general.key}`)
    .toSorted();
}

describe("overlaps", () => {
  it.each([
    ["a literal and a parameter", ["GET /a/b", "GET /a/:x"], ["GET /a/b < GET /a/:x"]],
    ["a parameter and a rest", ["GET /a/:x", "GET /a/*r"], ["GET /a/:x < GET /a/*r"]],
    ["any depth under a rest", ["GET /a/b/c/d", "GET /a/*r"], ["GET /a/b/c/d < GET /a/*r"]],
    ["an empty rest", ["GET /a", "GET /a/*r"], ["GET /a < GET /a/*r"]],
    ["one rest under another", ["GET /a/*r", "GET /*r"], ["GET /a/*r < GET /*r"]],
    [
      "crossing patterns, the leftmost deciding",
      ["GET /a/:x", "GET /:x/b"],
      ["GET /a/:x < GET /:x/b"],
    ],
    [
      "a rest and a longer crossing pattern",
      ["GET /a/*r", "GET /:x/b/c"],
      ["GET /a/*r < GET /:x/b/c"],
    ],
    ["a method and *", ["GET /a", "* /a"], ["GET /a < * /a"]],
    ["* that is more specific than a method", ["* /a/b", "GET /a/:x"], ["* /a/b < GET /a/:x"]],
    ["a method and a general *", ["GET /a/b", "* /a/:x"], ["GET /a/b < * /a/:x"]],
    ["other methods", ["GET /a/b", "POST /a/:x"], []],
    ["other literals", ["GET /a/b", "GET /c/:x", "GET /a/b/c", "GET /d/*r"], []],
    ["other lengths", ["GET /a", "GET /:x/b"], []],
  ])("%s", (_, keys, expected) => {
    expect(overlaps(...keys)).toEqual(expected);
    expect(overlaps(...keys.toReversed())).toEqual(expected);
  });

  it("goes through ten thousand routes, and stops where they overlap without end", () => {
    const common = Array.from({ length: 5_000 }, (_, i) => [
      `GET /r${i}/x`,
      `GET /r${i}/:id`,
    ]).flat();
    expect(overlaps(...common, "* /*rest")).toHaveLength(15_000);
    const crossing = Array.from({ length: 5_000 }, (_, i) => [
      `GET /a${i}/:x`,
      `GET /:x/b${i}`,
    ]).flat();
    const found = overlaps(...crossing).length;
    expect(found).toBeGreaterThan(100_000);
    expect(found).toBeLessThan(1_000_000);
  });
});
