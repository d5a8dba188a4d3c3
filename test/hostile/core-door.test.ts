/** What no HTTP parser would let through, but a gateway, a test or an adapter of one's own may hand to the core. */
import { inspect } from "node:util";
import { type Decision, defineFlux, type Facts, type Flux } from "@flux/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { audience, type Identity, marker, startIdentity } from "./identity.ts";

let identity: Identity;
let flux: Flux;
const loaded: string[] = [];
const events: unknown[] = [];

beforeAll(async () => {
  identity = await startIdentity();
});
beforeEach(() => {
  loaded.length = 0;
  events.length = 0;
  flux = makeFlux();
});
afterAll(() => identity.close());

/** The tenant is a claim here, and every tenant is loaded: no id is special. */
function makeFlux(more: object = {}): Flux {
  return defineFlux({
    auth: { jwt: identity.issuers, apiKeys: { header: "x-api-key", lookup: () => undefined } },
    tenant: {
      from: { claim: "org_id" },
      load: (id: string) => {
        loaded.push(id);
        return { plan: "free" };
      },
    },
    features: { exports: { kind: "boolean" }, tokens: { kind: "metered", per: "day" } },
    plans: { free: { features: { tokens: 10 } } },
    limits: {
      api: { quota: 2, window: "1m", by: "tenant" },
      each: { quota: 2, window: "1m", by: "principal" },
      address: { quota: 2, window: "1m", by: "ip" },
    },
    routes: {
      "GET /": { limit: "api" },
      "GET /each": { limit: "each" },
      "GET /exports": { feature: "exports" },
      "GET /address": { auth: "none", limit: "address" },
    },
    logger: { warn: () => undefined, error: (message: string) => events.push(message) },
    ...more,
  } as never) as unknown as Flux;
}

const facts = (headers: Record<string, unknown>, url = "/", ip = "192.0.2.1"): Facts =>
  ({ method: "GET", url, headers, ip }) as Facts;
const bearer = (token: string, url = "/") => facts({ authorization: `Bearer ${token}` }, url);

/** All that a response would say. */
async function told(decision: Decision, request: Facts): Promise<string> {
  return JSON.stringify([decision.headers, await flux.respond(decision, request)]);
}

describe("a credential of any size", () => {
  it("is refused before anything of it is read", async () => {
    const good = await identity.token();
    for (const token of [
      "A".repeat(1_000_000),
      `${good.slice(0, -5)}${"A".repeat(1_000_000)}`,
      `${"a.".repeat(500_000)}a`,
      " ".repeat(1_000_000),
      "\u{1f600}".repeat(250_000),
      await identity.token({ filler: "x".repeat(1_000_000) }),
    ]) {
      const decision = await flux.decide(bearer(token));
      expect([token.slice(0, 9), decision.code]).toEqual([token.slice(0, 9), "invalid_token"]);
    }
    const key = await flux.decide(facts({ "x-api-key": "k".repeat(1_000_000) }));
    expect(key.code).toBe("invalid_token");
    const many = await flux.decide(facts({ authorization: Array(10_000).fill(`Bearer ${good}`) }));
    expect(many.code).toBe("bad_request");
    const commas = await flux.decide(facts({ authorization: ",".repeat(1_000_000) }));
    expect(commas.code).toBe("invalid_token");
  });

  it("in a header that is no string is no credential, or an unreadable one", async () => {
    for (const value of [[], {}, 7, null, true, () => "Bearer x", Symbol("x")]) {
      const decision = await flux.decide(facts({ authorization: value }));
      expect(["unauthenticated", "bad_request"]).toContain(decision.code);
    }
  });
});

