import { describe, expect, it } from "vitest";
import type { Facts } from "./facts.ts";
import { methodOverrides } from "./method-overrides.ts";
import { isPreflight } from "./preflight.ts";

function facts(given: Partial<Facts>): Facts {
  return { method: "POST", url: "/", headers: {}, ...given };
}

describe("methodOverrides", () => {
  it.each(["x-http-method-override", "x-http-method", "x-method-override"])("reads %s", (name) => {
    expect(methodOverrides(facts({ headers: { [name]: "delete" } }))).toEqual(["DELETE"]);
  });

  it.each([
    "/x?_method=PUT",
    "/x?a=1&_method=put",
    "/x?%5Fm%65thod=PUT",
    "/x?_method=PUT&_method=PUT",
  ])("reads the query of %s", (url) => {
    expect(methodOverrides(facts({ url }))).toEqual(["PUT"]);
  });

  it("names each of several once, whichever of them counts", () => {
    const headers = { "x-http-method-override": "PUT, DELETE", "x-http-method": ["PATCH", "PUT"] };
    expect(methodOverrides(facts({ headers, url: "/?_method=purge" })).toSorted()).toEqual([
      "DELETE",
      "PATCH",
      "PURGE",
      "PUT",
    ]);
  });

  it("is the same empty array wherever there are none", () => {
    const none = methodOverrides(facts({}));
    expect(none).toEqual([]);
    expect(methodOverrides(facts({ method: "GET" }))).toBe(none);
    expect(methodOverrides(facts({ headers: { "x-http-method-override": "POST" } }))).toBe(none);
    expect(methodOverrides(facts({ headers: { "x-http-method-override": "no method" } }))).toBe(
      none,
    );
    expect(methodOverrides(facts({ url: "/_method=PUT?method=PUT" }))).toBe(none);
  });

  it("overrides nothing but POST", () => {
    const headers = { "x-http-method-override": "DELETE" };
    expect(methodOverrides(facts({ method: "GET", headers }))).toEqual([]);
  });

  it("counts the method on the request line where it was overridden already", () => {
    const headers = { "x-http-method-override": "DELETE" };
    expect(methodOverrides(facts({ method: "DELETE", originalMethod: "POST", headers }))).toEqual([
      "POST",
    ]);
    expect(methodOverrides(facts({ method: "DELETE", originalMethod: "PATCH" }))).toEqual([
      "PATCH",
    ]);
    expect(methodOverrides(facts({ originalMethod: "POST" }))).toEqual([]);
  });
});

describe("isPreflight", () => {
  const headers = { origin: "https://a.example", "access-control-request-method": "POST" };

  it("is an OPTIONS request with Origin and Access-Control-Request-Method", () => {
    expect(isPreflight(facts({ method: "OPTIONS", headers }))).toBe(true);
    expect(isPreflight(facts({ method: "OPTIONS", headers: new Headers(headers) }))).toBe(true);
  });

  it("is nothing else", () => {
    expect(isPreflight(facts({ method: "POST", headers }))).toBe(false);
    expect(isPreflight(facts({ method: "OPTIONS", headers: { origin: headers.origin } }))).toBe(
      false,
    );
    expect(isPreflight(facts({ method: "OPTIONS", headers: { ...headers, origin: "" } }))).toBe(
      false,
    );
    expect(
      isPreflight(facts({ method: "OPTIONS", headers: { ...headers, origin: ["a", "b"] } })),
    ).toBe(false);
  });
});
