import { describe, expect, test } from "vitest";
import { checkGrant, compilePlans, entitlement } from "./catalogue.ts";

const features = {
  exports: { kind: "boolean" },
  seats: { kind: "static" },
  tokens: { kind: "metered", per: "month" },
} as const;

describe("compilePlans", () => {
  const plans = compilePlans(features, {
    // In any order: a plan may extend one that stands further down.
    scale: { extends: "pro", features: { tokens: "unlimited" } },
    free: { features: { seats: 3, tokens: 100 } },
    pro: { extends: "free", features: { exports: true, seats: 50 } },
    trial: { extends: "pro", features: { exports: false, tokens: 0 } },
  });
  const of = (plan: string, feature: string) => plans.get(plan)?.entitlements.get(feature);

  test("a plan has what it inherits, over any number of generations", () => {
    expect(of("scale", "exports")).toEqual({ granted: true, value: true });
    expect(of("scale", "seats")).toEqual({ granted: true, value: 50 });
    expect(of("scale", "tokens")).toEqual({ granted: true, value: Infinity });
    expect(of("pro", "tokens")).toEqual({ granted: true, value: 100 });
  });

  test("a plan may take back what it inherits", () => {
    expect(of("trial", "exports")).toEqual({ granted: false, value: false });
    expect(of("trial", "tokens")).toEqual({ granted: false, value: 0 });
  });

  test("what no plan mentions is not there", () => {
    expect(of("free", "exports")).toBeUndefined();
  });

  test("an heir changes nothing about its ancestor", () => {
    expect(of("free", "seats")).toEqual({ granted: true, value: 3 });
  });

  test("the lineage leads from the plan upwards, and numbers are dense", () => {
    expect(plans.get("scale")?.lineage).toEqual(["scale", "pro", "free"]);
    expect([...plans.values()].map(({ index }) => index).sort()).toEqual([0, 1, 2, 3]);
  });

  test("names of Object's own are ordinary names", () => {
    const odd = compilePlans({ constructor: { kind: "boolean" } } as const, {
      toString: { features: { constructor: true } },
      valueOf: { extends: "toString" },
    });
    expect(odd.get("valueOf")?.entitlements.get("constructor")?.granted).toBe(true);
    expect(odd.get("valueOf")?.entitlements.get("hasOwnProperty")).toBeUndefined();
  });
});

test.each([
  ["boolean", [true, false], [1, "true", "unlimited", null, undefined, {}]],
  ["static", [0, -1.5, "gold", "", true], [Number.NaN, Infinity, null, {}, []]],
  ["metered", [0, 1, 2 ** 53 - 1, "unlimited"], [-1, 1.5, 2 ** 53, Infinity, "10", true, null]],
] as const)("a grant of a %s feature", (kind, good, bad) => {
  for (const grant of good) expect(checkGrant(kind, grant), String(grant)).toBeUndefined();
  for (const grant of bad) expect(checkGrant(kind, grant), String(grant)).toMatch(/^expected /);
});

test("0 and false entitle to nothing; an empty text is a value", () => {
  expect(entitlement("static", 0).granted).toBe(false);
  expect(entitlement("static", false).granted).toBe(false);
  expect(entitlement("static", "")).toEqual({ granted: true, value: "" });
  expect(entitlement("metered", 0).granted).toBe(false);
});
