import { describe, expect, test, vi } from "vitest";
import type { FluxConfig } from "../config/config-types.ts";
import type { Requirement } from "../config/requirement-types.ts";
import { defineFlux } from "../define-flux.ts";
import { FluxError } from "../errors.ts";
import { atOnce, callers, quiet, request } from "./test-callers.ts";

const define = (more: object = {}) =>
  defineFlux({
    auth: callers,
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
    flags: { beta: { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "on" } },
    limits: { api: { quota: 60, window: "1m", burst: 3, by: "principal" } },
    routes: { "GET /open": "public", "GET /limited": { limit: "api" } },
    logger: quiet,
    ...more,
  });

describe("decide", () => {
  test("answers at once where nothing has to be waited for", () => {
    const decision = atOnce(define().decide(request("GET /limited", { as: {} })));
    expect(decision).toMatchObject({ allowed: true, status: 200, code: "allowed", denials: [] });
  });

  test.each([
    undefined,
    null,
    {},
    { method: "GET" },
    { method: "GET", url: "/" },
    { method: "GET", url: "/", headers: null },
    { method: 1, url: "/", headers: {} },
    { method: "GET", url: new URL("http://a/"), headers: {} },
  ])("%j are no facts", (facts) => {
    expect(() => define().decide(facts as never)).toThrow(
      expect.objectContaining({ name: "FluxError", code: "facts_invalid" }),
    );
  });

  test("headers may be a Headers or a record", () => {
    const flux = defineFlux({
      auth: { custom: ({ headers }) => ({ subject: String((headers as Headers).get("who")) }) },
      logger: quiet,
    });
    const headers = new Headers({ who: "ann" });
    expect(atOnce(flux.decide({ method: "GET", url: "/", headers })).principal?.subject).toBe(
      "ann",
    );
  });
});

describe("unmatched", () => {
  const ask = (unmatched: string | undefined, line: string, as?: object) =>
    atOnce(define(unmatched ? { unmatched } : {}).decide(request(line, { ...(as && { as }) })));
  test.each([
    [undefined, "unauthenticated", "allowed"],
    ["authenticated", "unauthenticated", "allowed"],
    ["deny", "forbidden", "forbidden"],
    ["public", "allowed", "allowed"],
  ] as const)("%s", (unmatched, stranger, known) => {
    expect(ask(unmatched, "GET /nowhere").code).toBe(stranger);
    expect(ask(unmatched, "GET /nowhere", {}).code).toBe(known);
    // Another method of a path that the config knows is not matched either.
    expect(ask(unmatched, "POST /open").code).toBe(stranger);
    expect(ask(unmatched, "GET /open").code).toBe("allowed");
  });

  test("a guard's requirement takes its place", () => {
    const flux = define({ unmatched: "deny" });
    expect(atOnce(flux.decide(request("GET /x"), { auth: "none" })).allowed).toBe(true);
    expect(atOnce(flux.decide(request("GET /x"), { auth: "optional" })).allowed).toBe(true);
    expect(atOnce(flux.decide(request("GET /x"), { scopes: "a" })).code).toBe("unauthenticated");
  });

  test("what is denied to all is not explained to anybody", () => {
    const flux = define({ unmatched: "deny" });
    const { body } = flux.respond(atOnce(flux.decide(request("GET /x"))), request("GET /x")) as {
      body: string;
    };
    expect(JSON.parse(body)).toMatchObject({ status: 403, code: "forbidden" });
    expect(body).not.toMatch(/route|unmatched|config/);
  });
});

describe("prepare", () => {
  const flux = define();
  test.each<[object | string | null, RegExp]>([
    [{ limits: "api" }, /"limits" is no field of a requirement\. Did you mean "limit"\?/],
    [{ feature: "export" }, /feature: "export" is no feature\. Did you mean "exports"\?/],
    [{ feature: "tokens" }, /feature: "tokens" is metered: ask for it by use/],
    [
      { flag: { beta: "offf" } },
      /flag\.beta: "offf" is no variant of "beta"\. Did you mean "off"\?/,
    ],
    [{ auth: "none", limit: "api" }, /limit: "api" counts by principal, but `auth` is "none"/],
    [{ use: { tokens: "many" } }, /use\.tokens: expected a whole number/],
    ["public", /expected a requirement, got "public"/],
    [null, /expected a requirement, got null/],
  ])("%j", (requirement, message) => {
    expect(() => flux.prepare(requirement as never)).toThrow(message);
    const decide = () => flux.decide(request("GET /"), requirement as never);
    expect(decide).toThrow(expect.objectContaining({ code: "requirement_invalid" }));
  });

  test("all mistakes at once", () => {
    try {
      flux.prepare({ feature: "a", flag: "b", cost: -1 } as never);
      expect.unreachable();
    } catch (error) {
      expect((error as FluxError).message).toMatch(/^The requirement has 4 mistakes:\n/);
      expect((error as FluxError).problems.map(({ path }) => path).sort()).toEqual([
        "cost",
        "cost",
        "feature",
        "flag",
      ]);
    }
  });

  test("a handle of one Flux is no requirement of another", () => {
    const handle = define().prepare({ scopes: "a" });
    expect(() => flux.decide(request("GET /"), handle)).toThrow(FluxError);
  });

  test("what is changed afterwards in the object that was given changes nothing", () => {
    const requirement = { scopes: ["a"] };
    const handle = flux.prepare(requirement);
    requirement.scopes[0] = "b";
    const ask = (scopes: string[]) =>
      atOnce(flux.decide(request("GET /x", { as: { scopes } }), handle));
    expect(ask(["a"]).allowed).toBe(true);
    expect(ask(["b"]).allowed).toBe(false);
  });
});

