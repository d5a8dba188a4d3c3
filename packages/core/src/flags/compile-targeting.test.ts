import { describe, expect, it } from "vitest";
import { compileFlags } from "./compile-flags.ts";
import { ruleLimits } from "./compile-rule.ts";
import type { FlagDefinition } from "./types.ts";

const onOff = {
  state: "ENABLED",
  variants: { on: true, off: false },
  defaultVariant: "off",
} as const;

function compile(targeting: unknown, evaluators?: Record<string, unknown>) {
  const flags = { "exports-v2": { ...onOff, targeting } as FlagDefinition, other: onOff };
  return compileFlags(flags, { now: () => 0, evaluators });
}

describe("a targeting that cannot be evaluated", () => {
  it("is that flag's PARSE_ERROR and a warning, and no other flag's", () => {
    const flags = compile({ if: [{ "==": [{ varr: "plan" }, "pro"] }, "on", "off"] });
    const path = 'flags["exports-v2"].targeting.if[0]["=="][0]';
    const message = 'unknown operator "varr". Did you mean "var"?';
    expect(flags.warnings).toEqual([{ path, message }]);
    expect(flags.evaluate("exports-v2", {})).toEqual({
      flagKey: "exports-v2",
      value: undefined,
      reason: "ERROR",
      errorCode: "PARSE_ERROR",
      errorMessage: `${path}: ${message}`,
    });
    expect(flags.evaluate("other", {}).reason).toBe("STATIC");
  });

  it("names every mistake, in branches that are never taken too", () => {
    const flags = compile({ if: [false, { nope: 1 }, { map: [[], { method: ["a", "b"] }] }] });
    expect(flags.warnings.map(({ path }) => path)).toEqual([
      'flags["exports-v2"].targeting.if[1]',
      'flags["exports-v2"].targeting.if[2].map[1]',
    ]);
  });

  it.each([
    [{ "var.prototype.constructor": "a" }, /unknown operator/],
    [{ constructor: [] }, /unknown operator "constructor"/],
    [JSON.parse('{"__proto__": []}'), /unknown operator "__proto__"/],
    [{ method: [{ var: "a" }, "b"] }, /unknown operator "method"/],
    [{ "==": [1, 1], "!=": [1, 2] }, /one operator with its operands; this one has "==", "!="/],
    ["on", /a targeting is a rule/],
    [true, /a targeting is a rule/],
    [["on"], /a targeting is a rule/],
  ])("%j", (targeting, message) => {
    const flags = compile(targeting);
    expect(flags.evaluate("exports-v2", {}).errorCode).toBe("PARSE_ERROR");
    expect(flags.warnings[0]?.message).toMatch(message);
  });

  it("is warned of though the flag is disabled, whose result stays DISABLED", () => {
    const flag = { ...onOff, state: "DISABLED", targeting: { nope: 1 } } as const;
    const flags = compileFlags({ flag }, { now: () => 0 });
    expect(flags.warnings).toHaveLength(1);
    expect(flags.evaluate("flag", {}).reason).toBe("DISABLED");
  });

  it("is one that is not plain data", () => {
    const targeting = {
      get if(): never {
        throw new Error("secret");
      },
    };
    const flags = compile(targeting);
    expect(flags.evaluate("exports-v2", {}).errorCode).toBe("PARSE_ERROR");
    expect(flags.warnings).toHaveLength(1);
  });
});

describe("the size of a targeting", () => {
  const nested = (levels: number) => {
    let rule: unknown = { var: "a" };
    for (let level = 0; level < levels; level++) rule = { "!": rule };
    return { if: [rule, "on", "off"] };
  };

  it("may be deep, and is evaluated on what is left of the stack", () => {
    const flags = compile(nested(200));
    expect(flags.warnings).toEqual([]);
    expect(flags.evaluate("exports-v2", { a: 1 }).variant).toBe("on");
    const exhaust = (): unknown => {
      try {
        return exhaust();
      } catch {
        return flags.evaluate("exports-v2", { a: 1 });
      }
    };
    expect(() => exhaust()).not.toThrow();
  });

  it.each([300, 100_000])("is refused at %i levels, with one warning", (levels) => {
    const flags = compile(nested(levels));
    expect(flags.evaluate("exports-v2", {}).errorCode).toBe("PARSE_ERROR");
    expect(flags.warnings).toHaveLength(1);
    expect(flags.warnings[0]?.message).toContain(`${ruleLimits.depth} levels`);
  });

  it("is refused where it contains itself", () => {
    const rule: Record<string, unknown> = {};
    rule.and = [rule, rule, rule];
    expect(compile(rule).evaluate("exports-v2", {}).errorCode).toBe("PARSE_ERROR");
  });

  it("is refused where shared parts multiply", () => {
    let rule: unknown = { var: "a" };
    for (let level = 0; level < 60; level++) rule = { and: [rule, rule] };
    const flags = compile(rule);
    expect(flags.evaluate("exports-v2", {}).errorCode).toBe("PARSE_ERROR");
    expect(flags.warnings[0]?.message).toContain(`${ruleLimits.nodes} nodes`);
  });

  it("may be broad: a list of 10,000 names", () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `tenant-${index}`);
    const flags = compile({ if: [{ in: [{ var: "tenant" }, names] }, "on", "off"] });
    expect(flags.evaluate("exports-v2", { tenant: "tenant-9999" }).variant).toBe("on");
    expect(flags.evaluate("exports-v2", { tenant: "tenant-10000" }).variant).toBe("off");
  });
});

describe("a variant that does not exist", () => {
  it.each([
    [{ if: [{ var: "a" }, "onn", "off"] }, "if[1]", /gives "onn".*Did you mean "on"/],
    [{ if: [{ var: "a" }, "on", { if: [true, "of"] }] }, "if[2].if[1]", /gives "of"/],
    [{ if: [{ var: "a" }, 1] }, "if[1]", /gives "1"/],
    [{ if: [{ var: "a" }, ["on"]] }, "if[1]", /gives what is no name/],
  ])("is warned of where %j names it", (targeting, path, message) => {
    const flags = compile(targeting);
    expect(flags.warnings).toEqual([
      {
        path: `flags["exports-v2"].targeting.${path}`,
        message: expect.stringMatching(message),
      },
    ]);
    expect(flags.evaluate("exports-v2", {}).errorCode).not.toBe("PARSE_ERROR");
  });

  it("is an error of its own branch alone: GENERAL", () => {
    const flags = compile({ if: [{ var: "a" }, "onn", "off"] });
    expect(flags.evaluate("exports-v2", { a: 1 })).toMatchObject({ errorCode: "GENERAL" });
    expect(flags.evaluate("exports-v2", {})).toMatchObject({ variant: "off" });
  });

  it("is warned of where a condition stands in place of a variant", () => {
    const flags = compile({ in: [{ var: "plan" }, ["pro"]] });
    expect(flags.warnings.map(({ message }) => message)).toEqual([
      'gives "true", which is not among the variants.',
      'gives "false", which is not among the variants.',
    ]);
    expect(flags.evaluate("exports-v2", { plan: "pro" }).errorCode).toBe("GENERAL");
  });
});
