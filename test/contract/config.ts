/** The one config that every target is guarded by. Nothing of a test runner is imported here. */
import {
  defineConfig,
  defineFlux,
  type Facts,
  type Flux,
  header,
  type OnDeniedAnswer,
} from "@flux/core";
import { audience, findKey } from "./callers.ts";
import type { ContractEnvironment } from "./environment.ts";

const contractConfig = ({ issuer, silentIssuer, now, edition }: ContractEnvironment) =>
  defineConfig({
    now: () => now,
    logger: { warn() {}, error() {} },
    auth: {
      jwt: [
        { issuer, audience, tenants: (id) => id !== "stolen" },
        { issuer: silentIssuer, audience },
      ],
      apiKeys: { header: "x-api-key", lookup: findKey },
      cookie: "session",
      origins: ["https://app.example.com"],
      revoked: ({ sub }) => sub === "revoked",
      failures: { quota: 3, window: "1m" },
      realm: "contract",
    },
    // Each case has an address of its own, on every runtime.
    clientIp: (facts) => single(header(facts, "x-client")),
    tenant: { from: { claim: "org_id" }, load: loadTenant },

    features: {
      exports: { kind: "boolean" },
      seats: { kind: "static" },
      tokens: { kind: "metered", per: "month" },
      calls: { kind: "metered", per: "hour" },
    },
    plans: {
      free: { features: { tokens: 100, calls: 10 } },
      pro: { extends: "free", features: { exports: true, seats: 50, tokens: 1_000 } },
      scale: { extends: "pro", features: { tokens: "unlimited" } },
    },
    flags: {
      "secret-beta": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
      },
      "for-pro": {
        state: "ENABLED",
        variants: { on: true, off: false },
        defaultVariant: "off",
        targeting: { if: [{ in: [{ var: "plan" }, ["pro", "scale"]] }, "on", "off"] },
      },
      theme: {
        state: "ENABLED",
        variants: { dark: "dark", light: "light" },
        defaultVariant: "light",
      },
    },
    limits: {
      api: { quota: 60, window: "1m", burst: 3, by: "tenant", plans: { pro: { burst: 30 } } },
      daily: { quota: 2, window: "1d", by: "tenant" },
      personal: { quota: 60, window: "1m", burst: 2, by: "principal" },
      doorbell: { quota: 60, window: "1m", burst: 2, by: "ip" },
    },

    routes: {
      "GET /open": "public",
      "GET /me": {},
      "GET /optional": { auth: "optional" },
      "GET /reports/:id": { scopes: "reports:read" },
      "POST /reports": { scopes: ["reports:read", "reports:write"] },
      "GET /either": { scopes: { any: ["reports:admin", "reports:write"] } },
      "GET /staff": { roles: "staff" },
      "* /staff/*rest": { roles: "staff" },
      "GET /permitted": { permissions: "things:do" },
      "GET /beta": { flag: "secret-beta" },
      "GET /pro-only": { flag: "for-pro" },
      "GET /dark": { flag: { theme: "dark" } },
      "GET /exports": { feature: "exports" },
      "GET /seats": { feature: ["seats", "exports"] },
      "GET /everything": {
        scopes: "reports:admin",
        roles: ["staff", "boss"],
        permissions: "things:do",
        flag: "for-pro",
        feature: "exports",
        use: { tokens: 1 },
      },

      "GET /limited": { limit: "api" },
      "GET /daily": { limit: "daily" },
      "POST /costly": { limit: "api", cost: 2 },
      "POST /huge": { limit: "api", cost: 4 },
      "POST /broken-cost": { limit: "api", cost: () => Number.NaN },
      "GET /personal": { limit: "personal" },
      "GET /both": { limit: ["api", "personal"] },
      "POST /ring": { auth: "none", limit: "doorbell" },
      "GET /shielded": { limit: "doorbell" },
      "GET /usage": { use: { tokens: 0 } },
      "POST /chat": { use: { tokens: 60 }, limit: "api" },
      "POST /too-much": { use: { tokens: 101 } },
      "GET /hourly": { use: { calls: 6 } },
      "POST /settles": { use: { tokens: 60 } },

      "POST /guarded": { limit: "api" },
      "POST /guarded/refused": { limit: "api", use: { tokens: 10 } },
      "GET /guarded/limits": { limit: "api" },
      "GET /guarded/order": { limit: "daily" },

      "POST /jobs/:kind": { use: { tokens: 10 }, limit: "api", refundOn: [500, 502] },
      "POST /streams/:kind": { use: { tokens: 10 }, refundOn: ({ aborted }) => aborted },
      "POST /left": { use: { tokens: 10 }, refundOn: [499] },

      "POST /account": {},
      "GET /account": {},
      "GET /cross": { limit: "api" },
      "* /every": {},
      "GET /answered/:how": {},
    },
    onDenied: answerOf,
    ...(edition === "open" && { expose: "all", unmatched: "deny" }),
  });

/** The Flux of a target, with counters of its own. */
export const contractFlux = (environment: ContractEnvironment) =>
  defineFlux(contractConfig(environment));

export type ContractFlux = ReturnType<typeof contractFlux>;

/** The names of the config. */
export type ContractKeys = ContractFlux extends Flux<infer K> ? K : never;

/** A header that came once. */
const single = (value: string | readonly string[] | undefined) =>
  typeof value === "string" ? value : undefined;

function loadTenant(id: string) {
  if (id === "unloadable") throw new Error("the database of tenants is down");
  if (id === "unknown") return undefined;
  if (id === "malformed") return { plan: "of another year" };
  if (id === "suspended") return { plan: "free", status: "suspended" };
  if (id === "special-grants")
    return {
      plan: "free",
      overrides: { exports: true, tokens: { value: 5, expiresAt: "2100-01-01T00:00:00Z" } },
    };
  return { plan: id.slice(0, id.indexOf("-")) };
}

/** The answers of the app's own; to all other paths the problem that Flux tells. */
function answerOf(_decision: unknown, facts: Facts): OnDeniedAnswer | Promise<OnDeniedAnswer> {
  const { pathname } = new URL(facts.url, "http://api.test");
  switch (pathname) {
    case "/answered/redirect": {
      const headers = new Headers({ Location: "/sign-in" });
      headers.append("Set-Cookie", "from=answered; Path=/");
      headers.append("Set-Cookie", "seen=1; Path=/");
      return new Response(null, { status: 303, headers });
    }
    case "/answered/page":
      return new Response("<h1>Sign in</h1>\n", {
        status: 401,
        headers: { "Content-Type": "text/html; charset=utf-8" },
      });
    case "/answered/object":
      return {
        status: 418,
        headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "private" },
        body: "Sign in, please: é\n",
      };
    case "/answered/body":
      return { body: "Sign in." };
    case "/answered/bytes":
      return {
        headers: { "Content-Type": "application/octet-stream" },
        body: new Uint8Array([0x53, 0x69, 0x67, 0x6e, 0x20, 0x69, 0x6e]),
      };
    case "/answered/empty":
      return { status: 204 };
    case "/answered/later":
      return Promise.resolve({ headers: { "Content-Type": "text/plain" }, body: "Later." });
    case "/answered/throws":
      throw new Error("onDenied is broken");
    default:
      return undefined;
  }
}
