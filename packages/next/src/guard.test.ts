import { defineFlux } from "@flux/core";
import { NextRequest } from "next/server.js";
import { describe, expect, test } from "vitest";
import { nextFlux } from "./next-flux.ts";

const quiet = { warn: () => undefined, error: () => undefined };
const define = () =>
  defineFlux({
    auth: { custom: () => ({ subject: "ann", cookie: false }) },
    limits: { api: { quota: 60, window: "1m", burst: 3, by: "principal" } },
    routes: { "GET /api": { limit: "api", refundOn: [500] } },
    logger: quiet,
  });
const request = () => new NextRequest("http://app.test/api");

describe("misuse is told at start", () => {
  const app = nextFlux(define());

  test("a config in place of a Flux", () => {
    expect(() => nextFlux({ routes: {} } as never)).toThrow("nextFlux needs a Flux");
  });
  test("limits by address without an address", () => {
    const limits = { door: { quota: 1, window: "1m", by: "ip" } } as const;
    expect(() => nextFlux(defineFlux({ limits, logger: quiet }))).toThrow("clientIp");
  });
  test("a guard without a handler", () => {
    expect(() => app.guard({ limit: "api" }, undefined as never)).toThrow("needs a handler");
  });
  test("a misspelt name", () => {
    expect(() => app.guard({ limit: "ap" as "api" }, () => new Response())).toThrow(
      'Did you mean "api"',
    );
  });
  test("a server action that clients would reach past the guard", () => {
    const action = Object.assign(async () => undefined, {
      $$typeof: Symbol.for("react.server.reference"),
    });
    expect(() => app.guard({ limit: "api" }, action)).toThrow('begins with "use server"');
  });
});

test.each([
  ["nothing", () => undefined],
  ["a response that has been read", () => readResponse],
  ["an error", () => Promise.reject(new Error("broken"))],
])("a handler that gives %s fails, and its charge goes back", async (_name, handler) => {
  const app = nextFlux(define());
  const guarded = app.guard(handler as () => Response);
  for (let asked = 0; asked < 5; asked++)
    await expect(guarded(request(), { params: Promise.resolve({}) })).rejects.toThrow();
});

describe("guards in guards", () => {
  const context = { params: Promise.resolve({}) };
  const open = () =>
    nextFlux(
      defineFlux({
        auth: { custom: () => ({ subject: "ann", cookie: false }) },
        limits: {
          a: { quota: 60, window: "1m", burst: 9, by: "principal" },
          b: { quota: 60, window: "1m", burst: 9, by: "principal" },
        },
        routes: { "* /api": {} },
        logger: quiet,
      }),
    );

  test("the innermost tells what is left of all that was charged", async () => {
    const app = open();
    const inner = app.guard({ limit: ["a", "b"], cost: 3 }, () => new Response("ok"));
    const response = await app.guard({ limit: "a" }, inner)(request(), context);
    expect(response.headers.get("ratelimit")).toMatch(/^"a";r=6;t=\d+, "b";r=6;t=\d+$/);
  });

  test("a refusal inside tells nothing of what it has given back", async () => {
    const app = open();
    const inner = app.guard({ roles: "staff" }, () => new Response("never"));
    const response = await app.guard({ limit: "a", cost: 3 }, inner)(request(), context);
    expect(response.status).toBe(403);
    expect(response.headers.get("ratelimit")).toBeNull();
    const after = await app.guard({ limit: "a" }, () => new Response("ok"))(request(), context);
    expect(after.headers.get("ratelimit")).toContain('"a";r=8');
  });

  test("a handler's own headers stay", async () => {
    const handler = () => new Response("ok", { headers: { RateLimit: "own" } });
    const response = await open().guard({ limit: "a" }, handler)(request(), context);
    expect(response.headers.get("ratelimit")).toBe("own");
    expect(response.headers.get("ratelimit-policy")).toContain('"a"');
  });

  test("a redirect, whose headers cannot be set, is copied", async () => {
    const handler = () => Response.redirect("http://app.test/elsewhere", 307);
    const response = await open().guard({ limit: "a" }, handler)(request(), context);
    expect([response.status, response.headers.get("location")]).toEqual([
      307,
      "http://app.test/elsewhere",
    ]);
    expect(response.headers.get("ratelimit")).toContain('"a";r=8');
  });
});

const readResponse = new Response("read");
await readResponse.text();
