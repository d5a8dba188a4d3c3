import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFlags } from "./compile-flags.ts";
import type { EvaluationContext } from "./types.ts";

function compileOne(targeting: Readonly<Record<string, unknown>>) {
  const variants = { on: true, off: false };
  const flag = { state: "ENABLED", variants, defaultVariant: "off", targeting } as const;
  return compileFlags({ flag }, { now: () => 0 });
}

describe("any context", () => {
  const rules = [
    { if: [{ in: [{ var: "a" }, ["x", "y"]] }, "on", "off"] },
    {
      if: [
        { "==": [{ var: "a.b" }, 1] },
        "on",
        {
          fractional: [
            ["on", 1],
            ["off", 1],
          ],
        },
      ],
    },
    { cat: [{ var: "a" }, { var: "targetingKey" }, { var: "" }] },
    { fractional: [{ var: "a" }, [{ var: "a" }, { var: "b" }], ["off", 1]] },
    { if: [{ "<": [1, { var: "a" }, { "+": [{ var: "b" }, 1] }] }, "on"] },
    { if: [{ sem_ver: [{ var: "a" }, "=", "1.0.0"] }, "on", { substr: [{ var: "a" }, 0, -1] }] },
    { reduce: [{ var: "a" }, { merge: [{ var: "accumulator" }, { var: "current" }] }, []] },
    { if: [{ missing_some: [1, { var: "a" }] }, "on", { starts_with: [{ var: "a" }, "x"] }] },
  ];

  it("gets a result from any rule, never an exception", () => {
    const flags = rules.map((targeting) => compileOne(targeting));
    const context = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withObjectString: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
      fc.record(
        {
          a: fc.anything({ withBigInt: true, withNullPrototype: true, withObjectString: true }),
          b: fc.anything(),
          targetingKey: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(context, (value) => {
        for (const each of flags)
          expect(["TARGETING_MATCH", "DEFAULT", "ERROR"]).toContain(
            each.evaluate("flag", value as EvaluationContext).reason,
          );
      }),
    );
  });

  const throwing = {
    get a(): never {
      throw new Error("secret");
    },
  };
  const cyclic: Record<string, unknown> = { a: {} };
  (cyclic.a as Record<string, unknown>).b = cyclic;
  const deep = () => {
    let value: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    return { a: value };
  };
  const hostileProxy = new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        throw null;
      },
    },
  );

  it.each([
    ["a getter that throws", throwing],
    ["a proxy that throws null", hostileProxy],
    [
      "a conversion that throws",
      {
        a: {
          toString: () => {
            throw new Error();
          },
          valueOf: undefined,
        },
      },
    ],
    ["a value without conversion", { a: Object.create(null), b: Symbol("b") }],
    ["a cycle", cyclic],
    ["100,000 levels", deep()],
    ["a BigInt", { a: 10n, b: 1n }],
    ["a symbol", { a: Symbol("a") }],
    ["a long text", { a: "é".repeat(1_000_000), targetingKey: "x".repeat(1_000_000) }],
  ])("%s is at most an error of the flag", (_name, context) => {
    for (const targeting of rules) {
      const result = compileOne(targeting).evaluate("flag", context as EvaluationContext);
      expect(["TARGETING_MATCH", "DEFAULT", "ERROR"]).toContain(result.reason);
      expect(JSON.stringify(result)).not.toContain("secret");
    }
  });

  it("is read by its own properties only", () => {
    const inherited = Object.create({ plan: "pro", targetingKey: "u" });
    const targeting = {
      if: [{ "==": [{ var: "plan" }, "pro"] }, "on", { fractional: [["on", 1]] }],
    };
    expect(compileOne(targeting).evaluate("flag", inherited).reason).toBe("DEFAULT");
    for (const path of ["constructor", "__proto__", "toString", "a.constructor", "list.map"])
      expect(
        compileOne({ if: [{ var: path }, "on", "off"] }).evaluate("flag", { a: {}, list: [] })
          .variant,
      ).toBe("off");
  });

  it("is neither copied nor written", () => {
    const context = Object.freeze({ targetingKey: "u", plan: "pro" });
    expect(compileOne({ if: [{ var: "plan" }, "on"] }).evaluate("flag", context).variant).toBe(
      "on",
    );
  });
});