describe("an id in a claim", () => {
  const ids = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "a\r\nset-cookie: x=y",
    "a\u0000b",
    "a,b",
    'a", r=9',
    "a|b",
    "tenant:a",
    "ip:192.0.2.1",
    "\ud800",
    "\u{1f600}",
    `${marker}`,
    "a".repeat(256),
  ];

  it("is a tenant of its own, whatever it looks like, and is never told in a header", async () => {
    const tokens = await Promise.all(ids.map((org_id) => identity.token({ org_id, sub: org_id })));
    for (const token of tokens)
      for (const passes of [true, true, false]) {
        const decision = await flux.decide(bearer(token));
        expect(decision.allowed).toBe(passes);
        expect(JSON.stringify(decision.headers)).not.toContain(marker);
        if (!passes) expect(await told(decision, bearer(token))).not.toContain(marker);
      }
    expect(new Set(loaded)).toEqual(new Set(ids));
  });

  it("is a principal of its own, too", async () => {
    for (const sub of ids) {
      const request = bearer(await identity.token({ sub, org_id: "one" }), "/each");
      const allowed: boolean[] = [];
      for (let i = 0; i < 3; i++) allowed.push((await flux.decide(request)).allowed);
      expect([sub, allowed]).toEqual([sub, [true, true, false]]);
    }
  });

  it("that cannot be one is a bad request", async () => {
    for (const org_id of [
      7,
      true,
      [],
      ["acme"],
      {},
      { acme: 1 },
      "a".repeat(257),
      "x".repeat(9_000),
    ]) {
      const decision = await flux.decide(bearer(await identity.token({ org_id })));
      expect(decision.code).toBe("bad_request");
    }
    for (const org_id of [undefined, null, ""]) {
      const decision = await flux.decide(bearer(await identity.token({ org_id })));
      expect(decision.code).toBe("forbidden");
    }
    expect(loaded).toEqual([]);
  });

  it("is not found in what every object inherits", async () => {
    for (const claim of [
      "constructor",
      "toString",
      "__proto__",
      "constructor.name",
      "hasOwnProperty",
    ]) {
      flux = makeFlux({ tenant: { from: { claim } }, defaultPlan: "free" });
      const decision = await flux.decide(bearer(await identity.token({})));
      expect([claim, decision.code]).toEqual([claim, "forbidden"]);
    }
  });

  it("named __proto__ in the token's JSON changes nothing", async () => {
    const payload = JSON.stringify({
      iss: identity.rsa.issuer,
      aud: audience,
      sub: "ada",
      exp: Math.floor(Date.now() / 1_000) + 600,
    }).replace(
      /}$/,
      ',"__proto__":{"org_id":"acme","roles":["staff"]},"constructor":{"prototype":{"org_id":"acme"}}}',
    );
    const decision = await flux.decide(bearer(await identity.token(payload)));
    expect(decision.code).toBe("forbidden");
    expect(({} as { org_id?: string }).org_id).toBeUndefined();
  });
});

describe("a tenant that the request names", () => {
  const named = (from: object) =>
    makeFlux({
      auth: {
        jwt: identity.issuers,
        claims: { tenants: "orgs" },
      },
      tenant: { from },
      defaultPlan: "free",
      routes: { "GET /t/:tenant/reports": { limit: "api" }, "GET /reports": { limit: "api" } },
    });
  const ask = async (more: Record<string, unknown>, url = "/reports") => {
    const authorization = `Bearer ${await identity.token({ orgs: ["acme"] })}`;
    const { code, tenant } = await flux.decide(facts({ authorization, ...more }, url));
    return code === "allowed" ? tenant?.id : code;
  };

  it("by its host is read from the one host, to its end", async () => {
    flux = named({ host: ":tenant.example.com" });
    expect(await ask({ host: "acme.example.com" })).toBe("acme");
    flux = named({ host: ":tenant.example.com" });
    expect(await ask({ host: "ACME.Example.COM.:8443" })).toBe("acme");
    for (const host of [
      "globex.example.com",
      "acme.example.com.evil.com",
      "acme.evil-example.com",
      "acmeexample.com",
      "example.com",
      ".example.com",
      "acme.globex.example.com",
      "globex.acme.example.com",
      "acme@globex.example.com",
      "acme.example.com@globex.example.com",
      "acme.example.com, globex.example.com",
      "acme.example.com:80:80",
      "acme\u0000.example.com",
      "",
      "__proto__.example.com",
      "constructor.example.com",
    ])
      expect([host, await ask({ host })]).toEqual([host, "forbidden"]);
    for (const host of [
      ["acme.example.com", "globex.example.com"],
      ["acme.example.com", "acme.example.com"],
      `${"a".repeat(300)}.example.com`,
    ])
      expect([host, await ask({ host })]).toEqual([host, "bad_request"]);
  });

  it("by its path is read in every way that the path can be, and must be one", async () => {
    flux = named({ path: "/t/:tenant" });
    expect(await ask({}, "/t/acme/reports")).toBe("acme");
    expect(await ask({}, "/T/%61cme/reports?tenant=globex")).toBe("acme");
    for (const url of [
      "/t/globex/reports",
      "/t/ACME/reports",
      "/t/__proto__/reports",
      "/t/acme%20/reports",
      "/t//globex/reports",
      "/reports",
    ])
      expect([url, await ask({}, url)]).toEqual([url, "forbidden"]);
    for (const url of [
      "/t/acme;globex/reports",
      "/t/globex;/../acme/reports",
      "/t/acme%2f..%2fglobex/reports",
      "/t/acme/../globex/reports",
      "/t/%2561cme/reports",
      "/t/acme%00/reports",
      `/t/${"a".repeat(300)}/reports`,
    ])
      expect([url, await ask({}, url)]).toEqual([url, "bad_request"]);
  });
});

