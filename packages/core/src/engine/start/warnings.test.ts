/** What is told at start: nothing is wrong with these configs, but hardly anybody means them. */
import { describe, expect, test } from "vitest";
import type { FluxConfig } from "../../config/config-types.ts";
import { quiet } from "../test-callers.ts";
import { compileEngine } from "./compile-engine.ts";
import { readConfig } from "./read-config.ts";

const sound: FluxConfig = {
  auth: { custom: () => null },
  features: {
    exports: { kind: "boolean" },
    sso: { kind: "boolean" },
    tokens: { kind: "metered", per: "day" },
    seats: { kind: "static" },
  },
  plans: {
    free: { features: { tokens: 100, sso: false, seats: 0 } },
    pro: { extends: "free", features: { tokens: 1_000, exports: true } },
  },
  defaultPlan: "free",
  limits: {
    api: { quota: 60, window: "1m", by: "principal", plans: { pro: { burst: 90 } } },
    open: { quota: 10, window: "1m", by: "principal", plans: { pro: "unlimited" } },
    ring: { quota: 10, window: "1m", by: "ip" },
  },
  logger: quiet,
};

const warningsOf = (config: FluxConfig): readonly string[] =>
  compileEngine(readConfig({ ...sound, ...config })).warnings;
const ofRoutes = (routes: FluxConfig["routes"], more: FluxConfig = {}) =>
  warningsOf({ routes, ...more } as FluxConfig);

describe("a pattern that weakens another", () => {
  test("by what is not counted: limits of callers and of addresses", () => {
    expect(
      ofRoutes({
        "GET /a/:id": { limit: ["api", "ring"] },
        "GET /a/latest": {},
        "GET /a/all": { limit: ["ring", "api"], cost: 2 },
      }),
    ).toEqual([
      expect.stringMatching(
        /^routes: "GET \/a\/latest" takes requests away from "GET \/a\/:id" without asking for limit ring, limit api;/,
      ),
    ]);
  });

  test("is named twenty times at most", () => {
    const routes = Object.fromEntries(
      Array.from({ length: 25 }, (_, index) => [`GET /a/${index}`, "public" as const]),
    );
    const warnings = ofRoutes({ ...routes, "GET /a/:id": {} });
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toBe("routes: 5 more patterns weaken others.");
  });
});

describe("a public pattern that leaves out the path that it begins with", () => {
  test.each([
    [
      "* /a/*rest",
      /^routes: "\* \/a\/\*rest" opens what is below \/a and not \/a itself; add "GET \/a"/,
    ],
    ["GET /*rest", /add "GET \/"/],
    ["POST /t/:id/*rest", /below \/t\/:id and not \/t\/:id itself; add "POST \/t\/:id"/],
  ])("%s", (key, warning) => {
    expect(ofRoutes({ [key]: "public" })).toEqual([expect.stringMatching(warning)]);
    expect(ofRoutes({ [key]: { auth: "none", limit: "ring" } })).toHaveLength(1);
    expect(ofRoutes({ [key]: {} })).toEqual([]);
    expect(ofRoutes({ [key]: "public" }, { unmatched: "public" })).toEqual([]);
  });

  test("unless that path has an entry of its own, whatever it asks for", () => {
    expect(ofRoutes({ "* /a/*rest": "public", "GET /a": "public" })).toEqual([]);
    expect(ofRoutes({ "* /a/*rest": "public", "* /a": {} })).toEqual([]);
  });
});

describe("a requirement that nobody can meet", () => {
  test.each<[string, object, RegExp]>([
    [
      "limit by plan",
      { limit: "api", cost: 91 },
      /costs 91 of the limit "api", .* more than 90 at/,
    ],
    ["limit by address", { limit: "ring", cost: 11 }, /costs 11 of the limit "ring", .* than 10 /],
    ["amount", { use: { tokens: 1_001 } }, /uses 1001 of "tokens", and no plan .* than 1000:/],
    ["feature", { feature: ["exports", "sso"] }, /the feature "sso", which no plan grants/],
    ["static feature of 0", { feature: "seats" }, /the feature "seats", which no plan grants/],
    ["a caller", { auth: "optional", roles: "staff" }, /auth is "optional", but what else/],
    ["a counted caller", { auth: "optional", limit: "api" }, /auth is "optional", but what else/],
  ])("%s", (_what, requirement, warning) => {
    const warnings = ofRoutes({ "GET /a": requirement });
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    expect(warnings[0]).toMatch(/^routes\["GET \/a"\]: /);
  });

  test.each<[string, object]>([
    ["as much as the largest plan admits", { limit: "api", cost: 90 }],
    ["any cost where a plan is unlimited", { limit: "open", cost: 1_000 }],
    ["a cost that is computed", { limit: "ring", cost: () => 11 }],
    ["as much as the largest plan grants", { use: { tokens: 1_000 } }],
    ["a feature of one plan", { feature: "exports" }],
    ["an anonymous caller", { auth: "optional", limit: "ring" }],
  ])("nothing is said of %s", (_what, requirement) => {
    expect(ofRoutes({ "GET /a": requirement })).toEqual([]);
  });

  test("a tenant's own record may still grant it", () => {
    const tenant = { from: { claim: "org" }, load: () => null } as const;
    expect(ofRoutes({ "GET /a": { feature: "sso" } }, { tenant } as FluxConfig)).toEqual([
      expect.stringMatching(/unless its tenant's record overrides that/),
    ]);
    expect(ofRoutes({ "GET /a": { use: { tokens: 2_000 } } }, { tenant } as FluxConfig)).toEqual([
      expect.stringMatching(/unless its tenant's record overrides that/),
    ]);
  });
});

describe("issuers that may name each other's tenants", () => {
  const audience = "https://api.example.com";
  const one = { issuer: "https://one.example", audience };
  const two = { issuer: "https://two.example", audience };
  const tenant = { from: { claim: "org" } } as const;
  const of = (auth: object, more: object = {}) =>
    warningsOf({ auth, tenant, ...more } as unknown as FluxConfig);

  test("are named", () => {
    expect(of({ jwt: [one, { ...two, tenants: ["acme"] }] })).toEqual([
      expect.stringMatching(
        /^auth\.jwt: a claim names the tenant, and "https:\/\/one\.example" may/,
      ),
    ]);
  });

  test("not where each is bound, memberships are listed, there is one, or none names a tenant", () => {
    const bound = { tenants: () => true };
    expect(
      of({
        jwt: [
          { ...one, ...bound },
          { ...two, ...bound },
        ],
      }),
    ).toEqual([]);
    expect(of({ jwt: [one, two], claims: { tenants: "orgs" } })).toEqual([]);
    expect(of({ jwt: one })).toEqual([]);
    expect(of({ jwt: [one, two] }, { tenant: undefined })).toEqual([]);
  });
});
