import { describe, expect, test } from "vitest";
import { defineFlux } from "../define-flux.ts";
import { header } from "./facts.ts";
import { factsFromWeb } from "./from-web.ts";

const request = new Request("https://api.test/t/acorn?full=1", {
  method: "PUT",
  headers: { "X-Tenant": "acorn", cookie: "a=1" },
});

test("a Request's method, absolute target and headers", () => {
  const facts = factsFromWeb(request);
  expect([facts.method, facts.url]).toEqual(["PUT", "https://api.test/t/acorn?full=1"]);
  expect(header(facts, "x-tenant")).toBe("acorn");
  expect(header(facts, "authorization")).toBeUndefined();
});

test("what only the adapter knows", () => {
  const known = { ip: "192.0.2.1", pattern: "/t/:tenant", routedUrl: "/x", detached: true };
  expect(factsFromWeb(request, known)).toMatchObject(known);
  const facts = factsFromWeb(request);
  for (const name of Object.keys(known) as (keyof typeof known)[])
    expect(facts[name], name).toBeUndefined();
});

test("nothing that a client sent passes for what only the adapter knows", () => {
  const headers = { "x-forwarded-for": "198.51.100.7", "x-real-ip": "198.51.100.7", ip: "1.2.3.4" };
  const facts = factsFromWeb(new Request("https://api.test/", { headers }));
  expect(facts.ip).toBeUndefined();
  expect(facts.peer).toBeUndefined();
});

describe("a decision by them", () => {
  const quiet = { warn() {}, error() {} };

  test("finds routes and tenants in an absolute target, and addresses by trusted hops", async () => {
    const flux = defineFlux({
      auth: { custom: () => ({ subject: "ann", tenants: ["acorn"], cookie: false }) },
      tenant: { from: { path: "/t/:tenant" } },
      limits: { ring: { quota: 1, window: "1m", by: "ip" } },
      routes: { "PUT /t/:tenant": { limit: "ring" } },
      clientIp: { trustedHops: 1 },
      logger: quiet,
    });
    const ask = async (url: string, forwarded: string) => {
      const init = { method: "PUT", headers: { "x-forwarded-for": forwarded } };
      return flux.decide(factsFromWeb(new Request(url, init)));
    };
    const first = await ask("https://api.test/t/acorn?x", "198.51.100.7");
    expect(first.routes).toEqual(["PUT /t/:tenant"]);
    expect(first.tenant?.id).toBe("acorn");
    expect((await ask("https://api.test/t/acorn", "198.51.100.8")).allowed).toBe(true);
    const spoofed = await ask("https://api.test/t/acorn", "203.0.113.1, 198.51.100.7");
    expect(spoofed.code).toBe("rate_limited");
    expect((await ask("https://api.test/T//%61corn", "198.51.100.9")).routes).toContain(
      "PUT /t/:tenant",
    );
    expect((await ask("https://api.test/t/a%2Fcorn", "198.51.100.9")).code).toBe("bad_request");
  });

  test("refuses two credentials that Headers has joined", async () => {
    const headers = new Headers({ authorization: "Bearer a" });
    headers.append("authorization", "Bearer b");
    const flux = defineFlux({
      auth: { jwt: { issuer: "a", audience: "b", secret: "0123456789abcdef0123456789abcdef" } },
    });
    const facts = factsFromWeb(new Request("https://api.test/", { headers }));
    expect((await flux.decide(facts)).code).toBe("bad_request");
  });
});
