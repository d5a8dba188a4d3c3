import fc from "fast-check";
import { expect, test } from "vitest";
import { interned } from "./interned.ts";

test("is the same text, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(interned(text)).toBe(text);
    }),
  );
});

test.each(["", "__proto__", "constructor", "0", "-1", "4294967295"])("is %j", (text) => {
  expect(interned(text)).toBe(text);
});
