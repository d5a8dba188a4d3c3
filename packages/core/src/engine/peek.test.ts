/** `flux.peek`: what a request would be told, for nothing. */
import { describe, expect, test, vi } from "vitest";
import type { FluxConfig } from "../config/config-types.ts";
import { defineFlux } from "../define-flux.ts";
import { memoryStore } from "../limits/memory-store.ts";
import type { Store } from "../limits/store.ts";
import { atOnce, callers, quiet, request } from "./test-callers.ts";

const start = Date.UTC(2026, 0, 1, 12);
const define = (more: Partial<FluxConfig> = {}) =>
  defineFlux({
    auth: callers,
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
    plans: { free: { features: { tokens: 100 } } },
    defaultPlan: "free",
    limits: {
      api: { quota: 60, window: "1m", burst: 5, by: "principal" },
      ring: { quota: 60, window: "1m", burst: 5, by: "ip" },
    },
    routes: {
      "GET /api": { limit: "api" },
      "GET /ring": { auth: "none", limit: "ring" },
      "GET /both": { limit: ["api", "ring"], use: { tokens: 40 } },
    },
    now: () => start,
    logger: quiet,
    ...more,
  });
const asAnn = (line: string) => request(line, { as: {} });

describe("it charges nothing", () => {
  test.each(["GET /api", "GET /ring", "GET /both"])("%s", (line) => {
    const flux = define();
    for (let i = 0; i < 20; i++)
      expect(atOnce(flux.peek(asAnn(line))).allowed, `peek ${i}`).toBe(true);
    const decision = atOnce(flux.decide(asAnn(line)));
    for (const { remaining, charged, name } of decision.limits)
      expect(remaining, name).toBe(name === "tokens" ? 60 : 5 - charged);
  });

  test("and refuses what a decision would refuse, also then for nothing", () => {
    const flux = define();
    for (let i = 0; i < 5; i++) flux.decide(asAnn("GET /api"));
    for (let i = 0; i < 3; i++) {
      const peeked = atOnce(flux.peek(asAnn("GET /api")));
      expect(peeked).toMatchObject({ code: "rate_limited", status: 429 });
      expect(peeked.headers).toEqual(atOnce(flux.decide(asAnn("GET /api"))).headers);
    }
    const cost = atOnce(flux.peek(asAnn("GET /x"), { use: { tokens: 101 } }));
    expect(cost.code).toBe("quota_exceeded");
    expect(cost.remedy?.retryAt).toBeUndefined();
  });

  test("and says who, and what of everything else", () => {
    const flux = define();
    expect(atOnce(flux.peek(request("GET /api"))).code).toBe("unauthenticated");
    const { principal, code } = atOnce(flux.peek(asAnn("GET /x"), { feature: "exports" }));
    expect([principal?.id, code]).toEqual(["custom|ann", "feature_unavailable"]);
    expect(atOnce(flux.peek(asAnn("GET /a/../b"))).code).toBe("bad_request");
  });
});

describe("what it tells is what can be spent", () => {
  test("for what was asked is not taken", () => {
    const flux = define();
    flux.decide(asAnn("GET /both"));
    const peeked = atOnce(flux.peek(asAnn("GET /both")));
    expect(peeked.limits).toMatchObject([
      { name: "tokens", remaining: 60, asked: 40, charged: 0, passed: true },
      { name: "api", remaining: 4, asked: 1, charged: 0, passed: true, resetAt: start + 1_000 },
      { name: "ring", remaining: 4, asked: 1, charged: 0, passed: true },
    ]);
    expect(peeked.feature("tokens")).toMatchObject({ used: 40, remaining: 60 });
    expect(peeked.headers.RateLimit).toBe('"tokens";r=60;t=43200, "api";r=4;t=1, "ring";r=4;t=1');
    expect(String(peeked.explain())).toContain("60 of 100 left, 40 asked, 0 charged");
  });

  test("and a counter that nobody has touched is full", () => {
    const [api] = atOnce(define().peek(asAnn("GET /api"))).limits;
    expect(api).toMatchObject({ remaining: 5, resetAt: start });
  });

  test("also where the store has to be awaited", async () => {
    const inner = memoryStore();
    const store: Store = {
      atomic: true,
      connect: (host) => inner.connect(host),
      charge: async (...asked) => inner.charge(...asked),
      settle: async (...asked) => inner.settle(...asked),
    };
    const flux = define({ store });
    await flux.decide(asAnn("GET /both"));
    const peeked = await flux.peek(asAnn("GET /both"));
    expect(peeked.limits.map(({ remaining }) => remaining)).toEqual([60, 4, 4]);
    expect(peeked.feature("tokens")).toMatchObject({ used: 40, remaining: 60 });
    expect((await flux.decide(asAnn("GET /both"))).limits[0]?.remaining).toBe(20);
  });
});

