/** What docs/guide.md says of behaviour, held where no other test says it in these words. */
import {
  type Decision,
  defineFlux,
  type Facts,
  type FluxErrorEvent,
  generateApiKey,
} from "@flux/core";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";

const quiet = { warn() {}, error() {} };
const issuer = "https://idp.example.com";
const secret = "a secret of at least 32 bytes, for tests";
const jwt = { issuer, audience: "api", secret };
let clock = Date.UTC(2026, 0, 31, 23, 59);
const now = () => clock;
const base = { logger: quiet, now };

const tokenFor = (claims: Record<string, unknown>) =>
  new SignJWT({ sub: "ann", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setAudience("api")
    .setExpirationTime(Math.floor(clock / 1_000) + 600)
    .sign(new TextEncoder().encode(secret));

const request = (line: string, headers: Facts["headers"] = {}, ip = "192.0.2.1"): Facts => {
  const [method, url] = line.split(" ") as [string, string];
  return { method, url, headers, ip };
};
const bearer = async (claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await tokenFor(claims)}`,
});
const codeOf = async (decision: Decision | Promise<Decision>) => (await decision).code;

describe("authentication", () => {
  test("an API key: looked up by hash, refused by its form without a lookup, revoked within cacheFor", async () => {
    const { key, hash } = await generateApiKey({ prefix: "acme" });
    const asked: string[] = [];
    let disabled = false;
    const flux = defineFlux({
      ...base,
      auth: {
        apiKeys: {
          header: "x-api-key",
          prefix: "acme",
          lookup: (keyHash) => {
            asked.push(keyHash);
            return keyHash === hash ? { id: "k1", scopes: ["read"], disabled } : undefined;
          },
        },
      },
    });
    const send = (value: string) => flux.decide(request("GET /", { "x-api-key": value }));
    const decision = await send(key);
    expect(decision.principal?.id).toBe("apikey|k1");
    expect(asked).toEqual([hash]);
    expect(await codeOf(send(`${key.slice(0, -1)}-`))).toBe("invalid_token");
    expect(await codeOf(send(`other${key.slice(4)}`))).toBe("invalid_token");
    expect(asked).toHaveLength(1);
    disabled = true;
    clock += 29_000;
    expect(await codeOf(send(key))).toBe("allowed");
    clock += 1_000;
    expect(await codeOf(send(key))).toBe("invalid_token");
    disabled = false;
    flux.invalidate({ key: hash });
    expect(await codeOf(send(key))).toBe("allowed");
  });

  test("which credential counts", async () => {
    const flux = defineFlux({
      ...base,
      auth: {
        jwt,
        cookie: "session",
        apiKeys: { header: "x-api-key", lookup: () => ({ id: "k1" }) },
        custom: ({ headers }) =>
          (headers as Record<string, string>)["x-session"] ? { subject: "cid" } : undefined,
      },
    });
    const { authorization } = await bearer();
    const cookie = `session=${await tokenFor({ sub: "cookie" })}`;
    const { key } = await generateApiKey();
    const who = async (headers: Record<string, string | string[]>) => {
      const decision = await flux.decide(request("GET /", headers));
      return decision.principal?.subject ?? decision.code;
    };
    expect(await who({ authorization, cookie, "x-session": "1" })).toBe("ann");
    expect(await who({ authorization: "Bearer nonsense", cookie })).toBe("invalid_token");
    expect(await who({ authorization, "x-api-key": key })).toBe("bad_request");
    expect(await who({ authorization: [authorization, authorization] })).toBe("bad_request");
    expect(await who({ "x-api-key": key, cookie, "x-session": "1" })).toBe("k1");
    expect(await who({ cookie, "x-session": "1" })).toBe("cookie");
    expect(await who({ cookie: "session=nonsense", "x-session": "1" })).toBe("invalid_token");
    expect(await who({ "x-session": "1" })).toBe("cid");
    expect(await who({})).toBe("unauthenticated");
    expect(await who({ authorization: "Basic YTpi" })).toBe("unauthenticated");
  });

  test("a cookie needs proof of its origin where it changes or costs something", async () => {
    const flux = defineFlux({
      ...base,
      auth: {
        jwt,
        cookie: "session",
        origins: ["https://app.example.com"],
        custom: ({ headers }) => ({
          subject: "cid",
          ...((headers as Record<string, string>)["x-session"] && { cookie: false }),
        }),
      },
      features: { tokens: { kind: "metered", per: "day" } },
      plans: { free: { features: { tokens: 10 } } },
      defaultPlan: "free",
      routes: { "GET /chat": { use: { tokens: 1 } }, "GET /usage": { use: { tokens: 0 } } },
    });
    const cookie = `session=${await tokenFor({})}`;
    const send = (line: string, headers: Record<string, string>) =>
      codeOf(flux.decide(request(line, headers)));
    expect(await send("GET /", { cookie })).toBe("allowed");
    expect(await send("POST /", { cookie })).toBe("forbidden");
    expect(await send("GET /chat", { cookie })).toBe("forbidden");
    expect(await send("GET /usage", { cookie })).toBe("allowed");
    expect(await send("POST /", { cookie, "sec-fetch-site": "same-origin" })).toBe("allowed");
    expect(await send("POST /", { cookie, "sec-fetch-site": "same-site" })).toBe("forbidden");
    expect(await send("POST /", { cookie, origin: "https://app.example.com" })).toBe("allowed");
    expect(await send("POST /", { cookie, origin: "https://evil.example.com" })).toBe("forbidden");
    expect(await send("POST /", { cookie: "other=1" })).toBe("forbidden");
    expect(await send("POST /", { cookie: "other=1", "x-session": "1" })).toBe("allowed");
    expect(await send("POST /", {})).toBe("allowed");
  });

  test("failures count what was judged and refused; a known credential passes all the same", async () => {
    const flux = defineFlux({
      ...base,
      auth: { jwt, failures: { quota: 2, window: "1h" } },
    });
    const good = await bearer();
    const send = (headers: Record<string, string>) =>
      codeOf(flux.decide(request("GET /", headers)));
    expect(await send(good)).toBe("allowed");
    const bad = async (n: number) => ({
      authorization: `Bearer ${await new SignJWT({ sub: `n${n}` })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(issuer)
        .sign(new TextEncoder().encode("another secret of at least 32 bytes"))}`,
    });
    expect(await send(await bad(1))).toBe("invalid_token");
    expect(await send(await bad(2))).toBe("invalid_token");
    expect(await send(await bad(3))).toBe("rate_limited");
    expect(await send(await bearer({ sub: "unknown yet" }))).toBe("rate_limited");
    expect(await send(good)).toBe("allowed");
    expect(await send({})).toBe("unauthenticated");
  });
});

describe("tenants", () => {
  const records: Record<string, object> = {
    acme: { plan: "pro" },
    bad: { plan: "platinum" },
    off: { plan: "pro", status: "suspended" },
    trial: {
      plan: "free",
      overrides: { exports: { value: true, expiresAt: "2026-02-01T00:00:00Z" } },
    },
  };
  const make = (load: (id: string) => object | undefined) =>
    defineFlux({
      ...base,
      auth: { jwt, claims: { tenants: "orgs" } },
      tenant: { from: { header: "x-tenant" }, load },
      features: { exports: { kind: "boolean" } },
      plans: { free: {}, pro: { features: { exports: true } } },
      defaultPlan: "free",
      routes: { "GET /exports": { feature: "exports" } },
    });

  test("bad records, suspension, membership, overrides", async () => {
    const flux = make((id) => records[id]);
    const errors: FluxErrorEvent[] = [];
    flux.on("error", (event) => errors.push(event));
    const member = await bearer({ orgs: [...Object.keys(records), "gone"] });
    const send = (tenant: string) =>
      flux.decide(request("GET /exports", { ...member, "x-tenant": tenant }));
    expect((await send("acme")).status).toBe(200);
    expect((await send("bad")).status).toBe(503);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.source).toBe("tenant");
    expect((await send("off")).status).toBe(403);
    expect((await send("gone")).status).toBe(403);
    expect((await send("elsewhere")).status).toBe(403);
    expect((await send("trial")).status).toBe(200);
    clock = Date.UTC(2026, 1, 1);
    const late = await flux.decide(
      request("GET /exports", { ...(await bearer({ orgs: ["trial"] })), "x-tenant": "trial" }),
    );
    expect(late.status).toBe(402);
    const none = await flux.decide(request("GET /exports", await bearer({ orgs: ["acme"] })));
    expect(none.status).toBe(403);
  });

  test("an issuer that is bound to tenants speaks for no other", async () => {
    const flux = defineFlux({
      ...base,
      auth: { jwt: { ...jwt, tenants: ["birch"] } },
      tenant: { from: { claim: "org" } },
    });
    const send = async (org: string) =>
      codeOf(flux.decide(request("GET /", await bearer({ org }))));
    expect(await send("birch")).toBe("allowed");
    expect(await send("acorn")).toBe("forbidden");
  });

  test("a failing load: stale records serve, then 503", async () => {
    let down = false;
    const flux = make(() => {
      if (down) throw new Error("down");
      return { plan: "pro" };
    });
    flux.on("error", () => {});
    const send = async () =>
      flux.decide(
        request("GET /exports", { ...(await bearer({ orgs: ["acme"] })), "x-tenant": "acme" }),
      );
    expect((await send()).status).toBe(200);
    down = true;
    clock += 61_000;
    await send();
    await new Promise((resolve) => setTimeout(resolve));
    const stale = await send();
    expect([stale.status, stale.degraded]).toEqual([200, ["tenant"]]);
    clock += 600_000;
    expect((await send()).status).toBe(503);
  });
});

describe("features", () => {
  const flux = defineFlux({
    ...base,
    auth: { jwt },
    tenant: { from: { claim: "org" }, load: (id) => ({ plan: id === "big" ? "scale" : "pro" }) },
    features: {
      exports: { kind: "boolean" },
      seats: { kind: "static" },
      "ai-tokens": { kind: "metered", per: "month" },
    },
    plans: {
      free: { features: { seats: 3, "ai-tokens": 100 } },
      pro: { extends: "free", features: { exports: true, "ai-tokens": 10_000 } },
      scale: { extends: "pro", features: { exports: false, "ai-tokens": "unlimited" } },
    },
    defaultPlan: "free",
    limits: { api: { quota: 100, window: "1h", by: "tenant" } },
    routes: {
      "POST /chat": {
        use: { "ai-tokens": 2_000 },
        limit: "api",
        refundOn: ({ status, aborted }) => aborted || status >= 500,
      },
      "GET /usage": { use: { "ai-tokens": 0 } },
    },
  });
  const send = async (line: string, org: string) =>
    flux.decide(request(line, await bearer({ org })));
  const left = async (org: string) =>
    (await send("GET /usage", org)).feature("ai-tokens").remaining;

  test("settle, refund and who comes first", async () => {
    const settled = await send("POST /chat", "a");
    expect(settled.feature("ai-tokens").remaining).toBe(8_000);
    await settled.settle({ "ai-tokens": 523 });
    await settled.settle({ "ai-tokens": 1 });
    expect(await left("a")).toBe(9_477);
    // The tokens are settled; the limit's unit goes back.
    await settled.conclude({ status: 502, aborted: false });
    expect(await left("a")).toBe(9_477);
    const after = await send("POST /chat", "a");
    expect(after.limits.find(({ name }) => name === "api")?.remaining).toBe(99);

    const aborted = await send("POST /chat", "b");
    await aborted.conclude({ status: 499, aborted: true });
    await aborted.settle({ "ai-tokens": 523 });
    expect(await left("b")).toBe(10_000);

    const more = await send("POST /chat", "c");
    await more.settle({ "ai-tokens": 50_000 });
    expect(await left("c")).toBe(0);
    expect((await send("POST /chat", "c")).code).toBe("quota_exceeded");
    expect((await send("GET /usage", "c")).code).toBe("allowed");
    clock = Date.UTC(2026, 2, 1);
    expect(await left("c")).toBe(10_000);
  });

  test("several guards charge the largest, once", async () => {
    const first = await send("POST /chat", "d");
    const facts = request("POST /chat", await bearer({ org: "d" }));
    const second = await flux.decide(facts, { use: { "ai-tokens": 2_500 }, limit: "api" }, first);
    expect(second.allowed).toBe(true);
    expect(await left("d")).toBe(7_500);
    expect(second.limits.find(({ name }) => name === "api")?.remaining).toBe(99);
    const third = await flux.decide(facts, { scopes: "admin" }, second);
    expect(third.allowed).toBe(false);
    expect(await left("d")).toBe(10_000);
  });

  test("plans inherit; unlimited is counted, and is a word", async () => {
    const decision = await send("POST /chat", "big");
    expect(decision.feature("seats")).toEqual({ granted: true, kind: "static", value: 3 });
    expect(decision.feature("exports").granted).toBe(false);
    const tokens = decision.feature("ai-tokens");
    expect(tokens).toMatchObject({ value: "unlimited", used: 2_000, remaining: "unlimited" });
  });
});

describe("limits", () => {
  test("by address: spent also by what is refused later; nothing else is", async () => {
    const flux = defineFlux({
      ...base,
      auth: { jwt },
      limits: {
        door: { quota: 3, window: "1h", by: "ip" },
        api: { quota: 50, window: "1h", by: "principal" },
      },
      routes: { "GET /a": { scopes: "a", limit: ["door", "api"] } },
    });
    const scoped = await bearer({ scope: "a" });
    const send = (headers: Record<string, string>) => flux.decide(request("GET /a", headers));
    expect((await send(await bearer())).code).toBe("insufficient_scope");
    expect((await send({})).code).toBe("unauthenticated");
    const decision = await send(scoped);
    const left = decision.limits.map(({ name, remaining }) => [name, remaining]);
    expect(Object.fromEntries(left)).toEqual({ door: 0, api: 49 });
    expect((await send(scoped)).code).toBe("rate_limited");
    await decision.refund();
    expect((await send(scoped)).code).toBe("allowed");
  });

  test("addresses that are none count together; an IPv6 network counts as one client", async () => {
    const flux = defineFlux({
      ...base,
      limits: { door: { quota: 3, window: "1h", by: "ip" } },
      routes: { "GET /": { auth: "none", limit: "door" } },
    });
    const send = (ip: string) => codeOf(flux.decide(request("GET /", {}, ip)));
    for (const ip of ["", "nonsense", "1.2.3"]) expect(await send(ip)).toBe("allowed");
    expect(await send("?")).toBe("rate_limited");
    for (const n of [2, 3, 4]) expect(await send(`2001:db8:1:${n}::1`)).toBe("allowed");
    expect(await send("2001:db8:1:5::1")).toBe("rate_limited");
    expect(await send("2001:db8:2::1")).toBe("allowed");
  });

  test("plans, bursts and partitions", async () => {
    const flux = defineFlux({
      ...base,
      auth: { jwt },
      tenant: { from: { claim: "org" }, load: (id) => ({ plan: id }) },
      plans: { free: {}, pro: { extends: "free" }, scale: { extends: "pro" }, max: {} },
      limits: {
        api: {
          quota: 600,
          window: "1m",
          burst: 100,
          by: "tenant",
          plans: { pro: 6_000, max: "unlimited" },
        },
        whole: { quota: 600, window: "1m", by: "tenant", plans: { pro: 6_000 } },
        each: { quota: 1, window: "1h", by: "principal" },
        report: { quota: 1, window: "1h", by: ({ url }) => url },
      },
      routes: {
        "GET /api": { limit: ["api", "whole"] },
        "GET /each": { limit: "each" },
        "GET /reports/:id": { limit: "report" },
        "GET /big": { limit: "api", cost: 101 },
      },
    });
    const send = async (line: string, org: string, sub = "ann") =>
      flux.decide(request(line, await bearer({ org, sub })));
    const numbers = async (org: string) =>
      (await send("GET /api", org)).limits.map(({ quota, remaining }) => [quota, remaining]);
    expect(await numbers("free")).toEqual([
      [600, 99],
      [600, 599],
    ]);
    expect(await numbers("pro")).toEqual([
      [6_000, 99],
      [6_000, 5_999],
    ]);
    expect(await numbers("scale")).toEqual([
      [6_000, 99],
      [6_000, 5_999],
    ]);
    expect(await numbers("max")).toEqual([[600, 599]]);
    // The same principal in two tenants is counted twice.
    expect((await send("GET /each", "free")).code).toBe("allowed");
    expect((await send("GET /each", "pro")).code).toBe("allowed");
    expect((await send("GET /each", "pro")).code).toBe("rate_limited");
    expect((await send("GET /each", "pro", "bob")).code).toBe("allowed");
    expect((await send("GET /reports/1", "pro")).code).toBe("allowed");
    expect((await send("GET /reports/1", "pro", "bob")).code).toBe("rate_limited");
    expect((await send("GET /reports/1", "scale")).code).toBe("allowed");
    expect((await send("GET /reports/2", "pro")).code).toBe("allowed");
    const big = await send("GET /big", "free");
    expect([big.code, big.headers["Retry-After"]]).toEqual(["rate_limited", undefined]);
  });

  test("the last hop is believed, and no more", async () => {
    const flux = defineFlux({
      ...base,
      clientIp: { trustedHops: 1 },
      limits: { door: { quota: 1, window: "1h", by: "ip" } },
      routes: { "GET /": { auth: "none", limit: "door" } },
    });
    const send = (forwarded: string) =>
      codeOf(flux.decide(request("GET /", { "x-forwarded-for": forwarded }, "10.0.0.1")));
    expect(await send("203.0.113.9, 198.51.100.1")).toBe("allowed");
    expect(await send("203.0.113.8, 198.51.100.1")).toBe("rate_limited");
    expect(await send("203.0.113.8, 198.51.100.2")).toBe("allowed");
  });
});

describe("flags", () => {
  const warnings: string[] = [];
  const flux = defineFlux({
    ...base,
    logger: { warn: (message) => void warnings.push(message), error() {} },
    auth: { jwt },
    tenant: { from: { claim: "org" } },
    attributes: { country: { header: "cf-ipcountry" } },
    flags: {
      half: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: {
          fractional: [
            { cat: [{ var: "$flagd.flagKey" }, { var: "tenant" }] },
            ["on", 50],
            ["off", 50],
          ],
        },
      },
      swiss: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: {
          if: [
            {
              and: [
                { "==": [{ var: "country" }, "CH"] },
                { "==": [{ var: "principal.subject" }, "ann"] },
                { in: ["beta", { var: "principal.roles" }] },
              ],
            },
            "on",
          ],
        },
      },
      broken: {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "on",
        targeting: { nonsense: [1] },
      },
    },
    routes: { "GET /broken": { flag: "broken" } },
  });

  test("a percentage of tenants is the same for everybody in one", async () => {
    const on = async (org: string, sub: string) =>
      (await flux.decide(request("GET /", await bearer({ org, sub })))).flag("half");
    const seen = new Set<unknown>();
    for (let n = 0; n < 12; n++) {
      const first = await on(`org${n}`, "ann");
      seen.add(first);
      expect(await on(`org${n}`, "bob")).toBe(first);
    }
    expect(seen.size).toBe(2);
  });

  test("targeting reads attributes, principal and roles", async () => {
    const decision = await flux.decide(
      request("GET /", { ...(await bearer({ roles: ["beta"] })), "cf-ipcountry": "CH" }),
    );
    expect(decision.flag("swiss")).toBe(true);
  });

  test("what cannot be evaluated warns at start, and is off", async () => {
    expect(flux.warnings.join()).toMatch(/flags\.broken\.targeting/);
    expect(warnings).toHaveLength(flux.warnings.length);
    const decision = await flux.decide(request("GET /broken", await bearer()));
    expect([decision.status, decision.code]).toEqual([404, "flag_off"]);
    expect(decision.flagDetails("broken")).toMatchObject({ reason: "ERROR", value: undefined });
  });
});

describe("routes", () => {
  const flux = defineFlux({
    ...base,
    auth: { jwt },
    routes: {
      "GET /docs/*rest": "public",
      "* /internal/*rest": { roles: "staff" },
      "GET /reports/:id": { scopes: "reports:read" },
      "GET /reports/sample": "public",
      "DELETE /items/:id": { roles: "admin" },
      "POST /items/:id": {},
    },
  });
  const send = async (line: string, headers: Record<string, string> = {}) =>
    (await flux.decide(request(line, headers))).code;

  test("*rest protects its base, and does not open it", async () => {
    expect(await send("GET /docs/a/b")).toBe("allowed");
    expect(await send("GET /docs")).toBe("unauthenticated");
    expect(await send("GET /docs/")).toBe("unauthenticated");
    const signedIn = await bearer();
    for (const path of [
      "/internal",
      "/internal/",
      "/internal/x",
      "/INTERNAL//x",
      "/internal/x;v=1",
    ])
      expect(await send(`GET ${path}`, signedIn), path).toBe("forbidden");
    const match = await flux.decide(request("GET /docs"));
    expect(match.routes).toEqual(["GET /docs/*rest", "unmatched"]);
  });

  test("the most specific wins; HEAD is GET", async () => {
    expect(await send("GET /reports/sample")).toBe("allowed");
    expect(await send("HEAD /reports/sample")).toBe("allowed");
    expect(await send("HEAD /reports/7", await bearer())).toBe("insufficient_scope");
  });

  test("always 400", async () => {
    const signedIn = await bearer({ scope: "reports:read" });
    for (const path of [
      "/reports/a%2Fb",
      "/reports/a%5Cb",
      "/reports/../x",
      "/reports/%2e%2e/x",
      "/reports/%00",
      "/reports/%zz",
      "/reports/%ff",
      "/reports/a\\b",
      "/reports/é",
      "/reports/7#x",
    ])
      expect(await send(`GET ${path}`, signedIn), path).toBe("bad_request");
    expect(await send("GET /reports/7?back=%2Fa", signedIn)).toBe("allowed");
  });

  test("a method override adds, whether or not the app reads it", async () => {
    const signedIn = await bearer();
    expect(await send("POST /items/7", signedIn)).toBe("allowed");
    expect(await send("POST /items/7?_method=DELETE", signedIn)).toBe("forbidden");
    expect(await send("POST /items/7", { ...signedIn, "x-http-method-override": "DELETE" })).toBe(
      "forbidden",
    );
  });

  test("a preflight passes where no route names OPTIONS", async () => {
    const preflight = { origin: "https://a.example", "access-control-request-method": "GET" };
    expect(await send("OPTIONS /reports/7", preflight)).toBe("allowed");
    expect(await send("OPTIONS /nowhere", preflight)).toBe("allowed");
    expect(await send("OPTIONS /nowhere")).toBe("unauthenticated");
    expect(await send("OPTIONS /internal/x", preflight)).toBe("unauthenticated");
  });

  test("a weaker, more specific pattern is a warning", () => {
    expect(flux.warnings.join("\n")).toMatch(/"GET \/reports\/sample" takes requests away from/);
  });
});

describe("decisions", () => {
  test("one record a guard; onDenied in its three forms", async () => {
    const flux = defineFlux({
      ...base,
      auth: { jwt },
      onDenied: (_decision, { url }) => {
        if (url === "/page") return { status: 303, headers: { location: "/sign-in" } };
        if (url === "/response") return new Response("no", { status: 418 });
        return undefined;
      },
    });
    const records: unknown[] = [];
    const stop = flux.on("decision", (record) => records.push(record));
    const facts = request("GET /page");
    const decision = await flux.decide(facts);
    expect(await flux.respond(decision, facts)).toMatchObject({ status: 303 });
    expect(await flux.respond(decision, request("GET /response"))).toBeInstanceOf(Response);
    const problem = await flux.respond(decision, request("GET /x"));
    expect((problem.headers as Record<string, string>)["Content-Type"]).toBe(
      "application/problem+json",
    );
    const signedIn = request("GET /", await bearer());
    const first = await flux.decide(signedIn);
    await flux.decide(signedIn, { scopes: "x" }, first);
    expect(records).toHaveLength(3);
    stop();
    await flux.decide(facts);
    expect(records).toHaveLength(3);
    expect(JSON.stringify(first)).not.toContain("eyJ");
    expect(String(first.explain())).not.toContain("eyJ");
  });
});
