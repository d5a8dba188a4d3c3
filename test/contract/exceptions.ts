/**
 * Where a framework answers otherwise than the contract says: before Flux is asked, or because it routes
 * otherwise. Each exception is checked: the answer is the one told here, no handler runs whose requirement
 * the caller does not meet, and the exception is still needed.
 */
import type { Response } from "./golden.ts";
import type { TargetName } from "./targets/target.ts";

export interface Exception {
  readonly targets: readonly TargetName[];
  readonly cases: readonly string[];
  /** The steps that differ, from 0. Default: all of them. */
  readonly steps?: readonly number[];
  readonly reason: string;
  /** What is answered in place of what the contract says; what is not named here is not compared. */
  readonly instead: { readonly status: number } & {
    readonly [F in keyof Response]?: Response[F];
  };
}

const nest = ["nest-express", "nest-fastify"] as const;
/** All that a handler asks for is decided at once there. Elsewhere the guard of all routes comes first. */
const oneGuard = ["fastify", ...nest] as const;

/** The cases of a path in some spelling: of nobody, and of a member. */
const by = (caller: "nobody" | "a member", ...spellings: readonly string[]) =>
  spellings.map((spelling) => `a path with ${spelling}, and ${caller}`);
const paths = (...spellings: readonly string[]) => [
  ...by("nobody", ...spellings),
  ...by("a member", ...spellings),
];