describe("a decision", () => {
  it("shows neither the credential nor its claims to whoever logs or explains it", async () => {
    const token = await identity.token({
      org_id: "acme",
      email: `${marker}@example.com`,
      deep: { a: marker },
    });
    for (const url of ["/", "/exports"]) {
      const decision = await flux.decide(bearer(token, url));
      expect(decision.principal?.claims.email).toContain(marker);
      const shown = [
        decision.explain().toString(),
        JSON.stringify(decision.explain()),
        JSON.stringify(decision),
        inspect(decision, { depth: 9, showHidden: true }),
        String(decision),
        JSON.stringify(events),
      ].join("\n");
      expect(shown).not.toContain(marker);
      expect(shown).not.toContain(token.slice(-40));
    }
    const refused = await flux.decide(bearer(`${token}x`));
    const shown =
      inspect(refused, { depth: 9 }) + refused.explain().toString() + JSON.stringify(refused);
    expect(shown).not.toContain(token.slice(-40));
  });
});

describe("the facts", () => {
  it("that are none are an error of the caller's, told as such", () => {
    for (const wrong of [
      undefined,
      null,
      7,
      "GET /",
      {},
      { method: "GET" },
      { method: 1, url: "/", headers: {} },
      { method: "GET", url: "/", headers: null },
    ])
      expect(() => flux.decide(wrong as never)).toThrow("decide needs the facts of a request");
  });

  it("of any method, target and headers are decided, never thrown at", async () => {
    const urls = [
      "",
      " ",
      "/\u0000",
      "/\ud800",
      "/%",
      "//",
      "?",
      "#",
      "/".repeat(100_000),
      "a".repeat(1_000_000),
      "http://",
      "/\u{1f600}",
      "__proto__",
      "data:,x",
    ];
    const methods = [
      "",
      " ",
      "GET\r\n",
      "__proto__",
      "constructor",
      "*",
      "A".repeat(100_000),
      "\u0000",
    ];
    for (const url of urls) {
      const decision = await flux.decide({ method: "GET", url, headers: {} });
      expect([url.slice(0, 9), decision.allowed]).toEqual([url.slice(0, 9), false]);
      expect(["bad_request", "unauthenticated"]).toContain(decision.code);
    }
    for (const method of methods)
      for (const url of ["/", "/nowhere", "/address"]) {
        const decision = await flux.decide({ method, url, headers: {} });
        expect([method.slice(0, 9), url, decision.code]).toEqual([
          method.slice(0, 9),
          url,
          "unauthenticated",
        ]);
      }
    const inherited = Object.create({
      authorization: `Bearer ${await identity.token({ org_id: "a" })}`,
    });
    for (const headers of [Object.create(null), new Headers(), [], new Map(), inherited])
      expect(typeof (await flux.decide(facts(headers as never))).code).toBe("string");
  });

  it("of an address that is none share one counter", async () => {
    const addresses = [
      "",
      "x",
      "__proto__",
      "256.0.0.1",
      "1.2.3",
      "::g",
      "a".repeat(1_000_000),
      "\u0000",
      "1.2.3.4.5",
    ];
    const codes: string[] = [];
    for (const ip of addresses) codes.push((await flux.decide(facts({}, "/address", ip))).code);
    expect(codes.slice(0, 2)).toEqual(["allowed", "allowed"]);
    expect(new Set(codes.slice(2))).toEqual(new Set(["rate_limited"]));
  });
});

describe("a function of the config that fails", () => {
  it("for the client's address refuses nobody and opens nothing: all count together", async () => {
    for (const clientIp of [
      () => {
        throw new Error(marker);
      },
      () => undefined,
      () => ({ toString: () => "192.0.2.1" }),
      () => `${Math.random()}`,
      () => Promise.resolve("192.0.2.1"),
    ]) {
      flux = makeFlux({ clientIp });
      const codes: string[] = [];
      for (let i = 0; i < 3; i++) codes.push((await flux.decide(facts({}, "/address"))).code);
      expect(codes).toEqual(["allowed", "allowed", "rate_limited"]);
    }
  });
});
