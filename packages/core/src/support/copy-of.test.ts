import fc from "fast-check";
import { expect, it } from "vitest";
import { copyOf } from "./copy-of.ts";

it("is the same text, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => copyOf(text) === text),
    { examples: [["\ud800"], ['a"b\\c\u0000'], [""]] },
  );
  expect(copyOf("__proto__")).toBe("__proto__");
});