export const exceptions: readonly Exception[] = [
  {
    targets: oneGuard,
    cases: ["a feature that is missing, behind a limit that is exhausted"],
    steps: [2],
    reason: "One guard looks at the feature before any limit; of two, the first refuses.",
    instead: { status: 402 },
  },
  {
    targets: nest,
    cases: ["a preflight goes on to a handler of its own"],
    reason:
      "Nest has CORS in front of its guards: a handler for OPTIONS is one like any other to them.",
    instead: { status: 401 },
  },

  {
    targets: ["fastify", "nest-fastify"],
    cases: paths(
      "a broken encoding",
      "half an encoding",
      "an overlong encoding",
      "a broken encoding in a parameter",
    ),
    reason: "Fastify's router refuses the path itself, before any hook.",
    instead: { status: 400 },
  },

  {
    targets: ["hono"],
    cases: by("nobody", "a dot segment", "an encoded dot segment"),
    reason: "The URL parser has resolved the path to /staff, and that is what is decided.",
    instead: { status: 401 },
  },
  {
    targets: ["hono"],
    cases: by("a member", "a dot segment", "an encoded dot segment"),
    reason: "The URL parser has resolved the path to /staff, and that is what is decided.",
    instead: { status: 403 },
  },
  {
    targets: ["hono"],
    cases: by("nobody", "a dot segment that leads out", "a dot segment in a parameter"),
    reason: "The URL parser has resolved the path to /, where there is nothing.",
    instead: { status: 401 },
  },
  {
    targets: ["hono"],
    cases: by("a member", "a dot segment that leads out", "a dot segment in a parameter"),
    reason: "The URL parser has resolved the path to /, where there is nothing.",
    instead: { status: 404, body: "404 Not Found" },
  },
  {
    targets: ["hono"],
    cases: paths("a backslash"),
    reason: "The server, @hono/node-server, refuses the target before Hono sees it.",
    instead: { status: 400, body: "" },
  },
  {
    targets: ["hono"],
    cases: ["onDenied: body"],
    reason: "The server gives a body without a type the type of a text.",
    instead: {
      status: 401,
      headers: { "content-type": "text/plain; charset=UTF-8", "cache-control": "no-store" },
      body: "Sign in.",
    },
  },

  {
    targets: nest,
    cases: [
      "no credentials, where there is nothing",
      "a method that overrides another one",
      "a POST to a route of GET",
      ...paths(
        "an encoded slash",
        "an encoded backslash",
        "a double-encoded slash",
        "a dot segment",
        "an encoded dot segment",
        "a NUL",
        "a line break",
        "a backslash",
        "a double slash",
        "a matrix parameter",
      ),
    ],
    reason: "Nest's guards run for routes alone; where there is none, Nest answers.",
    instead: { status: 404 },
  },
  {
    targets: ["nest-express"],
    cases: paths(
      "a needless encoding",
      "a broken encoding",
      "half an encoding",
      "an overlong encoding",
    ),
    reason: "Nest's guards run for routes alone; where there is none, Nest answers.",
    instead: { status: 404 },
  },
  {
    targets: ["nest-express"],
    cases: paths("a broken encoding in a parameter"),
    reason: "Express's router refuses the parameter, before any guard.",
    instead: { status: 400 },
  },
  {
    targets: ["nest-fastify"],
    cases: paths("another case", "a trailing slash"),
    reason: "To Fastify this is another path, and Nest's guards run for routes alone.",
    instead: { status: 404 },
  },

  {
    targets: ["next"],
    cases: ["two tokens"],
    reason: "Node keeps the first of two Authorization headers, and Next shows no other.",
    instead: { status: 200, handler: "GET /me" },
  },
  {
    targets: ["next"],
    cases: ["a guard on the route and one for all routes charge once"],
    steps: [0],
    reason: "Next puts the headers of the proxy on top of the handler's.",
    instead: { status: 200, handler: "POST /guarded", headers: { ratelimit: '"api";r=2;t=1' } },
  },
  {
    targets: ["next"],
    cases: ["a guard on the route and one for all routes charge once"],
    steps: [1],
    reason: "Next puts the headers of the proxy on top of the handler's.",
    instead: { status: 429, headers: { ratelimit: '"api";r=0;t=3', "retry-after": "1" } },
  },
  {
    targets: ["next"],
    cases: ["what the guard on the route refuses costs nothing"],
    steps: [0],
    reason: "Next puts the headers of the proxy on top of the handler's.",
    instead: {
      status: 402,
      headers: { ratelimit: '"tokens";r=90;t=1424400, "api";r=2;t=1' },
    },
  },
  {
    targets: ["next"],
    cases: ["a guard on the route with a limit of its own"],
    reason: "Next puts the headers of the proxy on top of the handler's.",
    instead: {
      status: 200,
      handler: "GET /guarded/limits",
      headers: { ratelimit: '"api";r=2;t=1' },
    },
  },
  {
    targets: ["next"],
    cases: by("nobody", "a dot segment", "an encoded dot segment", "a fragment"),
    reason: "Next has resolved the path to /staff before the proxy, and that is what is decided.",
    instead: { status: 401 },
  },
  {
    targets: ["next"],
    cases: by("a member", "a dot segment", "an encoded dot segment", "a fragment"),
    reason: "Next has resolved the path to /staff before the proxy, and that is what is decided.",
    instead: { status: 403 },
  },
  {
    targets: ["next"],
    cases: by("nobody", "a dot segment that leads out", "a dot segment in a parameter"),
    reason: "Next has resolved the path to / before the proxy, and there is nothing.",
    instead: { status: 401 },
  },
  {
    targets: ["next"],
    cases: by("a member", "a dot segment that leads out", "a dot segment in a parameter"),
    reason: "Next has resolved the path to / before the proxy, and there is nothing.",
    instead: { status: 404 },
  },
  {
    targets: ["next"],
    cases: paths("a backslash", "a trailing slash", "a double slash"),
    reason: "Next redirects to the path as it would write it, before the proxy.",
    instead: { status: 308, headers: { location: "/staff" } },
  },
  {
    targets: ["next"],
    cases: paths("an absolute target"),
    reason: "Next redirects an absolute target, before the proxy.",
    instead: { status: 308, headers: { location: "http://api.test/staff" } },
  },
  {
    targets: ["next"],
    cases: paths("an absolute target with a user"),
    reason: "Next redirects an absolute target, before the proxy.",
    instead: { status: 308, headers: { location: "http://a@api.test/staff" } },
  },
  {
    targets: ["next"],
    cases: ["nor do those of a prefetch"],
    steps: [1],
    reason: "Next redirects to where it caches what its router asks for; the proxy has charged it.",
    instead: { status: 307, headers: { ratelimit: '"api";r=1;t=2' } },
  },
  {
    targets: ["next"],
    cases: ["onDenied: redirect"],
    reason: "Next writes where a redirect leads into a body that is empty.",
    instead: { status: 303, headers: { location: "/sign-in" }, body: "/sign-in" },
  },
];

export const exceptionOf = (target: TargetName, name: string, step: number) =>
  exceptions.find(
    ({ targets, cases, steps }) =>
      targets.includes(target) && cases.includes(name) && (steps?.includes(step) ?? true),
  );
