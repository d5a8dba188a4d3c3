import { validateHeaderValue } from "node:http";
import { type Decision, defineFlux, type Facts, type Flux, FluxError } from "@flux/core";
import { describe, expect, it } from "vitest";

/** Names that every object already has, or that a parser could trip over; visible ASCII, so allowed. */
const names = [
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "prototype",
  "__defineGetter__",
  "isPrototypeOf",
  "length",
  "0",
  "then",
  "a.b",
  "a[0]",
  "%s",
  '"quoted"',
  "back\\slash",
  "semi;colon",
  "=",
  "$ref",
  "x".repeat(128),
];

/** Uses one name for everything that has one, from JSON as a config file would give it. */
const configOf = (name: string) =>
  JSON.parse(
    JSON.stringify({
      features: {
        NAME: { kind: "boolean" },
        tokens: { kind: "metered", per: "day" },
        other: { kind: "static" },
      },
      plans: { NAME: { features: { NAME: true, tokens: 3 } }, plain: {} },
      defaultPlan: "plain",
      flags: {
        NAME: { state: "ENABLED", variants: { NAME: true, off: false }, defaultVariant: "NAME" },
      },
      limits: { NAME: { quota: 2, window: "1m", by: "tenant", plans: { NAME: 5 } } },
      attributes: { NAME: { header: "x-name" } },
      routes: {
        "GET /all": { flag: { NAME: "NAME" }, feature: "NAME", limit: "NAME", use: { tokens: 1 } },
      },
    }).replaceAll('"NAME"', () => JSON.stringify(name)),
  );

const facts: Facts = { method: "GET", url: "/all", headers: {} };

function makeFlux(name: string, plan: string, tenant: string): Flux {
  return defineFlux({
    ...configOf(name),
    auth: { custom: () => ({ subject: name, tenant }) },
    tenant: {
      from: { claim: "org" },
      load: (id: string) => (id === tenant ? { plan } : undefined),
    },
    logger: { warn: () => undefined, error: () => undefined },
  } as never) as unknown as Flux;
}

describe("a name that every object already has", () => {
  it.each(names)(
    "%s is a flag, a feature, a plan, a limit, a tenant and a subject like any other",
    async (name) => {
      const flux = makeFlux(name, name, name);
      for (const allowed of [true, true, true, false]) {
        const decision: Decision = await flux.decide(facts);
        expect(decision.allowed).toBe(allowed);
        expect(decision.tenant).toEqual({ id: name, plan: name });
        for (const [header, value] of Object.entries(decision.headers))
          expect(() => validateHeaderValue(header, value)).not.toThrow();
        expect(decision.flag(name as never)).toBe(true);
        expect(decision.flagDetails(name as never).variant).toBe(name);
        expect(decision.feature(name as never)).toEqual({
          granted: true,
          kind: "boolean",
          value: true,
        });
      }
      const poor = makeFlux(name, "plain", name);
      const denied = await poor.decide(facts);
      expect(denied.code).toBe("feature_unavailable");
      expect(denied.remedy?.plans).toEqual([name]);
    },
  );

  it.each([...names, "__proto__"])(
    "%s is nothing where the config does not define it",
    async (name) => {
      const flux = makeFlux("mine", "mine", "acme");
      const decision = await flux.decide(facts);
      expect(decision.allowed).toBe(true);
      expect(decision.flag(name as never)).toBeUndefined();
      expect(decision.flagDetails(name as never)).toMatchObject({
        reason: "ERROR",
        errorCode: "FLAG_NOT_FOUND",
      });
      expect(decision.feature(name as never).granted).toBe(false);
      expect(flux.flags.evaluate(name as never, {})).toMatchObject({ errorCode: "FLAG_NOT_FOUND" });
      for (const field of ["flag", "feature", "limit"])
        expect(() => flux.prepare({ [field]: name } as never), field).toThrow(FluxError);
      const use = JSON.parse(`{"use":{${JSON.stringify(name)}:1}}`);
      expect(() => flux.prepare(use)).toThrow(FluxError);
      const flag = JSON.parse(`{"flag":{${JSON.stringify(name)}:"on"}}`);
      expect(() => flux.prepare(flag)).toThrow(FluxError);
      expect(() => flux.prepare({ flag: { mine: name } } as never)).toThrow(FluxError);
    },
  );

  it.each([...names, "__proto__"])(
    "%s is no plan of a tenant whose record says so",
    async (name) => {
      const flux = makeFlux("mine", name, "acme");
      const decision = await flux.decide(facts);
      expect([decision.code, decision.status]).toEqual(["unavailable", 503]);
    },
  );

  it.each([...names, "__proto__"])("%s overrides nothing in a tenant's record", async (name) => {
    const overrides = JSON.parse(`{${JSON.stringify(name)}:true}`);
    const flux = defineFlux({
      ...configOf("mine"),
      auth: { custom: () => ({ subject: "ada", tenant: "acme" }) },
      tenant: { from: { claim: "org" }, load: () => ({ plan: "plain", overrides }) },
      logger: { warn: () => undefined, error: () => undefined },
    } as never) as unknown as Flux;
    expect((await flux.decide(facts)).code).toBe("feature_unavailable");
  });
});

