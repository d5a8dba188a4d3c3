/** What a request looks like, and what an app answers itself. */
import { type Case, one, several, step, times } from "./case.ts";

const preflight = ["origin: https://app.test", "access-control-request-method: GET"] as const;

export const methods: readonly Case[] = [
  one("HEAD is a GET without a body", "HEAD /me"),
  one("HEAD of a public route", "HEAD /open"),
  several(
    "HEAD is charged as a GET is",
    step("HEAD /limited", "key of free-head"),
    step("GET /limited", "key of free-head"),
  ),
  one("OPTIONS is a request like any other", "OPTIONS /cross"),
  several(
    "a preflight goes on to CORS, uncounted",
    ...times(4, step("OPTIONS /limited", undefined, ...preflight)),
  ),
  one("a preflight goes on to a handler of its own", "OPTIONS /cross", undefined, ...preflight),
  one(
    "a page of another origin may read its limit",
    "GET /cross",
    "key of free-preflight",
    "origin: https://app.test",
  ),
  one("and why it was refused", "GET /limited", undefined, "origin: https://app.test"),
  one("a preflight of a route for every method", "OPTIONS /every", undefined, ...preflight),
  one("a route for every method", "PATCH /every", "member"),
  one(
    "a method that overrides another one",
    "POST /open",
    undefined,
    "x-http-method-override: GET",
  ),
  one("a POST to a route of GET", "POST /me"),
];

export const targets: readonly Case[] = (
  [
    ["an encoded slash", "/staff%2fx"],
    ["an encoded backslash", "/staff%5cx"],
    ["a double-encoded slash", "/staff%252fx"],
    ["a dot segment", "/open/../staff"],
    ["an encoded dot segment", "/open/%2e%2e/staff"],
    ["a dot segment that leads out", "/staff/.."],
    ["a NUL", "/staff%00"],
    ["a line break", "/staff%0a"],
    ["a broken encoding", "/staff%zz"],
    ["half an encoding", "/staff%"],
    ["an overlong encoding", "/staff%c0%af"],
    ["a backslash", "/open\\..\\staff"],
    ["a fragment", "/staff#x"],
    ["a needless encoding", "/%73taff"],
    ["another case", "/STAFF"],
    ["a trailing slash", "/staff/"],
    ["a double slash", "//staff"],
    ["a matrix parameter", "/staff;a=1"],
    ["an encoded slash in a parameter", "/reports/a%2fb"],
    ["a NUL in a parameter", "/reports/a%00b"],
    ["a line break in a parameter", "/reports/a%0d%0ab"],
    ["a dot segment in a parameter", "/reports/%2e%2e"],
    ["a broken encoding in a parameter", "/reports/a%zz"],
    ["an absolute target", "http://api.test/staff"],
    ["an absolute target with a user", "http://a@api.test/staff"],
  ] as const
).flatMap(([name, path]) => [
  one(`a path with ${name}, and nobody`, `GET ${path}`),
  one(`a path with ${name}, and a member`, `GET ${path}`, "member"),
]);

export const forged: readonly Case[] = [
  one(
    "headers that look like a decision",
    "GET /staff",
    "member",
    "x-flux-decision: allowed",
    'x-flux: {"allowed":true}',
    "x-middleware-subrequest: middleware:middleware:middleware:middleware:middleware",
    "x-middleware-override-headers: x-flux-decision",
    "x-middleware-request-x-flux-decision: allowed",
    "x-middleware-next: 1",
    "x-nextjs-data: 1",
  ),
  several(
    "headers that look like a receipt spare no charge",
    step("GET /limited", "key of free-forged"),
    step("GET /limited", "key of free-forged", "x-flux-receipt: paid", "x-flux-paid: api=1"),
  ),
  several(
    "nor do those of a prefetch",
    step("GET /limited", "key of free-prefetch"),
    step(
      "GET /limited",
      "key of free-prefetch",
      "next-router-prefetch: 1",
      "purpose: prefetch",
      "rsc: 1",
    ),
    step("GET /limited", "key of free-prefetch"),
  ),
];

export const answered: readonly Case[] = (
  ["redirect", "page", "object", "body", "bytes", "empty", "later", "throws"] as const
).map((how) => one(`onDenied: ${how}`, `GET /answered/${how}`));