describe("there is nothing to settle", () => {
  test("a settlement is an error, a refund and the end of a response do nothing", () => {
    const flux = define();
    flux.decide(asAnn("GET /both"));
    const refundOn = vi.fn(() => true);
    const peeked = atOnce(flux.peek(asAnn("GET /both"), { use: { tokens: 40 }, refundOn }));
    expect(() => peeked.settle({ tokens: 1 })).toThrow(
      expect.objectContaining({ code: "settle_invalid" }),
    );
    expect(peeked.awaitsOutcome).toBe(false);
    peeked.conclude({ status: 500, aborted: true });
    peeked.refund();
    expect(refundOn).not.toHaveBeenCalled();
    expect(peeked.feature("tokens").used).toBe(40);
    expect(flux.receipt(peeked)).toBeUndefined();
  });

  test("nor of the decision that it was given as the earlier one", () => {
    const flux = define();
    const decided = atOnce(flux.decide(asAnn("GET /both")));
    const peeked = atOnce(flux.peek(asAnn("GET /both"), { feature: "exports" }, decided));
    expect(() => peeked.settle({ tokens: 1 })).toThrow(
      expect.objectContaining({ code: "settle_invalid" }),
    );
    peeked.refund();
    expect(decided.feature("tokens").used).toBe(40);
    decided.settle({ tokens: 10 });
    expect(decided.feature("tokens").used).toBe(10);
  });

  test("and no event tells of it", () => {
    const flux = define();
    const heard = vi.fn();
    flux.on("decision", heard);
    flux.peek(asAnn("GET /api"));
    flux.peek(asAnn("GET /api"), { feature: "exports" });
    expect(heard).not.toHaveBeenCalled();
  });
});

