/** What an app's own tests do with `testFlux`, and that it decides as `defineFlux` would. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Decision } from "../decision/decision.ts";
import { defineConfig } from "../define-config.ts";
import { defineFlux } from "../define-flux.ts";
import { FluxError } from "../errors.ts";
import type { Facts } from "../facts/facts.ts";
import { type TestFlux, testFlux } from "./index.ts";

const start = Date.UTC(2030, 0, 1);
const load = vi.fn((id: string): { plan?: string } | undefined =>
  id === "nobody" ? undefined : { plan: "free" },
);
const never = vi.fn(() => {
  throw new Error("production was asked");
});
const config = defineConfig({
  auth: {
    jwt: { issuer: "https://idp.example.com", audience: "api" },
    apiKeys: { header: "x-api-key", lookup: never },
    custom: never,
    revoked: never,
    cookie: "session",
    origins: ["https://app.example.com"],
    failures: { quota: 2, window: "1m" },
    realm: "reports",
  },
  tenant: { from: { claim: "org_id" }, load },
  features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
  plans: {
    free: { features: { tokens: 100 } },
    pro: { extends: "free", features: { exports: true, tokens: 1_000 } },
  },
  defaultPlan: "free",
  flags: {
    beta: {
      state: "ENABLED",
      variants: { on: true, off: false },
      defaultVariant: "off",
      metadata: { team: "web" },
    },
    theme: { state: "DISABLED", variants: { dark: "#000", light: "#fff" } },
  },
  limits: { api: { quota: 2, window: "1m", by: "tenant" } },
  routes: {
    "GET /open": "public",
    "GET /limited": { limit: "api" },
    "GET /exports": { feature: "exports" },
    "GET /beta": { flag: "beta" },
    "GET /dark": { flag: { theme: "dark" } },
    "POST /chat": { use: { tokens: 60 } },
  },
  store: { atomic: true, charge: never, settle: never },
  now: never,
});

const make = () => testFlux(config, { now: start });
type Fluxed = ReturnType<typeof make>;
let flux: Fluxed;
let ann: { authorization: string };
beforeEach(() => {
  vi.clearAllMocks();
  flux = make();
  ann = flux.asPrincipal({ subject: "ann", tenant: "acorn" });
});

const request = (line: string, headers: Facts["headers"] = {}): Facts => {
  const [method, url] = line.split(" ") as [string, string];
  return { method, url, headers, ip: "192.0.2.1" };
};
const ask = async (line: string, headers: Facts["headers"] = ann) =>
  flux.decide(request(line, headers));
const codeOf = async (line: string, headers?: Facts["headers"]) => (await ask(line, headers)).code;
const errorOf = (act: () => unknown): FluxError => {
  try {
    act();
  } catch (error) {
    if (error instanceof FluxError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("a caller", () => {
  test("is who the test says, and production is not asked", async () => {
    const headers = flux.asPrincipal({
      subject: "ann",
      tenant: "acorn",
      scopes: "read write",
      roles: ["admin"],
      permissions: "p",
      claims: { email: "ann@example.com" },
    });
    const { principal, tenant } = await ask("GET /limited", headers);
    expect(principal).toEqual({
      id: "https://idp.example.com|ann",
      type: "jwt",
      issuer: "https://idp.example.com",
      subject: "ann",
      scopes: ["read", "write"],
      roles: ["admin"],
      permissions: ["p"],
      tenant: undefined,
      tenants: ["acorn"],
      claims: {
        iss: "https://idp.example.com",
        sub: "ann",
        org_id: "acorn",
        email: "ann@example.com",
      },
    });
    expect(tenant).toEqual({ id: "acorn", plan: "free" });
    await flux.ready();
    await flux.close();
    expect(never).not.toHaveBeenCalled();
  });

  test.each([
    ["apiKey", "apikey|k1"],
    ["custom", "custom|k1"],
  ] as const)("of type %s is %s and acts for its own tenant", async (type, id) => {
    const decision = await ask(
      "GET /limited",
      flux.asPrincipal({ type, subject: "k1", tenant: "acorn" }),
    );
    expect(decision.principal).toMatchObject({ type, id, tenant: "acorn", claims: {} });
    expect(decision.tenant?.id).toBe("acorn");
  });

  test("keeps the issuer that it is given", async () => {
    const headers = flux.asPrincipal({ subject: "ann", issuer: "https://other.test" });
    expect((await ask("GET /nowhere", headers)).principal?.id).toBe("https://other.test|ann");
  });

  test("has an issuer also where the config names none", async () => {
    const plain = testFlux({});
    const decision = await plain.decide(
      request("GET /", plain.asPrincipal({ subject: "ann", tenants: ["acorn"] })),
    );
    expect(decision.principal?.id).toBe("https://issuer.test|ann");
  });

  test("does not know another's tokens", async () => {
    expect(await codeOf("GET /limited", make().asPrincipal({ subject: "ann" }))).toBe(
      "invalid_token",
    );
  });

  test("expires by the clock where its claims say so, tolerance included", async () => {
    const headers = flux.asPrincipal({
      subject: "ann",
      tenant: "acorn",
      claims: { exp: start / 1_000 + 60 },
    });
    flux.clock.advance(64_999);
    expect(await codeOf("GET /limited", headers)).toBe("allowed");
    flux.clock.advance(1);
    expect((await ask("GET /limited", headers)).denials[0]).toMatchObject({
      code: "invalid_token",
      detail: "the token expired",
    });
  });

  test.each([
    [undefined, "it is nothing, and not an object."],
    [null, "it is null, and not an object."],
    ["sk-secret", "it is a string of 9 characters, and not an object."],
    [{}, "its subject"],
    [{ subject: "" }, 'its subject is "", and not'],
    [{ subject: "ann", type: "robot" }, 'its type is "robot"'],
    [{ subject: "ann", roles: [1] }, "its roles"],
    [{ subject: "ann", issuer: "a|b" }, "its issuer"],
    [{ subject: "ann", tenant: "acorn", claims: { org_id: "birch" } }, "`tenant.from` reads"],
  ])("%j is none", (caller, message) => {
    const error = errorOf(() => flux.asPrincipal(caller as never));
    expect(error.code).toBe("caller_invalid");
    expect(error.message).toContain("what asPrincipal was given is no principal");
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/[^.]\.$/);
  });

  test("has no tenant where the config knows none", () => {
    const error = errorOf(() => testFlux({}).asPrincipal({ subject: "ann", tenant: "acorn" }));
    expect(error).toMatchObject({ code: "caller_invalid" });
    expect(error.message).toContain("the config has no `tenant`");
  });
});

describe("without a caller of the test", () => {
  test.each([
    [{}, "unauthenticated", 'Bearer realm="reports"'],
    [{ authorization: "Bearer garbage" }, "invalid_token", 'error="invalid_token"'],
    [{ authorization: "Bearer" }, "invalid_token", 'error="invalid_token"'],
    // `auth.custom` may read it, and knows nobody.
    [{ authorization: "Basic YTpi" }, "unauthenticated", 'Bearer realm="reports"'],
    [{ authorization: ["Bearer a", "Bearer b"] }, "bad_request", undefined],
    [{ authorization: "Bearer a, Bearer b" }, "bad_request", undefined],
    [{ authorization: "Bearer a", "x-api-key": "k" }, "bad_request", undefined],
    [{ "x-api-key": "a key of some length" }, "invalid_token", 'error="invalid_token"'],
    [{ "x-api-key": "a, b" }, "bad_request", undefined],
    [{ cookie: "session=garbage" }, "invalid_token", 'error="invalid_token"'],
    [{ cookie: "session=" }, "unauthenticated", 'Bearer realm="reports"'],
    [{ cookie: "session=a; session=b" }, "bad_request", undefined],
  ])("%j: %s", async (headers, code, challenge) => {
    const decision = await ask("GET /limited", headers as Facts["headers"]);
    expect(decision.code).toBe(code);
    const header = decision.headers["WWW-Authenticate"];
    if (challenge === undefined) expect(header).toBeUndefined();
    else expect(header).toContain(challenge);
    expect(never).not.toHaveBeenCalled();
  });

  test("what is public stays so", async () => {
    expect(await codeOf("GET /open", { authorization: "Bearer garbage" })).toBe("allowed");
  });

  test("guesses are counted by address, as auth.failures says, and callers still pass", async () => {
    const guess = (n: number) => codeOf("GET /limited", { authorization: `Bearer guess-${n}` });
    expect([await guess(1), await guess(2), await guess(3)]).toEqual([
      "invalid_token",
      "invalid_token",
      "rate_limited",
    ]);
    expect(await codeOf("GET /limited")).toBe("allowed");
    flux.clock.advance("1m");
    expect(await guess(4)).toBe("invalid_token");
  });
});

describe("a caller who comes by cookie", () => {
  const cookieOf = ({ authorization }: { authorization: string }) =>
    `session=${authorization.slice("Bearer ".length)}`;

  test("needs the proof of auth.origins where it changes something", async () => {
    const cookie = cookieOf(ann);
    expect(await codeOf("GET /limited", { cookie })).toBe("allowed");
    expect(await codeOf("POST /limited", { cookie })).toBe("forbidden");
    const origin = "https://app.example.com";
    expect(await codeOf("POST /limited", { cookie, origin })).toBe("allowed");
    expect(await codeOf("POST /limited", { cookie, origin: "https://evil.test" })).toBe(
      "forbidden",
    );
  });

  test("and so does a session of one's own, wherever there is a cookie", async () => {
    const sam = flux.asPrincipal({ type: "custom", subject: "sam", tenant: "acorn" });
    expect(await codeOf("POST /limited", sam)).toBe("allowed");
    expect(await codeOf("POST /limited", { ...sam, cookie: "a=b" })).toBe("forbidden");
    expect(await codeOf("POST /limited", { ...ann, cookie: "a=b" })).toBe("allowed");
  });
});

describe("the tenant is found as in production", () => {
  const claims = { tenants: "orgs" };
  const jwt = { issuer: "https://idp.example.com", audience: "api" };
  const tenantOf = async (
    made: TestFlux,
    line: string,
    caller: Parameters<TestFlux["asPrincipal"]>[0],
    headers: Record<string, string> = {},
  ) => {
    const { code, tenant } = await made.decide(
      request(line, { ...made.asPrincipal(caller), ...headers }),
    );
    return tenant?.id ?? code;
  };
  const ann = { subject: "ann", tenant: "acorn" };

  test.each([
    ["a name", "org_id"],
    ["a name with dots", "https://example.com/org.id"],
    ["a path", ["org", "id"]],
  ])("by a claim: %s", async (_what, claim) => {
    expect(await tenantOf(testFlux({ tenant: { from: { claim } } }), "GET /", ann)).toBe("acorn");
  });

  test("by a claim that a function reads, where the claims have it", async () => {
    const made = testFlux({ tenant: { from: { claim: (all) => (all.org as { id: string }).id } } });
    const error = errorOf(() => made.asPrincipal(ann));
    expect(error.code).toBe("caller_invalid");
    expect(error.message).toContain("give it in `claims`");
    expect(await tenantOf(made, "GET /", { ...ann, claims: { org: { id: "acorn" } } })).toBe(
      "acorn",
    );
    expect(await tenantOf(made, "GET /", { subject: "a", claims: { org: { id: "b" } } })).toBe("b");
  });

  test("not by tenants alone: a token names the one that it acts for", async () => {
    const made = testFlux({ tenant: { from: { claim: "org" } }, unmatched: "authenticated" });
    const caller = { subject: "ann", tenants: ["acorn", "birch"] };
    expect(await tenantOf(made, "GET /", caller)).toBe("allowed");
    expect(await tenantOf(made, "GET /", { ...caller, claims: { org: "birch" } })).toBe("birch");
    expect(await tenantOf(made, "GET /", { ...caller, claims: { org: "oak" } })).toBe("forbidden");
  });

  test("by a header", async () => {
    const made = testFlux({ auth: { jwt, claims }, tenant: { from: { header: "x-tenant" } } });
    expect(await tenantOf(made, "GET /", ann, { "x-tenant": "acorn" })).toBe("acorn");
    expect(await tenantOf(made, "GET /", ann, { "x-tenant": "birch" })).toBe("forbidden");
    expect(await tenantOf(made, "GET /", ann)).toBe("allowed");
    expect(await tenantOf(made, "GET /", { ...ann, type: "apiKey" })).toBe("acorn");
  });

  test("by the host and by the path", async () => {
    const byHost = testFlux({
      auth: { jwt, claims },
      tenant: { from: { host: ":tenant.example.com" } },
    });
    expect(await tenantOf(byHost, "GET /", ann, { host: "acorn.example.com" })).toBe("acorn");
    expect(await tenantOf(byHost, "GET /", ann, { host: "birch.example.com" })).toBe("forbidden");
    const byPath = testFlux({ auth: { jwt, claims }, tenant: { from: { path: "/t/:tenant" } } });
    expect(await tenantOf(byPath, "GET /t/acorn/x", ann)).toBe("acorn");
    expect(await tenantOf(byPath, "GET /t/birch/x", ann)).toBe("forbidden");
  });

  test("and an issuer speaks for its own tenants alone", async () => {
    const made = testFlux({
      auth: { jwt: { ...jwt, tenants: ["birch"] } },
      tenant: { from: { claim: "org" } },
    });
    expect(await tenantOf(made, "GET /", ann)).toBe("forbidden");
    expect(await tenantOf(made, "GET /", { ...ann, tenant: "birch" })).toBe("birch");
    expect(await tenantOf(made, "GET /", { ...ann, issuer: "https://other.test" })).toBe("acorn");
  });
});

describe("a plan", () => {
  test("holds from now on, for that tenant alone", async () => {
    expect(await codeOf("GET /exports")).toBe("feature_unavailable");
    flux.withPlan("acorn", "pro");
    expect(await codeOf("GET /exports")).toBe("allowed");
    const birch = flux.asPrincipal({ subject: "bob", tenant: "birch" });
    expect(await codeOf("GET /exports", birch)).toBe("feature_unavailable");
    flux.withPlan("acorn", "free");
    expect(await codeOf("GET /exports")).toBe("feature_unavailable");
    expect(load.mock.calls).toEqual([["acorn"], ["birch"]]);
  });

  test("stands when the record is loaded anew", async () => {
    flux.withPlan("acorn", "pro");
    await ask("GET /exports");
    flux.clock.advance("1h");
    expect(await codeOf("GET /exports")).toBe("allowed");
    flux.invalidate({ tenant: "acorn" });
    expect(await codeOf("GET /exports")).toBe("allowed");
    expect(load).not.toHaveBeenCalled();
  });

  test("makes a tenant that load does not know", async () => {
    const headers = flux.asPrincipal({ subject: "ann", tenant: "nobody" });
    expect(await codeOf("GET /limited", headers)).toBe("forbidden");
    flux.withPlan("nobody", "free");
    expect(await codeOf("GET /limited", headers)).toBe("allowed");
  });

  test("comes with overrides and a status", async () => {
    const expiresAt = start + 60_000;
    flux.withPlan("acorn", "free", { overrides: { exports: { value: true, expiresAt } } });
    expect(await codeOf("GET /exports")).toBe("allowed");
    flux.clock.set(expiresAt);
    expect(await codeOf("GET /exports")).toBe("feature_unavailable");
    flux.withPlan("acorn", "pro", { status: "suspended" });
    expect((await ask("GET /exports")).denials[0]?.detail).toBe("The tenant is suspended.");
  });

  test("needs no load; who has no plan of the test is on the default one", async () => {
    const made = testFlux({ ...config, tenant: { from: { claim: "org_id" } } });
    const planOf = async (tenant: string) => {
      const facts = request("GET /nowhere", made.asPrincipal({ subject: "ann", tenant }));
      return (await made.decide(facts)).tenant?.plan;
    };
    made.withPlan("acorn", "pro");
    expect([await planOf("acorn"), await planOf("birch")]).toEqual(["pro", "free"]);
  });

  test.each([
    ["platinum", {}, 'there is no plan "platinum"'],
    ["por", {}, 'Did you mean "pro"?'],
    ["toString", {}, 'there is no plan "toString"'],
    ["pro", { overrides: { export: true } }, 'Did you mean "exports"?'],
    ["pro", { overrides: { exports: "yes" } }, "overrides.exports"],
    ["pro", { status: true }, "a status is a string"],
  ])("%s %j is refused at once", (plan, record, message) => {
    const error = errorOf(() => flux.withPlan("acorn", plan as never, record as never));
    expect(error.code).toBe("test_invalid");
    expect(error.message).toContain(message);
  });

  test("needs tenants and plans", () => {
    const loose = (given: object) => testFlux(given) as TestFlux;
    expect(errorOf(() => loose({}).withPlan("acorn", "pro")).message).toContain("no `tenant`");
    const tenant = { from: { claim: "org" } };
    expect(errorOf(() => loose({ tenant }).withPlan("acorn", "pro")).message).toContain(
      "no `plans`",
    );
    expect(errorOf(() => flux.withPlan("", "pro")).message).toContain("a tenant's id");
  });
});

describe("a flag", () => {
  test("is what the test says, in checks, decisions and by itself", async () => {
    expect(await codeOf("GET /beta")).toBe("flag_off");
    flux.withFlag("beta", true);
    const decision = await ask("GET /beta");
    expect(decision.allowed).toBe(true);
    expect(decision.flagDetails("beta")).toEqual({
      flagKey: "beta",
      value: true,
      variant: "on",
      reason: "STATIC",
      metadata: { team: "web" },
    });
    expect(flux.flags.evaluate("beta", {}).value).toBe(true);
    flux.withFlag("beta", "off");
    expect(await codeOf("GET /beta")).toBe("flag_off");
    flux.withFlag("beta", "on");
    expect(await codeOf("GET /beta")).toBe("allowed");
    flux.withFlag("beta", null);
    expect(flux.flags.evaluate("beta", {})).toMatchObject({ value: false, variant: "off" });
  });

  test("also where the config has disabled it", async () => {
    expect(await codeOf("GET /dark")).toBe("flag_off");
    flux.withFlag("theme", "dark");
    expect(await codeOf("GET /dark")).toBe("allowed");
    expect((await ask("GET /dark")).flag("theme")).toBe("#000");
  });

  test("in guards that were prepared before", async () => {
    const prepared = flux.prepare({ flag: "beta" });
    flux.withFlag("beta", true);
    expect((await flux.decide(request("GET /x", ann), prepared)).allowed).toBe(true);
  });

  test.each([
    ["bta", true, 'Did you mean "beta"?'],
    ["toString", true, "there is no flag"],
    ["beta", "onn", 'Did you mean "on"?'],
    ["beta", undefined, "has no variant nothing. It has on, off."],
    ["theme", true, "has no variant true"],
  ])("%s cannot be %j", (key, variant, message) => {
    const error = errorOf(() => flux.withFlag(key as never, variant as never));
    expect(error.code).toBe("test_invalid");
    expect(error.message).toContain(message);
  });
});

describe("the clock", () => {
  test("stands still, and moves limits and periods", async () => {
    expect(flux.clock.now()).toBe(start);
    expect([await codeOf("GET /limited"), await codeOf("GET /limited")]).toEqual([
      "allowed",
      "allowed",
    ]);
    const denied = await ask("GET /limited");
    expect(denied.code).toBe("rate_limited");
    expect(denied.headers["Retry-After"]).toBe("30");
    flux.clock.advance("30s");
    expect(await codeOf("GET /limited")).toBe("allowed");
    await ask("POST /chat");
    expect(await codeOf("POST /chat")).toBe("quota_exceeded");
    flux.clock.set("2030-01-02T00:00:00Z");
    expect(await codeOf("POST /chat")).toBe("allowed");
    flux.clock.set(new Date(start));
    expect(flux.clock.now()).toBe(start);
  });

  test("starts where it is told, or now", () => {
    expect(testFlux({}, { now: "2030-01-01" }).clock.now()).toBe(start);
    const before = Date.now();
    const { clock } = testFlux({});
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.now()).toBeLessThanOrEqual(Date.now());
  });

  test.each([
    () => flux.clock.set("tomorrow"),
    () => flux.clock.set(Number.NaN),
    () => flux.clock.set(-1),
    () => flux.clock.advance("1 minute" as never),
    () => flux.clock.advance(-1),
    () => flux.clock.advance(1e300),
    () => testFlux({}, { now: "2030-13-01" }),
  ])("%s is no time", (act) => {
    expect(errorOf(act).code).toBe("test_invalid");
    expect(flux.clock.now()).toBe(start);
  });
});

describe("the recorder", () => {
  test("has every decision in order, each as it was given", async () => {
    const first = await ask("GET /limited");
    const second = await flux.decide(request("GET /limited", ann), { feature: "exports" }, first);
    const third = await flux.as({ tenant: "acorn", subject: "job-7" }).decide();
    expect(flux.decisions).toEqual([first, second, third]);
    expect(flux.decisions.at(-1)).toBe(third);
    expect(String(flux.decisions[1]?.explain())).toContain("exports");
    expect(flux.decisions.map(({ allowed }) => allowed)).toEqual([true, false, true]);
    flux.decisions.clear();
    expect(flux.decisions).toEqual([]);
  });

  test("has it before whoever asked goes on", async () => {
    let seen: Decision | undefined;
    await Promise.resolve(flux.decide(request("GET /limited", ann))).then(() => {
      seen = flux.decisions.at(-1);
    });
    expect(seen?.allowed).toBe(true);
    // What is known is decided at once.
    const decision = flux.decide(request("GET /limited", ann));
    expect(decision).not.toBeInstanceOf(Promise);
    expect(flux.decisions.at(-1)).toBe(decision);
  });

  test("leaves peeks out", async () => {
    await flux.peek(request("GET /limited", ann));
    expect(flux.decisions).toEqual([]);
  });
});

test("reset: all as at the start, but the callers", async () => {
  flux.withPlan("acorn", "pro");
  flux.withFlag("beta", true);
  flux.clock.advance("5m");
  const before = await ask("POST /chat");
  await ask("GET /limited");
  await ask("GET /limited");
  expect(await codeOf("GET /exports")).toBe("allowed");
  expect(await codeOf("GET /limited")).toBe("rate_limited");

  flux.reset();
  expect(flux.clock.now()).toBe(start);
  expect(flux.decisions).toEqual([]);
  expect(await codeOf("GET /exports")).toBe("feature_unavailable");
  expect(await codeOf("GET /beta")).toBe("flag_off");
  expect(await codeOf("GET /limited")).toBe("allowed");
  await ask("POST /chat");
  // What was charged before is not given back to the counters of today.
  await before.refund();
  expect((await ask("GET /limited")).feature("tokens").used).toBe(60);
});

test("a tenant whose record was cached from load is looked at again after reset", async () => {
  await ask("GET /limited");
  flux.clock.advance("30s");
  flux.reset();
  await ask("GET /limited");
  expect(load).toHaveBeenCalledTimes(2);
});

describe("the config", () => {
  test("is refused as defineFlux refuses it", () => {
    const wrong = { routes: { "GET /": { limit: "apis" } }, limits: {}, store: {} };
    const errors = [defineFlux, testFlux].map((define) => errorOf(() => define(wrong as never)));
    expect(errors[1]).toMatchObject({
      code: "config_invalid",
      message: errors[0]?.message,
      problems: errors[0]?.problems,
    });
  });

  test("so is a key set that is none, which nobody but the authenticator looks into", () => {
    const jwt = { issuer: "a", audience: "api", jwks: { keys: "none" } };
    const errors = [defineFlux, testFlux].map((define) =>
      errorOf(() => define({ auth: { jwt } } as never)),
    );
    expect(errors[0]?.code).toBe("config_invalid");
    expect(errors[1]?.message).toBe(errors[0]?.message);
  });

  test("warns in silence, and tells errors", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const error = vi.spyOn(console, "error").mockReturnValue();
    try {
      const made = testFlux({ auth: config.auth, routes: { "GET /*a": {}, "GET /x": "public" } });
      expect(made.warnings).not.toEqual([]);
      expect(warn).not.toHaveBeenCalled();
      const broken = testFlux({
        limits: {
          api: {
            quota: 1,
            window: "1s",
            by: () => {
              throw new Error("broken");
            },
          },
        },
      });
      const facts = request("GET /", broken.asPrincipal({ subject: "ann" }));
      expect((await broken.decide(facts, { limit: "api" })).code).toBe("bad_request");
      expect(error).toHaveBeenCalledOnce();
    } finally {
      warn.mockRestore();
      error.mockRestore();
    }
  });

  test("keeps a logger that it was given", () => {
    const logger = { warn: vi.fn(), error: vi.fn() };
    testFlux({ routes: { "GET /*a": {}, "GET /x": "public" }, logger });
    expect(logger.warn).toHaveBeenCalled();
  });
});