describe("auth: optional", () => {
  const ask = (requirement: object, as?: object) =>
    atOnce(
      define().decide(request("GET /x", { ...(as && { as }) }), {
        auth: "optional",
        ...requirement,
      }),
    );
  test("strangers pass as far as nothing else needs to know them", () => {
    expect(ask({}).allowed).toBe(true);
    expect(ask({ flag: "beta" }).allowed).toBe(true);
    for (const more of [
      { scopes: "a" },
      { roles: "a" },
      { feature: "exports" },
      { limit: "api" },
      { use: { tokens: 0 } },
    ])
      expect(ask(more).code, JSON.stringify(more)).toBe("unauthenticated");
    expect(ask({ scopes: "a" }, { scopes: ["a"] }).allowed).toBe(true);
  });
});

describe("permissions", () => {
  const ask = (requirement: object, as: object) =>
    atOnce(define().decide(request("GET /x", { as }), requirement));
  test("all of a list, or any of { any }", () => {
    expect(ask({ scopes: ["a", "b"] }, { scopes: "a b" }).allowed).toBe(true);
    expect(ask({ scopes: ["a", "b"] }, { scopes: "a" }).denials).toMatchObject([
      { code: "insufficient_scope", name: "b" },
    ]);
    expect(ask({ roles: { any: ["x", "y"] } }, { roles: ["y"] }).allowed).toBe(true);
    expect(ask({ roles: { any: ["x", "y"] } }, { roles: ["z"] }).code).toBe("forbidden");
    expect(ask({ permissions: "p" }, { permissions: [] }).code).toBe("forbidden");
  });
  test("scopes are no roles, and names are compared whole", () => {
    expect(ask({ roles: "a" }, { scopes: ["a"] }).allowed).toBe(false);
    expect(ask({ roles: "admin" }, { roles: ["administrator"] }).allowed).toBe(false);
    expect(ask({ roles: "admin" }, { roles: ["ADMIN"] }).allowed).toBe(false);
    expect(ask({ roles: "a" }, { roles: "a b" }).allowed).toBe(false);
  });
});

describe("a credential in a cookie", () => {
  const origins = ["https://app.example.com"];
  const flux = defineFlux({
    auth: { custom: () => ({ subject: "ann" }), origins },
    features: { tokens: { kind: "metered", per: "day" } },
    plans: { free: { features: { tokens: 100 } } },
    defaultPlan: "free",
    routes: { "GET /spend": { use: { tokens: 1 } } },
    logger: quiet,
  });
  const ask = (line: string, headers: Record<string, string> = {}) =>
    atOnce(flux.decide(request(line, { headers: { cookie: "sid=1", ...headers } }))).code;

  test("safe methods need no proof, unless they spend", () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) expect(ask(`${method} /x`)).toBe("allowed");
    expect(ask("GET /spend")).toBe("forbidden");
    expect(ask("GET /spend", { "sec-fetch-site": "same-origin" })).toBe("allowed");
  });

  test.each(["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "post"])("%s does", (method) => {
    expect(ask(`${method} /x`)).toBe("forbidden");
    expect(ask(`${method} /x`, { "sec-fetch-site": "same-origin" })).toBe("allowed");
    expect(ask(`${method} /x`, { origin: "https://app.example.com" })).toBe("allowed");
  });

  test.each<Record<string, string>>([
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "none" },
    { origin: "https://app.example.com.evil.com" },
    { origin: "http://app.example.com" },
    { origin: "null" },
    { referer: "https://app.example.com/" },
  ])("%j proves nothing", (headers) => {
    expect(ask("POST /x", headers)).toBe("forbidden");
  });

  test("a session that did not come as a cookie needs none", () => {
    const header = define();
    expect(atOnce(header.decide(request("POST /x", { as: {} }))).allowed).toBe(true);
  });
});

