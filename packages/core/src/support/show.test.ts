import { expect, test } from "vitest";
import { show, showWithoutText } from "./show.ts";

test.each([
  [undefined, "nothing"],
  [null, "null"],
  [false, "false"],
  [Number.NaN, "NaN"],
  ["", '""'],
  ['a"b', '"a\\"b"'],
  ["x".repeat(61), "a string of 61 characters"],
  [[], "an empty array"],
  [["secret"], "an array"],
  [{ token: "secret" }, "an object"],
  [() => "secret", "a function"],
  [1n, "a bigint"],
])("%s is shown as %s", (value, shown) => {
  expect(show(value)).toBe(shown);
});

test("a text that may be a credential is not shown, all else is", () => {
  expect(showWithoutText("sk-secret")).toBe("a string of 9 characters");
  expect(showWithoutText("")).toBe("a string of 0 characters");
  expect(showWithoutText(7)).toBe("7");
  expect(showWithoutText(undefined)).toBe("nothing");
});
