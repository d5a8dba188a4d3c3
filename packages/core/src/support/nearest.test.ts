import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

describe("nearest", () => {
  test.each([
    ["exprots", ["imports", "exports"], "exports"],
    ["API", ["api", "login"], "api"],
    ["por", ["free", "pro"], "pro"],
    ["fere", ["free", "pro"], "free"],
    ["ai-token", ["ai-tokens", "seats"], "ai-tokens"],
    ["x", ["a", "seats"], "a"],
    ["something", ["else", "entirely"], undefined],
    ["", [], undefined],
  ])("%j of %j is %j", (name, candidates, meant) => {
    expect(nearest(name, candidates)).toBe(meant);
  });

  test("a name itself is always nearest", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (name, others) => {
        expect(nearest(name, [...others, name])?.toLowerCase()).toBe(name.toLowerCase());
      }),
    );
  });

  test("it is put as a question", () => {
    expect(didYouMean("fre", ["free"])).toBe(' Did you mean "free"?');
    expect(didYouMean("fre", ["enterprise"])).toBe("");
  });
});
