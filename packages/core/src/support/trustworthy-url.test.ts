import { expect, test } from "vitest";
import { isTrustworthyUrl } from "./trustworthy-url.ts";

test.each([
  ["https://idp.example.com", true],
  [new URL("https://idp.example.com/keys"), true],
  ["http://localhost:4000", true],
  ["http://127.0.0.1:4000", true],
  ["http://127.8.9.1", true],
  ["http://[::1]:4000/x", true],
  ["http://idp.example.com", false],
  ["http://127.0.0.1.example.com", false],
  ["http://localhost.example.com", false],
  ["file:///etc/keys", false],
  ["idp.example.com", false],
  ["", false],
  [undefined, false],
])("%s: %s", (given, trustworthy) => {
  expect(isTrustworthyUrl(given)).toBe(trustworthy);
});
