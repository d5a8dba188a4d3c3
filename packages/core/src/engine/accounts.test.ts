/** What a tenant's record makes of its requests: plan, overrides, limits that follow the plan, refusals. */
import { beforeEach, describe, expect, test } from "vitest";
import { defineFlux } from "../define-flux.ts";
import { atOnce, callers, defineService, quiet, request } from "./test-callers.ts";

let now: number;
let records: Record<string, never>;
let flux: ReturnType<typeof defineService>;
beforeEach(() => {
  now = Date.UTC(2026, 0, 1, 12);
  records = {};
  flux = defineService(records, () => now);
});

/** A caller of a tenant whose record is as given. */
async function ask(line: string, record: unknown, tenant = "acorn") {
  records[tenant] = record as never;
  flux.invalidate({ tenant });
  return flux.decide(request(line, { as: { tenant } }));
}

describe("the record", () => {
  test.each([
    [{ plan: "pro" }, 200, "pro"],
    [{}, 200, "free"],
    [{ plan: null, overrides: null, status: null }, 200, "free"],
    [{ plan: "pro", status: "past_due" }, 200, "pro"],
    [{ plan: "pro", status: "suspended" }, 403, undefined],
    [undefined, 403, undefined],
    [null, 403, undefined],
    [{ plan: "platinum" }, 503, undefined],
    [{ plan: "toString" }, 503, undefined],
    [{ plan: 3 }, 503, undefined],
    [{ status: true }, 503, undefined],
    [{ overrides: { exports: "yes" } }, 503, undefined],
    [[], 503, undefined],
    ["pro", 503, undefined],
  ])("%j", async (record, status, plan) => {
    const decision = await ask("GET /limited", record);
    expect(decision.status).toBe(status);
    expect(decision.tenant?.plan).toBe(plan);
  });

  test("an unknown plan is told to whoever runs the service, not to the caller", async () => {
    const events: unknown[] = [];
    flux.on("error", (event) => events.push(event));
    const decision = await ask("GET /limited", { plan: "platinum" });
    expect(events).toEqual([
      expect.objectContaining({
        source: "tenant",
        message: expect.stringContaining(
          'its plan "platinum" is none of the config\'s (free, pro, scale)',
        ),
      }),
    ]);
    const { body } = (await flux.respond(decision, request("GET /"))) as { body: string };
    expect(body).not.toMatch(/platinum|acorn|scale/);
    expect(decision.headers["Retry-After"]).toBe("1");
  });

  test("an override of a feature that nobody knows is told, and grants nothing", async () => {
    const events: { message: string }[] = [];
    flux.on("error", (event) => events.push(event));
    const decision = await ask("GET /exports", { plan: "free", overrides: { export: true } });
    expect(decision.status).toBe(402);
    expect(events[0]?.message).toContain("overrides unknown features: export");
  });
});

test("no tenant where one is needed: forbidden", async () => {
  const decision = await flux.decide(request("GET /limited", { as: {} }));
  expect(decision).toMatchObject({ status: 403, denials: [{ check: "tenant" }] });
  // Where nothing needs one, none is asked for.
  expect((await flux.decide(request("GET /nowhere", { as: {} }))).allowed).toBe(true);
});

describe("overrides", () => {
  test("hold in place of the plan's grant, up or down, until they expire", async () => {
    const expiresAt = now + 60_000;
    const overrides = {
      exports: { value: true, expiresAt },
      seats: { value: 0 },
      tokens: { value: 250, expiresAt },
    };
    const decision = await ask("GET /exports", { plan: "free", overrides });
    expect(decision.allowed).toBe(true);
    expect(decision.feature("exports")).toMatchObject({ granted: true });
    expect(decision.feature("seats")).toMatchObject({ granted: false, value: 0 });
    expect(decision.feature("tokens")).toMatchObject({ value: 250, used: 0, remaining: 250 });

    now = expiresAt - 1;
    expect((await flux.decide(request("GET /exports", { as: { tenant: "acorn" } }))).allowed).toBe(
      true,
    );
    now = expiresAt;
    const later = await flux.decide(request("GET /exports", { as: { tenant: "acorn" } }));
    expect(later.code).toBe("feature_unavailable");
    expect(later.feature("tokens")).toMatchObject({ value: 100 });
  });

  test("what was used counts against whichever quota holds", async () => {
    await ask("POST /chat", { plan: "free", overrides: { tokens: 250 } });
    await ask("POST /chat", { plan: "free", overrides: { tokens: 250 } });
    const decision = await ask("POST /chat", { plan: "free" });
    expect(decision.code).toBe("quota_exceeded");
    expect(decision.limits).toMatchObject([{ name: "tokens", quota: 100, remaining: 0 }]);
  });
});

