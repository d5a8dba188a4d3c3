import { expect, test } from "vitest";
import { statusOfThrown } from "./thrown.ts";

test.each([
  ["NEXT_REDIRECT;replace;/sign-in;307;", 307],
  ["NEXT_REDIRECT;push;/a;b;c;303;", 303],
  ["NEXT_HTTP_ERROR_FALLBACK;404", 404],
  ["NEXT_HTTP_ERROR_FALLBACK;403", 403],
  ["NEXT_REDIRECT", 500],
  ["12345", 500],
])("%s ends a call with %i", (digest, status) => {
  expect(statusOfThrown(Object.assign(new Error("thrown"), { digest }))).toBe(status);
});

test.each([undefined, null, "text", new Error("broken"), { digest: 3 }])("%o with 500", (error) => {
  expect(statusOfThrown(error)).toBe(500);
});
