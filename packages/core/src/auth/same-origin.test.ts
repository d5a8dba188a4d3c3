import { describe, expect, it } from "vitest";
import { compileSameOrigin } from "./same-origin.ts";
import { facts } from "./test-issuer.ts";

const app = "https://app.example.com";

describe("a same-origin proof", () => {
  it.each([
    ["a page of the same origin", { "sec-fetch-site": "same-origin" }, true],
    ["a page of a listed origin", { origin: app }, true],
    ["a page of a listed origin, elsewhere", { origin: app, "sec-fetch-site": "cross-site" }, true],
    ["nothing", {}, false],
    ["another site", { "sec-fetch-site": "cross-site" }, false],
    ["another host of the same site", { "sec-fetch-site": "same-site" }, false],
    ["the address bar", { "sec-fetch-site": "none" }, false],
    ["another case", { "sec-fetch-site": "Same-Origin" }, false],
    ["two values", { "sec-fetch-site": ["same-origin", "cross-site"] }, false],
    ["two values joined", { "sec-fetch-site": "same-origin, cross-site" }, false],
    ["a sandboxed page, listed or not", { origin: "null" }, false],
    ["an origin that begins alike", { origin: `${app}.evil.example` }, false],
    ["an origin with a port", { origin: `${app}:8443` }, false],
    ["an origin over plain http", { origin: "http://app.example.com" }, false],
    ["an origin with a slash", { origin: `${app}/` }, false],
    ["two origins", { origin: [app, "https://evil.example"] }, false],
    ["two origins joined", { origin: `${app}, https://evil.example` }, false],
  ] as [string, Record<string, string | string[]>, boolean][])("%s", (_what, headers, expected) => {
    expect(compileSameOrigin([app, "null"])(facts(headers, "POST"))).toBe(expected);
  });

  it("needs the browser's word where no origin is listed", () => {
    const sameOrigin = compileSameOrigin();
    expect(sameOrigin(facts({ origin: app }))).toBe(false);
    expect(sameOrigin(facts({ "sec-fetch-site": "same-origin" }))).toBe(true);
  });
});