describe("events", () => {
  test("decisions are handed on as one compact record each", () => {
    let now = Date.UTC(2026, 0, 1);
    const flux = define({ now: () => now });
    const records: unknown[] = [];
    const stop = flux.on("decision", (record) => records.push(record));
    flux.decide(request("GET /limited", { as: {} }), { flag: "beta" });
    now += 5;
    flux.decide(request("GET /limited"));
    expect(records).toEqual([
      {
        at: now - 5,
        allowed: true,
        status: 200,
        codes: [],
        denials: [],
        method: "GET",
        routes: ["GET /limited"],
        principal: "custom|ann",
        tenant: undefined,
        plan: undefined,
        flags: { beta: "on" },
        charges: [{ name: "api", cost: 1 }],
        degraded: [],
        duration: expect.any(Number),
      },
      expect.objectContaining({
        at: now,
        allowed: false,
        status: 401,
        codes: ["unauthenticated"],
        denials: [{ code: "unauthenticated", name: undefined }],
        principal: undefined,
        charges: [],
      }),
    ]);
    for (const { duration } of records as { duration: number }[]) {
      expect(duration).toBeGreaterThanOrEqual(0);
      expect(duration).toBeLessThan(1e6);
    }
    stop();
    flux.decide(request("GET /limited", { as: {} }));
    expect(records).toHaveLength(2);
  });

  test("a listener that throws harms neither the request nor the others", () => {
    const error = vi.fn();
    const flux = define({ logger: { warn() {}, error } });
    const heard = vi.fn();
    flux.on("decision", () => {
      throw new Error("listener");
    });
    flux.on("decision", heard);
    for (let i = 0; i < 3; i++)
      expect(atOnce(flux.decide(request("GET /open"))).allowed).toBe(true);
    expect(heard).toHaveBeenCalledTimes(3);
    expect(error).toHaveBeenCalledTimes(1); // once in ten seconds
  });

  test("an error that nobody listens to is logged, with its cause", () => {
    const error = vi.fn();
    const flux = defineFlux({
      auth: {
        custom: () => {
          throw new Error("no database");
        },
      },
      logger: { warn() {}, error },
    });
    expect(atOnce(flux.decide(request("GET /"))).code).toBe("unavailable");
    expect(error).toHaveBeenCalledWith("[flux] custom: auth.custom failed: Error: no database");
  });
});

test("warnings at start: patterns that weaken others, and nobody who could be known", () => {
  const warn = vi.fn();
  const { warnings } = defineFlux({
    routes: {
      "* /admin/*rest": { roles: "staff", scopes: "a" },
      "GET /admin/health": "public",
      "GET /admin/:page": { roles: "staff", scopes: "a" },
      "GET /other": {},
    },
    logger: { warn, error() {} },
  });
  expect(warnings).toEqual([
    expect.stringMatching(
      /^routes: "GET \/admin\/health" takes requests away from "\* \/admin\/\*rest" without asking for authentication, scopes a, roles staff;/,
    ),
    expect.stringMatching(
      /^routes: "GET \/admin\/health" takes requests away from "GET \/admin\/:page"/,
    ),
    expect.stringMatching(/^auth: routes ask who is calling, but/),
  ]);
  expect(warn.mock.calls).toEqual(warnings.map((warning) => [`[flux] ${warning}`]));
});

test("a config without anything doubtful warns of nothing", () => {
  expect(define().warnings).toEqual([]);
});

describe("what JavaScript lets through and types would not", () => {
  const flux = define();
  test("an event that there is not", () => {
    expect(() => flux.on("decisions" as never, () => undefined)).toThrow(
      'There is no event "decisions". Known: "decision", "error".',
    );
  });
  test.each([[{}], [{ tenent: "a" }], ["acorn"], [undefined], [{ tenant: 7 }]])(
    "an invalidation that would forget nothing: %j",
    (what) => {
      expect(() => flux.invalidate(what as never)).toThrow(
        expect.objectContaining({ code: "invalidation_invalid" }),
      );
    },
  );
  test("an answer to a request that is allowed", async () => {
    const decision = await flux.decide(request("GET /limited", { as: {} }));
    expect(() => flux.respond(decision, request("GET /limited"))).toThrow(
      expect.objectContaining({ code: "not_denied" }),
    );
  });
});

