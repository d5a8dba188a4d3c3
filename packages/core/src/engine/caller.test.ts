/** `flux.as`: a caller that the app's own code names, for jobs, queues and tools. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { FluxConfig, TenantFrom, TenantRecord } from "../config/config-types.ts";
import type { DecisionRecord } from "../decision/decision.ts";
import { defineFlux } from "../define-flux.ts";
import type { Facts } from "../facts/facts.ts";
import { atOnce, callers, quiet, request } from "./test-callers.ts";

const start = Date.UTC(2026, 0, 1, 12);
const records: Record<string, TenantRecord> = {
  acorn: { plan: "pro" },
  birch: { plan: "free" },
  closed: { plan: "pro", status: "suspended" },
  odd: { plan: "platinum" },
};
const define = (more: Partial<FluxConfig> = {}) =>
  defineFlux({
    auth: callers,
    tenant: { from: { claim: "org" }, load: (id) => records[id] },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
    plans: {
      free: { features: { tokens: 100 } },
      pro: { extends: "free", features: { exports: true, tokens: 1_000 } },
    },
    defaultPlan: "free",
    flags: {
      jobs: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: {
          if: [
            {
              and: [
                { "==": [{ var: "targetingKey" }, "flux|job-7"] },
                { "==": [{ var: "tenant" }, "acorn"] },
                { "==": [{ var: "principal.claims.queue" }, "nightly"] },
              ],
            },
            "on",
          ],
        },
      },
    },
    limits: {
      api: { quota: 60, window: "1m", burst: 3, by: "tenant" },
      own: { quota: 60, window: "1m", burst: 2, by: "principal" },
      ring: { quota: 60, window: "1m", burst: 2, by: "ip" },
      agent: {
        quota: 60,
        window: "1m",
        by: (facts) => String((facts.headers as Record<string, string>)["user-agent"] ?? ""),
      },
    },
    routes: { "* /*rest": { roles: "nobody-has-this" }, "GET /": { roles: "nobody-has-this" } },
    unmatched: "deny",
    now: () => start,
    logger: quiet,
    ...more,
  });
const job = { tenant: "acorn", subject: "job-7" };

describe("who it is", () => {
  test("is what was said, and nothing else", async () => {
    const { principal, tenant } = await define().as(job).decide();
    expect(principal).toEqual({
      id: "flux|job-7",
      type: "internal",
      issuer: "flux",
      subject: "job-7",
      scopes: [],
      roles: [],
      permissions: [],
      tenant: "acorn",
      tenants: ["acorn"],
      claims: job,
    });
    expect(tenant).toEqual({ id: "acorn", plan: "pro" });
  });

  test("holds its scopes, roles and permissions, and lacks others", async () => {
    const caller = define().as({ ...job, scopes: "a b", roles: ["ops"], permissions: "p" });
    const all = { scopes: ["a", "b"], roles: "ops", permissions: "p" };
    expect((await caller.decide(all)).allowed).toBe(true);
    const { denials } = await caller.decide({ scopes: ["b", "c"], roles: "admin" });
    expect(denials.map(({ code, name }) => [code, name])).toEqual([
      ["insufficient_scope", "c"],
      ["forbidden", "admin"],
    ]);
  });

  test("is what flags see", async () => {
    const flux = define();
    const claims = { queue: "nightly" };
    expect((await flux.as({ ...job, claims }).decide({ flag: "jobs" })).allowed).toBe(true);
    expect((await flux.as(job).decide({ flag: "jobs" })).code).toBe("flag_off");
    const birch = flux.as({ ...job, claims, tenant: "birch" });
    expect((await birch.decide({ flag: "jobs" })).code).toBe("flag_off");
  });

  test("what is changed afterwards in the object that was given changes nothing", async () => {
    const given = { ...job, roles: ["ops"] };
    const caller = define().as(given);
    given.roles[0] = "admin";
    given.tenant = "birch";
    const { principal, tenant } = await caller.decide();
    expect([principal?.roles, tenant?.id]).toEqual([["ops"], "acorn"]);
  });

  test.each([
    [undefined, "it is nothing, and not an object."],
    ["job-7", "it is a string of 5 characters, and not an object."],
    [{}, "its subject"],
    [{ subject: 7 }, "its subject"],
    [{ subject: "x".repeat(1_025) }, "its subject"],
    [{ subject: "a", issuer: "a|b" }, "its issuer"],
    [{ subject: "a", tenant: "" }, "its tenant"],
    [{ subject: "a", tenant: null }, "its tenant"],
    [{ subject: "a", tenants: [1] }, "its tenants"],
    [{ subject: "a", scopes: { a: true } }, "its scopes"],
    [{ subject: "a", claims: "x" }, "its claims"],
  ])("%j is nobody", (given, message) => {
    expect(() => define().as(given as never)).toThrow(
      expect.objectContaining({
        code: "caller_invalid",
        message: expect.stringContaining(`what flux.as was given is no principal: ${message}`),
      }),
    );
  });
});

describe("the tenant", () => {
  test.each<[string, TenantFrom]>([
    ["a claim", { claim: "org" }],
    ["a header", { header: "x-tenant" }],
    ["the host", { host: ":tenant.example.com" }],
    ["the path", { path: "/t/:tenant" }],
  ])("is the one that was named, also where requests name it by %s", async (_what, from) => {
    const flux = define({ tenant: { from, load: (id) => records[id] } });
    expect((await flux.as(job).decide({ limit: "api" })).tenant).toEqual({
      id: "acorn",
      plan: "pro",
    });
    const one = flux.as({ subject: "job-7", tenants: ["birch"] });
    expect((await one.decide({ limit: "api" })).tenant?.id).toBe("birch");
    const several = flux.as({ subject: "job-7", tenants: ["acorn", "birch"] });
    expect((await several.decide({ limit: "api" })).denials).toMatchObject([
      { code: "forbidden", check: "tenant" },
    ]);
  });

  test.each([
    ["nobody", "forbidden", "There is no such tenant."],
    ["closed", "forbidden", "The tenant is suspended."],
    ["odd", "unavailable", "The tenant's record cannot be used."],
  ])("%s: %s, with and without a requirement", async (tenant, code, detail) => {
    const caller = define().as({ ...job, tenant });
    for (const requirement of [undefined, {}, { limit: "api" }, { auth: "optional" } as const])
      expect((await caller.decide(requirement)).denials).toMatchObject([{ code, detail }]);
  });

  test("a source that is down is an outage", async () => {
    const flux = define({
      tenant: { from: { claim: "org" }, load: () => Promise.reject(new Error("down")) },
    });
    expect(await flux.as(job).decide()).toMatchObject({
      code: "unavailable",
      degraded: ["tenant"],
    });
  });

  test("is not needed where nothing asks for one", async () => {
    const caller = define().as({ subject: "job-7" });
    expect(await caller.decide()).toMatchObject({ allowed: true, tenant: undefined });
    expect((await caller.decide({ limit: "own" })).limits).toMatchObject([{ remaining: 1 }]);
    expect((await caller.decide({ use: { tokens: 1 } })).denials).toMatchObject([
      { code: "forbidden", check: "tenant" },
    ]);
  });

  test("cannot be named where the config has none; then the caller stands for itself", async () => {
    const alone = define({ tenant: undefined, limits: {} });
    expect(() => alone.as(job)).toThrow(
      expect.objectContaining({
        code: "caller_invalid",
        message: expect.stringContaining("the config has no `tenant`"),
      }),
    );
    const decision = atOnce(alone.as({ subject: "job-7" }).decide({ use: { tokens: 60 } }));
    expect(decision).toMatchObject({ allowed: true, tenant: undefined });
    expect(atOnce(alone.as({ subject: "job-7" }).decide({ use: { tokens: 60 } })).code).toBe(
      "quota_exceeded",
    );
    expect(atOnce(alone.as({ subject: "job-8" }).decide({ use: { tokens: 60 } })).allowed).toBe(
      true,
    );
  });
});

describe("no route of the config applies", () => {
  test("nor does the rule for what is unmatched", async () => {
    for (const unmatched of ["deny", "public", "authenticated"] as const) {
      const decision = await define({ unmatched }).as(job).decide();
      expect(decision).toMatchObject({ allowed: true, routes: [] });
    }
  });

  test("a requirement decides alone: given, or prepared", async () => {
    const flux = define();
    const prepared = flux.prepare({ feature: "exports" }, { use: { tokens: 5 } });
    for (const requirement of [{ feature: "exports", use: { tokens: 5 } }, prepared])
      expect((await flux.as(job).decide(requirement)).allowed).toBe(true);
    const birch = flux.as({ ...job, tenant: "birch" });
    expect((await birch.decide(prepared)).code).toBe("feature_unavailable");
  });

  test.each([{ limit: "ring" }, { limit: ["api", "ring"] }])(
    "%j: there is no address to count by",
    (requirement) => {
      const flux = define();
      const prepared = flux.prepare(requirement as never);
      for (const given of [requirement, prepared])
        expect(() => flux.as(job).decide(given as never)).toThrow(
          expect.objectContaining({
            code: "requirement_invalid",
            message:
              'The limit ring counts by ip, and a caller named by flux.as has no address. Count by "tenant" or "principal" here.',
          }),
        );
    },
  );

  test("a misspelt name is told, as everywhere", () => {
    expect(() => define().as(job).decide({ limit: "apis" })).toThrow(
      expect.objectContaining({ code: "requirement_invalid" }),
    );
  });
});

describe("what is a function of the facts", () => {
  test("sees facts without a method, a target, headers or an address", async () => {
    const seen: Facts[] = [];
    const cost = (facts: Facts) => {
      seen.push(facts);
      return 2;
    };
    const flux = define({ attributes: { country: { header: "cf-ipcountry" } } });
    const decision = await flux.as(job).decide({ limit: "api", cost, use: { tokens: cost } });
    expect(decision.limits.map(({ charged }) => charged)).toEqual([2, 2]);
    expect(seen[0]).toEqual({ method: "", url: "", headers: {}, detached: true });
    expect(Object.isFrozen(seen[0]?.headers)).toBe(true);
  });

  test("and is refused as everywhere where it can tell nothing of them", async () => {
    const flux = define();
    const errors: string[] = [];
    flux.on("error", ({ source }) => errors.push(source));
    expect((await flux.as(job).decide({ limit: "agent" })).code).toBe("bad_request");
    const cost = ({ ip }: Facts) => (ip as string).length;
    expect((await flux.as(job).decide({ limit: "api", cost })).code).toBe("bad_request");
    expect(errors).toEqual(["cost", "cost"]);
  });
});

describe("what it is charged", () => {
  test("counts for the tenant, with the requests of its members", async () => {
    const flux = define();
    const member = request("GET /", { as: { tenant: "acorn", roles: ["nobody-has-this"] } });
    await flux.decide(member, { limit: "api" });
    const decision = await flux.as(job).decide({ limit: "api" });
    expect(decision.limits).toMatchObject([{ name: "api", remaining: 1, charged: 1 }]);
    await flux.as({ ...job, subject: "job-8" }).decide({ limit: "api" });
    expect((await flux.as(job).decide({ limit: "api" })).code).toBe("rate_limited");
    expect((await flux.decide(member, { limit: "api" })).code).toBe("rate_limited");
  });

  test("counts for itself, and for a user in whose name it acts: by that user's issuer", async () => {
    const flux = define();
    const ann = request("GET /", { as: { tenant: "acorn", roles: ["nobody-has-this"] } });
    const remaining = async (decision: ReturnType<typeof flux.decide>) =>
      (await decision).limits[0]?.remaining;
    expect(await remaining(flux.decide(ann, { limit: "own" }))).toBe(1);
    expect(await remaining(flux.as({ ...job, subject: "ann" }).decide({ limit: "own" }))).toBe(1);
    const forAnn = flux.as({ tenant: "acorn", subject: "ann", issuer: "custom" });
    const decision = await forAnn.decide({ limit: "own" });
    expect(decision.principal?.id).toBe("custom|ann");
    expect(decision.limits[0]?.remaining).toBe(0);
    expect((await flux.decide(ann, { limit: "own" })).code).toBe("rate_limited");
  });

  test("is settled, refunded, and given back by refundOn as any other charge", async () => {
    const flux = define();
    const refundOn = [500];
    const decision = await flux.as(job).decide({ use: { tokens: 600 }, limit: "api", refundOn });
    await decision.settle({ tokens: 20 });
    expect(decision.feature("tokens").used).toBe(20);
    await decision.refund();
    expect(decision.feature("tokens").used).toBe(20);
    const failed = await flux.as(job).decide({ use: { tokens: 600 }, refundOn });
    expect(failed.awaitsOutcome).toBe(true);
    await failed.conclude({ status: 500, aborted: false });
    expect(failed.feature("tokens").used).toBe(20);
  });

  test("a refused call costs nothing", async () => {
    const flux = define();
    const caller = flux.as(job);
    expect((await caller.decide({ limit: "api", use: { tokens: 1_001 } })).code).toBe(
      "quota_exceeded",
    );
    expect((await caller.decide({ limit: "api" })).limits[0]?.remaining).toBe(2);
  });
});

describe("what it tells", () => {
  test("an event like any other, without a method", async () => {
    const flux = define();
    const heard: DecisionRecord[] = [];
    flux.on("decision", (record) => heard.push(record));
    await flux.as(job).decide({ limit: "api", use: { tokens: 7 } });
    await flux.as(job).decide({ roles: "admin" });
    expect(heard).toMatchObject([
      {
        method: "",
        routes: [],
        principal: "flux|job-7",
        tenant: "acorn",
        plan: "pro",
        allowed: true,
        charges: [
          { name: "tokens", cost: 7 },
          { name: "api", cost: 1 },
        ],
      },
      { allowed: false, codes: ["forbidden"], charges: [] },
    ]);
  });

  test("an explanation that reads as a call", async () => {
    const flux = define();
    const text = String(
      (await flux.as(job).decide({ scopes: "a", feature: "exports", limit: "api" })).explain(),
    );
    expect(text).toMatch(/^call refused: 403 insufficient_scope\n/);
    expect(text).toContain("no route of the config");
    expect(text).toContain("flux|job-7 (internal)");
    expect(text).toContain("acorn on plan pro");
    expect(text).toContain("lacks a");
    expect(String((await flux.as(job).decide()).explain())).toMatch(/^call allowed\n/);
  });

  test("an answer for whoever wants one", async () => {
    const flux = define();
    const decision = await flux.as(job).decide({ roles: "admin" });
    const answer = await flux.respond(decision, request("GET /"));
    expect(answer.status).toBe(403);
  });

  test("at once, where nothing has to be waited for", async () => {
    const load = vi.fn(async (id: string) => records[id]);
    const flux = define({ tenant: { from: { claim: "org" }, load } });
    await flux.as(job).decide();
    expect(atOnce(flux.as(job).decide({ limit: "api" })).allowed).toBe(true);
    expect(load).toHaveBeenCalledOnce();
  });
});

test("calls and requests together never get more than the limit admits", async () => {
  type Step = { by: "call" | "request" | "peek"; cost: number; tenant: string; wait: number };
  const step = fc.record<Step>({
    by: fc.constantFrom("call", "request", "peek"),
    cost: fc.integer({ min: 0, max: 4 }),
    tenant: fc.constantFrom("acorn", "birch"),
    wait: fc.integer({ min: 0, max: 3_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let now = start;
      const flux = define({ now: () => now });
      const admitted: { at: number; cost: number; tenant: string }[] = [];
      for (const { by, cost, tenant, wait } of steps) {
        now += wait;
        const requirement = { limit: "api", cost };
        const facts = request("GET /", { as: { tenant, roles: ["nobody-has-this"] } });
        const { allowed } = await (by === "call"
          ? flux.as({ ...job, tenant }).decide(requirement)
          : flux[by === "peek" ? "peek" : "decide"](facts, requirement));
        if (allowed && by !== "peek") admitted.push({ at: now, cost, tenant });
      }
      // burst + quota × t / window, over every span that begins with one of them.
      for (const tenant of ["acorn", "birch"]) {
        const own = admitted.filter((each) => each.tenant === tenant);
        own.forEach((first, i) => {
          let spent = 0;
          for (const { at, cost } of own.slice(i)) {
            spent += cost;
            expect(spent).toBeLessThanOrEqual(3 + (at - first.at) / 1_000);
          }
        });
      }
    }),
    { numRuns: 60 },
  );
});
