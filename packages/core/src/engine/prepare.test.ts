/** `flux.prepare` with several requirements: all that are given hold, and each counter is charged once. */
import { describe, expect, test } from "vitest";
import { defineFlux } from "../define-flux.ts";
import { atOnce, callers, quiet, request } from "./test-callers.ts";

const define = () =>
  defineFlux({
    auth: callers,
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
    plans: { free: { features: { exports: true, tokens: 100 } } },
    defaultPlan: "free",
    flags: {
      beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "on" },
    },
    limits: {
      api: { quota: 60, window: "1m", burst: 10, by: "principal" },
      ring: { quota: 60, window: "1m", burst: 10, by: "ip" },
    },
    routes: { "GET /listed": { scopes: "listed" } },
    now: () => 1e12,
    logger: quiet,
  });
const flux = define();
const asked = (prepared: ReturnType<typeof flux.prepare>, as: object = {}, line = "GET /x") =>
  atOnce(flux.decide(request(line, { as }), prepared));

test("all of them hold, and those of the config's route with them", () => {
  const prepared = flux.prepare(
    { scopes: "a", roles: { any: ["x", "y"] } },
    { scopes: ["b"], permissions: "p" },
    {},
  );
  expect(asked(prepared).denials.map(({ name }) => name)).toEqual(["a", "x y", "b", "p"]);
  const all = { scopes: "a b listed", roles: "y", permissions: "p" };
  expect(asked(prepared, all, "GET /listed").allowed).toBe(true);
  expect(asked(prepared, { ...all, scopes: "a b" }, "GET /listed").denials).toMatchObject([
    { name: "listed" },
  ]);
});

test("what two of them check is checked and told once", () => {
  const prepared = flux.prepare({ scopes: "a", flag: "beta" }, { scopes: "a", flag: "beta" });
  const decision = asked(prepared);
  expect(decision.denials).toHaveLength(1);
  expect(decision.explain().checks.filter(({ check }) => check === "flag beta")).toHaveLength(1);
});

test("the strictest authentication holds, in whatever order", () => {
  for (const levels of [
    ["none", "required"],
    ["required", "optional"],
    ["optional", "none"],
  ] as const) {
    const prepared = flux.prepare(...(levels.map((auth) => ({ auth })) as [object, object]));
    const { code } = atOnce(flux.decide(request("GET /x"), prepared));
    expect(code, levels.join()).toBe(
      levels.includes("required" as never) ? "unauthenticated" : "allowed",
    );
  }
});

describe("charges", () => {
  test("each counter once, by the largest of what they ask for", () => {
    const prepared = flux.prepare(
      { limit: ["api", "ring"], cost: 2, use: { tokens: 10 } },
      { limit: "api", cost: () => 5, use: { tokens: 30 } },
      { limit: "ring", use: { tokens: 20 } },
    );
    const { limits } = asked(prepared, { subject: "charged" });
    expect(limits.map(({ name, charged }) => [name, charged])).toEqual([
      ["tokens", 30],
      ["api", 5],
      ["ring", 2],
    ]);
  });

  test("given back where any of them says so", () => {
    const prepared = flux.prepare(
      { limit: "api", refundOn: [502] },
      { use: { tokens: 1 }, refundOn: ({ aborted }) => aborted },
    );
    for (const [outcome, left] of [
      [{ status: 200, aborted: false }, 9],
      [{ status: 502, aborted: false }, 8],
      [{ status: 200, aborted: true }, 8],
      [{ status: 200, aborted: false }, 8],
    ] as const) {
      const decision = asked(prepared, { subject: "refunded" });
      expect(decision.limits.find(({ name }) => name === "api")?.remaining).toBe(left);
      decision.conclude(outcome);
    }
  });
});

test("a handle serves requests, peeks and named callers, and shows what it was made of", () => {
  const parts = [{ scopes: "a" }, { feature: "exports" }] as const;
  const prepared = flux.prepare(...parts);
  expect(prepared.requirements).toEqual(parts);
  expect(Object.isFrozen(prepared)).toBe(true);
  expect(asked(prepared, { scopes: "a" }).allowed).toBe(true);
  expect(atOnce(flux.peek(request("GET /x", { as: {} }), prepared)).code).toBe(
    "insufficient_scope",
  );
  const job = flux.as({ subject: "job-7", scopes: "a" });
  expect(atOnce(job.decide(prepared)).allowed).toBe(true);
});

describe("a mistake in any of them is told", () => {
  test.each([[[{}, { limit: "apis" }]], [[{ feature: "export" }, {}]], [[{}, undefined]], [[]]])(
    "%j",
    (parts) => {
      expect(() => flux.prepare(...(parts as unknown as [object]))).toThrow(
        expect.objectContaining({ code: "requirement_invalid" }),
      );
    },
  );

  test("and two that are right alone may be wrong together: a limit by principal needs one", () => {
    const prepared = flux.prepare({ auth: "none" }, { limit: "api" });
    expect(atOnce(flux.decide(request("GET /x"), prepared)).code).toBe("unauthenticated");
    expect(asked(prepared).allowed).toBe(true);
  });
});
