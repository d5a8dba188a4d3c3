/** Facts that are `detached`: no path leads to what is asked for, so that no route of the config is looked for. */
import { describe, expect, test } from "vitest";
import type { FluxConfig } from "../config/config-types.ts";
import { defineFlux } from "../define-flux.ts";
import type { Facts } from "../facts/facts.ts";
import { atOnce, callers, quiet, request } from "./test-callers.ts";

const define = (more: Partial<FluxConfig> = {}) =>
  defineFlux({
    auth: callers,
    limits: { ring: { quota: 60, window: "1m", burst: 2, by: "ip" } },
    routes: {
      "* /*rest": { roles: "nobody-has-this" },
      "POST /form": "public",
      "POST /ring": { auth: "none", limit: "ring" },
    },
    now: () => 1e12,
    logger: quiet,
    ...more,
  });
const action = (line: string, as?: object, more: Partial<Facts> = {}): Facts => ({
  ...request(line, { ...(as && { as }) }),
  detached: true,
  ...more,
});

test("a requirement decides alone", () => {
  const flux = define();
  const ask = (line: string, as?: object, more?: Partial<Facts>) =>
    atOnce(flux.decide(action(line, as, more), { scopes: "write" }));
  for (const line of ["POST /form", "POST /ring", "GET /elsewhere"]) {
    expect(ask(line).code).toBe("unauthenticated");
    expect(ask(line, {}).code).toBe("insufficient_scope");
    expect(ask(line, { scopes: "write" })).toMatchObject({ allowed: true, routes: [], limits: [] });
  }
  const pattern = { pattern: "/form", routedUrl: "/ring" };
  expect(ask("POST /x", { scopes: "write" }, pattern)).toMatchObject({ allowed: true, routes: [] });
});

test("also one that asks for less than any route of the config", () => {
  expect(atOnce(define().decide(action("GET /x"), { auth: "none" })).allowed).toBe(true);
});

describe("without a requirement the rule for what is unmatched holds", () => {
  test.each([
    ["authenticated", "unauthenticated", "allowed"],
    ["deny", "forbidden", "forbidden"],
    ["public", "allowed", "allowed"],
  ] as const)("%s", (unmatched, stranger, known) => {
    const flux = define({ unmatched });
    // Not even a route that is public, or that asks for more, is looked at.
    for (const line of ["POST /form", "GET /elsewhere", "POST /ring"]) {
      expect(atOnce(flux.decide(action(line))).code).toBe(stranger);
      expect(atOnce(flux.decide(action(line, {}))).code).toBe(known);
      expect(atOnce(flux.decide(action(line))).routes).toEqual(["unmatched"]);
    }
  });

  test("for what looks like a preflight, too", () => {
    const headers = { origin: "https://a.test", "access-control-request-method": "POST" };
    expect(atOnce(define().decide(action("OPTIONS /x", undefined, { headers }))).code).toBe(
      "unauthenticated",
    );
  });
});

test("a target that cannot be read safely decides nothing, and refuses nothing", () => {
  const flux = define();
  for (const url of ["/a/../b", "/a%2fb", "", "nowhere"])
    expect(atOnce(flux.decide(action("POST /x", {}, { url }), {})).allowed).toBe(true);
});

test("but where the path names the tenant, it is read, and read safely", async () => {
  const flux = define({ tenant: { from: { path: "/t/:tenant" } } });
  const ask = async (url: string) => {
    const facts = action("POST /x", { tenants: ["acorn", "birch"] }, { url });
    const { tenant, code } = await flux.decide(facts, {});
    return tenant?.id ?? code;
  };
  expect(await ask("/t/acorn/form")).toBe("acorn");
  expect(await ask("/t/oak/form")).toBe("forbidden");
  expect(await ask("/t/acorn%2fbirch")).toBe("bad_request");
});

test("a method and a cookie mean what they mean", () => {
  const flux = defineFlux({
    auth: { custom: () => ({ subject: "ann" }), origins: ["https://app.example.com"] },
    logger: quiet,
  });
  const headers = { cookie: "sid=1" };
  expect(atOnce(flux.decide(action("POST /x", undefined, { headers }), {})).code).toBe("forbidden");
  const own = { ...headers, origin: "https://app.example.com" };
  expect(atOnce(flux.decide(action("POST /x", undefined, { headers: own }), {})).allowed).toBe(
    true,
  );
});

test("limits by address count them as any other request", () => {
  const flux = define();
  const requirement = { auth: "none", limit: "ring" } as const;
  const codes = [1, 2, 3].map(() => atOnce(flux.decide(action("POST /x"), requirement)).code);
  expect(codes).toEqual(["allowed", "allowed", "rate_limited"]);
  expect(atOnce(flux.decide(request("POST /ring"))).code).toBe("rate_limited");
});

test("false and undefined are facts as ever", () => {
  for (const detached of [false, undefined])
    expect(atOnce(define().decide({ ...request("POST /form"), detached })).allowed).toBe(true);
});