describe("onDenied", () => {
  const answer = async (onDenied: () => unknown) => {
    const flux = define({ onDenied: onDenied as never });
    const facts = request("GET /limited");
    return flux.respond(await flux.decide(facts), facts);
  };
  test.each([
    ["redirect", { redirect: "/login" }],
    ["text", "no"],
    ["status", { status: 999 }],
    ["body", { body: {} }],
  ])("what is no answer is an error, not an empty page: %s", async (_name, given) => {
    await expect(answer(() => given)).rejects.toThrow(
      expect.objectContaining({ code: "on_denied_invalid" }),
    );
  });
  test("a response keeps what it says and gets what it left out", async () => {
    const given = (await answer(
      () => new Response("no", { status: 401, headers: { "Cache-Control": "private" } }),
    )) as Response;
    expect(given.headers.get("www-authenticate")).toBe('Bearer realm="api"');
    expect(given.headers.get("cache-control")).toBe("private");
    expect(await given.text()).toBe("no");
  });
  test("a redirect, whose own headers are immutable, is not kept by caches", async () => {
    const given = (await answer(() => Response.redirect("https://example.com/login"))) as Response;
    expect(given.status).toBe(302);
    expect(given.headers.get("location")).toBe("https://example.com/login");
    expect(given.headers.get("cache-control")).toBe("no-store");
  });
});

test("a copy of a decision holds nothing of the request", async () => {
  const facts = request("GET /limited", { as: {}, headers: { authorization: "Basic c2VjcmV0" } });
  const decision = await define().decide(facts);
  expect(JSON.stringify({ ...decision })).not.toContain("c2VjcmV0");
  expect(Object.values({ ...decision })).not.toContain(facts);
});

describe("a function that should answer at once and gives a promise", () => {
  const late = () => Promise.reject(new Error("late")) as never;
  const ask = async (more: Partial<FluxConfig>, requirement: Requirement) => {
    const sources: string[] = [];
    const flux = defineFlux({ auth: callers, logger: quiet, ...more } as FluxConfig);
    flux.on("error", ({ source }) => sources.push(source));
    const { code } = await flux.decide(request("POST /x", { as: {} }), requirement);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return [code, ...sources];
  };
  const limit = { quota: 1, window: "1h" } as const;
  test.each([
    ["cost", { limits: { l: { ...limit, by: "principal" } } }, { limit: "l", cost: late }],
    ["by", { limits: { l: { ...limit, by: late } } }, { limit: "l" }],
  ] as [string, Partial<FluxConfig>, Requirement][])(
    "%s: the request is refused, and the process lives",
    async (_name, config, requirement) => {
      expect(await ask(config, requirement)).toEqual(["bad_request", "cost"]);
    },
  );
  test("an attribute is not read", async () => {
    const flags = {
      f: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ var: "a" }, "on", "off"] },
      },
    } as const;
    const [code, ...sources] = await ask({ flags, attributes: { a: late } }, { flag: "f" });
    expect(code).toBe("flag_off");
    expect(new Set(sources)).toEqual(new Set(["attributes"]));
  });
  test("refundOn gives nothing back", async () => {
    const flux = defineFlux({
      auth: callers,
      limits: { l: { ...limit, by: "principal" } },
      logger: quiet,
    });
    const refundOn = (async () => false) as never;
    for (const allowed of [true, false]) {
      const decision = await flux.decide(request("POST /x", { as: {} }), { limit: "l", refundOn });
      expect(decision.allowed).toBe(allowed);
      await decision.conclude({ status: 200, aborted: false });
    }
  });
  test("a cost that cannot even be printed is refused like any other", async () => {
    const limits = { l: { ...limit, by: "principal" } } as const;
    const cost = () => Object.create(null);
    expect(await ask({ limits }, { limit: "l", cost })).toEqual(["bad_request", "cost"]);
  });
});

test("whoever names no tenant is on the default plan: leaving it out does not pay", async () => {
  const flux = defineFlux({
    auth: callers,
    tenant: { from: { header: "x-tenant" }, load: () => ({ plan: "free" }) },
    plans: { free: {} },
    defaultPlan: "free",
    limits: { l: { quota: 100, window: "1h", by: "principal", plans: { free: 2 } } },
    logger: quiet,
  });
  const as = { tenants: ["acorn", "birch"] };
  const allowed = [];
  for (let i = 0; i < 5; i++)
    allowed.push((await flux.decide(request("GET /x", { as }), { limit: "l" })).allowed);
  expect(allowed).toEqual([true, true, false, false, false]);
});

test("one response for every denial can be sent every time", async () => {
  const shared = new Response("no", { status: 403 });
  const flux = define({ onDenied: () => shared });
  const facts = request("GET /limited");
  for (let i = 0; i < 3; i++) {
    const answer = (await flux.respond(await flux.decide(facts), facts)) as Response;
    expect(await answer.text()).toBe("no");
  }
});