describe("between the guards of one request", () => {
  test("after a decision: nothing is asked for twice, and a refusal gives nothing back", () => {
    const flux = define();
    const decided = atOnce(flux.decide(asAnn("GET /x"), { use: { tokens: 100 } }));
    const same = atOnce(flux.peek(asAnn("GET /x"), { use: { tokens: 100 } }, decided));
    expect(same.allowed).toBe(true);
    expect(same.limits).toMatchObject([{ name: "tokens", charged: 100, remaining: 0 }]);
    const refused = atOnce(flux.peek(asAnn("GET /x"), { feature: "exports" }, decided));
    expect(refused.code).toBe("feature_unavailable");
    expect(refused.limits).toMatchObject([{ name: "tokens", charged: 100 }]);
    expect(refused.headers.RateLimit).toContain('"tokens";r=0');
    expect(decided.feature("tokens").used).toBe(100);
  });

  test("before one: who it is is known, and nothing counts as paid", () => {
    const custom = vi.fn(callers.custom);
    const flux = define({ auth: { custom } });
    const peeked = atOnce(flux.peek(asAnn("GET /both")));
    const decided = atOnce(flux.decide(asAnn("GET /both"), undefined, peeked));
    expect(custom).toHaveBeenCalledOnce();
    expect(decided.principal).toBe(peeked.principal);
    expect(decided.limits.map(({ charged }) => charged)).toEqual([40, 1, 1]);
    expect(decided.limits.map(({ remaining }) => remaining)).toEqual([60, 4, 4]);
    decided.settle({ tokens: 3 });
    expect(decided.feature("tokens").used).toBe(3);
    decided.refund();
    expect(atOnce(flux.peek(asAnn("GET /both"))).limits.map((each) => each.remaining)).toEqual([
      97, 5, 5,
    ]);
  });

  test("what it was refused by is not told of a decision that does not ask for it", () => {
    const flux = define();
    for (let i = 0; i < 5; i++) flux.decide(asAnn("GET /api"));
    for (let i = 0; i < 5; i++) flux.decide(request("GET /ring"));
    const peeked = atOnce(flux.peek(asAnn("GET /both")));
    expect(peeked.allowed).toBe(false);
    const decided = atOnce(flux.decide(asAnn("GET /x"), {}, peeked));
    expect(decided).toMatchObject({ allowed: true, limits: [], headers: {} });
  });

  test("between two: what the first one charged is neither lost nor charged again", () => {
    const flux = define();
    const first = atOnce(flux.decide(asAnn("GET /x"), { use: { tokens: 40 } }));
    const peeked = atOnce(flux.peek(asAnn("GET /x"), { use: { tokens: 90 } }, first));
    expect(peeked.limits).toMatchObject([
      { name: "tokens", asked: 50, charged: 40, remaining: 60 },
    ]);
    const third = atOnce(flux.decide(asAnn("GET /x"), { use: { tokens: 50 } }, peeked));
    expect(third.feature("tokens").used).toBe(50);
    const refused = atOnce(flux.decide(asAnn("GET /x"), { feature: "exports" }, third));
    expect(refused.feature("tokens").used).toBe(0);
  });
});

describe("a store that fails", () => {
  const failing = (): Store => ({
    atomic: true,
    charge: () => Promise.reject(new Error("no store")),
    settle: () => Promise.reject(new Error("no store")),
  });

  test("limits are looked up in this process, and nothing is counted there", async () => {
    const flux = define({ store: failing() });
    for (let i = 0; i < 8; i++) {
      const peeked = await flux.peek(asAnn("GET /api"));
      expect(peeked).toMatchObject({ allowed: true, degraded: ["store"] });
      expect(peeked.limits).toMatchObject([{ remaining: 5, charged: 0 }]);
      expect((await flux.peek(request("GET /ring"))).allowed).toBe(true);
    }
    expect((await flux.decide(asAnn("GET /api"))).limits).toMatchObject([{ remaining: 4 }]);
  });

  test("metered features are refused, as for a decision", async () => {
    const peeked = await define({ store: failing() }).peek(asAnn("GET /both"));
    expect(peeked).toMatchObject({ code: "unavailable", degraded: ["store"] });
  });
});

describe("auth.failures", () => {
  const auth = {
    apiKeys: { header: "x-api-key", lookup: () => undefined },
    failures: { quota: 2, window: "1m" },
  } as const;
  const guess = (i: number) =>
    request("GET /x", { headers: { "x-api-key": `a-guess-of-some-length-${i}` } });

  test("counts guesses all the same: peeking must not be a way to guess for free", async () => {
    const flux = define({ auth });
    const codes: string[] = [];
    for (let i = 0; i < 4; i++) codes.push((await flux.peek(guess(i))).code);
    expect(codes).toEqual(["invalid_token", "invalid_token", "rate_limited", "rate_limited"]);
    expect((await flux.decide(guess(9))).code).toBe("rate_limited");
  });

  test("and a good credential costs no try", async () => {
    const lookup = (hash: string) => ({ id: hash.slice(0, 8) });
    const flux = define({ auth: { ...auth, apiKeys: { ...auth.apiKeys, lookup } } });
    for (let i = 0; i < 5; i++) expect((await flux.peek(guess(i))).allowed).toBe(true);
  });
});

test("misuse is told as by decide", () => {
  const flux = define();
  expect(() => flux.peek({} as never)).toThrow(expect.objectContaining({ code: "facts_invalid" }));
  expect(() => flux.peek(request("GET /"), { limit: "apis" })).toThrow(
    expect.objectContaining({ code: "requirement_invalid" }),
  );
});