describe("__proto__ in a config that came from JSON", () => {
  const base = {
    auth: {},
    features: { seats: { kind: "static" } },
    plans: { pro: {} },
    defaultPlan: "pro",
    flags: {},
    limits: { one: { quota: 1, window: "1m", by: "ip" } },
    routes: {},
  };
  /** The config with one more entry, wherever the path leads. */
  const planted = (path: string, value: unknown) => {
    const config = structuredClone(base) as Record<string, unknown>;
    const text = JSON.stringify(config);
    const target = path
      .split(".")
      .filter((part) => part !== "")
      .reduce<Record<string, unknown>>((at, part) => {
        at[part] ??= {};
        return at[part] as Record<string, unknown>;
      }, config);
    Object.defineProperty(target, "__proto__", {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    expect(JSON.stringify(config)).not.toBe(text);
    return JSON.parse(JSON.stringify(config));
  };

  it.each([
    ["", { unmatched: "public" }],
    ["auth", { realm: "x" }],
    ["features", { kind: "boolean" }],
    ["plans", { features: {} }],
    ["plans.pro", { features: {} }],
    ["plans.pro.features", 5],
    ["flags", { state: "ENABLED", variants: { on: true }, defaultVariant: "on" }],
    ["limits", { quota: 1, window: "1m", by: "ip" }],
    ["limits.one", { burst: 100 }],
    ["limits.one.plans", 5],
    ["attributes", { header: "x" }],
    ["routes", "public"],
    ["clientIp", { trustedHops: 1 }],
  ] as const)("at %j is an error, and changes no object", (path, value) => {
    expect(() => defineFlux(planted(path, value))).toThrow(FluxError);
    expect(({} as Record<string, unknown>).unmatched).toBeUndefined();
    expect(({} as Record<string, unknown>).quota).toBeUndefined();
  });

  it("as a variant, or in targeting, is that flag's own affair", async () => {
    const flags = JSON.parse(`{
      "odd": { "state": "ENABLED", "variants": { "__proto__": true, "off": false }, "defaultVariant": "__proto__" },
      "read": { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
        "targeting": { "if": [{ "var": "__proto__.constructor.name" }, "on", "off"] } },
      "named": { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
        "targeting": "constructor" }
    }`);
    let flux: Flux | undefined;
    try {
      flux = defineFlux({
        flags,
        logger: { warn: () => undefined, error: () => undefined },
      }) as unknown as Flux;
    } catch (error) {
      expect(error).toBeInstanceOf(FluxError);
    }
    delete flags.odd;
    flux ??= defineFlux({
      flags,
      logger: { warn: () => undefined, error: () => undefined },
    }) as unknown as Flux;
    expect(flux.flags.evaluate("read" as never, {}).value).toBe(false);
    expect(flux.flags.evaluate("named" as never, {}).value).not.toBe(true);
  });

  it("as a header, a claim or an attribute reads nothing", async () => {
    const flux = defineFlux({
      auth: {
        custom: () => ({
          subject: "ada",
          tenants: ["function Object() { [native code] }", "[object Object]"],
        }),
      },
      tenant: { from: { header: "__proto__" } },
      attributes: { inherited: { header: "constructor" }, claimed: { claim: "constructor" } },
      flags: {
        seen: {
          state: "ENABLED",
          variants: { on: true, off: false },
          defaultVariant: "off",
          targeting: { if: [{ or: [{ var: "inherited" }, { var: "claimed" }] }, "on", "off"] },
        },
      },
      routes: { "GET /all": { flag: "seen" } },
    });
    const decision = await flux.decide({ ...facts, headers: {} });
    expect(decision.tenant).toBeUndefined();
    expect(decision.code).toBe("flag_off");
  });
});