describe("features as a decision shows them", () => {
  test("of each kind, and of a plan that has none", async () => {
    const decision = await ask("GET /limited", { plan: "scale" });
    expect(decision.feature("exports")).toEqual({ granted: true, kind: "boolean", value: true });
    expect(decision.feature("seats")).toEqual({ granted: true, kind: "static", value: 50 });
    expect(decision.feature("tokens")).toEqual({
      granted: true,
      kind: "metered",
      value: "unlimited",
      used: 0,
      remaining: "unlimited",
      resetAt: Date.UTC(2026, 0, 2),
    });
    expect((await ask("GET /limited", { plan: "free" })).feature("exports")).toEqual({
      granted: false,
      kind: "boolean",
      value: false,
    });
  });

  test("a metered feature that the plan does not include is a missing feature, not an empty quota", async () => {
    const decision = await ask("POST /chat", { plan: "free", overrides: { tokens: 0 } });
    expect(decision.denials).toMatchObject([{ code: "feature_unavailable", name: "tokens" }]);
  });
});

describe("limits that follow the plan", () => {
  const define = () =>
    defineFlux({
      auth: callers,
      tenant: { from: { claim: "org" }, load: (plan) => ({ plan }) },
      plans: {
        free: {},
        number: { extends: "free" },
        heir: { extends: "number" },
        object: { extends: "heir" },
        burst: { extends: "object" },
        unlimited: { extends: "burst" },
        again: { extends: "unlimited" },
      },
      limits: {
        api: {
          quota: 60,
          window: "1m",
          by: "tenant",
          plans: {
            number: 120,
            object: { quota: 10, window: "10s" },
            burst: { burst: 3 },
            unlimited: "unlimited",
            again: { quota: 5 },
          },
        },
        bursty: {
          quota: 60,
          window: "1m",
          burst: 7,
          by: "tenant",
          plans: { number: 120 },
        },
      },
      logger: quiet,
    });
  const states = async (plan: string, limit: "api" | "bursty" = "api") => {
    const flux = define();
    const decision = await flux.decide(request("GET /", { as: { tenant: plan } }), {
      limit,
      cost: 0,
    });
    return decision.limits.map(({ quota, window, remaining }) => ({
      quota,
      window,
      burst: remaining,
    }));
  };

  test.each([
    ["free", [{ quota: 60, window: 60, burst: 60 }]],
    ["number", [{ quota: 120, window: 60, burst: 120 }]],
    ["heir", [{ quota: 120, window: 60, burst: 120 }]],
    ["object", [{ quota: 10, window: 10, burst: 10 }]],
    ["burst", [{ quota: 10, window: 10, burst: 3 }]],
    ["unlimited", []],
    ["again", [{ quota: 5, window: 60, burst: 5 }]],
  ])("on %s", async (plan, expected) => {
    expect(await states(plan)).toEqual(expected);
  });

  test("a number alone keeps a burst that was given", async () => {
    expect(await states("number", "bursty")).toEqual([{ quota: 120, window: 60, burst: 7 }]);
  });

  test("what is unlimited is neither counted nor told", async () => {
    const decision = await define().decide(request("GET /", { as: { tenant: "unlimited" } }), {
      limit: "api",
      cost: 1_000_000,
    });
    expect(decision).toMatchObject({ allowed: true, limits: [], headers: {} });
  });
});

test("without tenants the principal stands for itself, on the default plan", () => {
  const alone = defineFlux({
    auth: callers,
    features: { tokens: { kind: "metered", per: "day" } },
    plans: { free: { features: { tokens: 100 } } },
    defaultPlan: "free",
    now: () => now,
    logger: quiet,
  });
  const spend = (subject: string) =>
    atOnce(alone.decide(request("GET /", { as: { subject } }), { use: { tokens: 60 } }));
  expect(spend("ann")).toMatchObject({ allowed: true, tenant: undefined });
  expect(spend("ann").code).toBe("quota_exceeded");
  expect(spend("bob").allowed).toBe(true);
});
