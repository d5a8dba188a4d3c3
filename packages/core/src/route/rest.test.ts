import { expect, test } from "vitest";
import { parseRouteKey, type RoutePattern } from "./pattern.ts";
import { beforeRest, divides } from "./rest.ts";

test.each([
  ["/files/*", "/files"],
  ["/files/*path", "/files"],
  ["/files/{*path}", "/files"],
  ["/files{/*path}", "/files"],
  ["/teams/:team/*", "/teams/:team"],
  ["/static*", ""],
  ["/*", ""],
  ["*", ""],
])("%s has %j before its rest", (pattern, before) => {
  expect(beforeRest(pattern)).toBe(before);
});

test.each(["/files/:name", "/files/:name(^[a-z]*$)", "/files/:path{.*}", "/*rest/x", "/"])(
  "%s has no rest",
  (pattern) => {
    expect(beforeRest(pattern)).toBeUndefined();
  },
);

test.each([
  ["/a/*rest", "/a/*rest", true],
  ["/a/:id", "/a/*rest", true],
  ["/a/b/c", "/a/*rest", true],
  ["/a/b", "/*rest", true],
  ["/:any/b", "/:x/*rest", true],
  ["/a", "/a/*rest", false],
  ["/*rest", "/a/*rest", false],
  ["/b/c", "/a/*rest", false],
  ["/red/x", "/:team/*rest", false],
  ["/:team/x", "/red/*rest", false],
])("%s divides %s: %s", (pattern, rest, expected) => {
  const of = (path: string) => parseRouteKey(`GET ${path}`) as RoutePattern;
  expect(divides(of(pattern), of(rest))).toBe(expected);
});
