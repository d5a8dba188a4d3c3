import { describe, expect, it } from "vitest";
import type { CompileOptions } from "./compile-flag.ts";
import { compileFlags } from "./compile-flags.ts";
import type { EvaluationContext, FlagDefinition } from "./types.ts";

const now = () => 1_700_000_000_999;

const onOff = {
  state: "ENABLED",
  variants: { on: true, off: false },
  defaultVariant: "off",
} as const;

function compileOne(flag: Partial<FlagDefinition>, options: Partial<CompileOptions> = {}) {
  return compileFlags({ flag: { ...onOff, ...flag } }, { now, ...options });
}

/** The result of a targeting over variants named on, off, true, false and 1. */
function evaluate(targeting: unknown, context: EvaluationContext = {}, options = {}) {
  const variants = { on: "on", off: "off", true: "true", false: "false", 1: "one" };
  const flag = { variants, targeting } as Partial<FlagDefinition>;
  return compileOne(flag, options).evaluate("flag", context);
}

describe("results", () => {
  it("gives the default variant where there is no targeting: STATIC", () => {
    const expected = { flagKey: "flag", value: false, variant: "off", reason: "STATIC" };
    expect(compileOne({}).evaluate("flag", {})).toEqual(expected);
    expect(compileOne({ targeting: {} }).evaluate("flag", {})).toEqual(expected);
    expect(compileOne({ targeting: null }).evaluate("flag", {})).toEqual(expected);
  });

  it("gives what the targeting names: TARGETING_MATCH", () => {
    expect(evaluate({ if: [true, "on", "off"] })).toMatchObject({
      value: "on",
      variant: "on",
      reason: "TARGETING_MATCH",
    });
  });

  it("gives the default variant for null: DEFAULT", () => {
    for (const targeting of [{ if: [false, "on"] }, { if: [true, null, "on"] }, { if: [] }])
      expect(evaluate(targeting)).toMatchObject({ variant: "off", reason: "DEFAULT" });
  });

  it('takes true and false for the variants "true" and "false", a number for its text', () => {
    expect(evaluate({ "==": [{ var: "a" }, 1] }, { a: 1 })).toMatchObject({ variant: "true" });
    expect(evaluate({ "==": [{ var: "a" }, 1] }, { a: 2 })).toMatchObject({ variant: "false" });
    expect(evaluate({ "+": [{ var: "a" }, 0] }, { a: 1 })).toMatchObject({ variant: "1" });
  });

  it("leaves the value to the caller where there is no default variant: DEFAULT", () => {
    const expected = { flagKey: "flag", value: undefined, reason: "DEFAULT" };
    for (const defaultVariant of [null, undefined])
      for (const targeting of [undefined, { if: [false, "on"] }])
        expect(compileOne({ defaultVariant, targeting }).evaluate("flag", {})).toEqual(expected);
  });

  it("leaves the value to the caller where the flag is disabled: DISABLED", () => {
    const flags = compileOne({ state: "DISABLED", targeting: { if: [true, "on"] } });
    const expected = { flagKey: "flag", value: undefined, reason: "DISABLED" };
    expect(flags.evaluate("flag", {})).toEqual(expected);
  });

  it("makes an unknown variant that flag's error: GENERAL", () => {
    for (const targeting of [{ if: [true, "onn"] }, { var: "name" }, { cat: ["o", "nn"] }])
      expect(evaluate(targeting, { name: "onn" })).toEqual({
        flagKey: "flag",
        value: undefined,
        reason: "ERROR",
        errorCode: "GENERAL",
        errorMessage: 'the flag has no variant "onn".',
      });
    expect(evaluate({ var: "" })).toMatchObject({ errorCode: "GENERAL" });
    expect(evaluate({ merge: ["on"] })).toMatchObject({ errorCode: "GENERAL" });
  });

  it("makes an unknown flag an error: FLAG_NOT_FOUND, inherited names included", () => {
    const flags = compileOne({}, { metadata: { set: "a" } });
    for (const key of ["flagg", "constructor", "__proto__", "toString"])
      expect(flags.evaluate(key, {})).toMatchObject({
        flagKey: key,
        value: undefined,
        reason: "ERROR",
        errorCode: "FLAG_NOT_FOUND",
        metadata: { set: "a" },
      });
    expect(flags.get("constructor")).toBeUndefined();
  });

  it("makes a context that is no object an error: INVALID_CONTEXT", () => {
    const flags = compileOne({ targeting: { var: "a" } });
    for (const context of [null, undefined, "x", 1])
      expect(flags.evaluate("flag", context as never)).toMatchObject({
        reason: "ERROR",
        errorCode: "INVALID_CONTEXT",
      });
  });

  it("quotes little of a long variant's name", () => {
    const { errorMessage } = evaluate({ var: "name" }, { name: "x".repeat(100_000) });
    expect(errorMessage?.length).toBeLessThan(200);
  });

  it("merges the flag's metadata over the set's, and has none where there is none", () => {
    const flags = compileOne({ metadata: { a: 2, b: 3 } }, { metadata: { a: 1, c: true } });
    expect(flags.evaluate("flag", {}).metadata).toEqual({ a: 2, b: 3, c: true });
    expect(compileOne({}).evaluate("flag", {})).not.toHaveProperty("metadata");
  });

  it("shares frozen results, and variants that nobody can change", () => {
    const theme = { colours: ["red"] };
    const flags = compileOne({ variants: { off: theme } });
    const details = flags.evaluate("flag", {});
    expect(flags.evaluate("flag", { other: 1 })).toBe(details);
    expect(Object.isFrozen(details)).toBe(true);
    expect(() => (details.value as typeof theme).colours.push("blue")).toThrow(TypeError);
    theme.colours.push("green");
    expect(details.value).toEqual({ colours: ["red"] });
  });

  it("lists its keys and variants", () => {
    const flags = compileFlags({ b: onOff, a: { ...onOff, state: "DISABLED" } }, { now });
    expect(flags.keys).toEqual(["b", "a"]);
    expect(flags.get("a")?.key).toBe("a");
    expect([...(flags.get("b")?.variants ?? [])]).toEqual([
      ["on", true],
      ["off", false],
    ]);
  });

  it("takes __proto__ and constructor for ordinary names of flags and variants", () => {
    const flag = JSON.parse(
      '{"state":"ENABLED","variants":{"__proto__":"p","constructor":"c"},"defaultVariant":"__proto__","targeting":{"var":"v"}}',
    );
    const flags = compileFlags(JSON.parse(JSON.stringify({ constructor: flag })), { now });
    expect(flags.evaluate("constructor", {})).toMatchObject({ value: "p", reason: "DEFAULT" });
    expect(flags.evaluate("constructor", { v: "constructor" })).toMatchObject({ value: "c" });
    expect(flags.evaluate("constructor", { v: "toString" }).errorCode).toBe("GENERAL");
  });
});

describe("$flagd", () => {
  const named = { variants: { flag: 1, 1700000000: 2, attacker: 3 }, defaultVariant: "attacker" };
  const read = (path: unknown, context: EvaluationContext = {}) =>
    compileOne({ ...named, targeting: { var: path } }).evaluate("flag", context).variant;

  it("gives the flag's key and the time in whole seconds", () => {
    expect(read("$flagd.flagKey")).toBe("flag");
    expect(read("$flagd.timestamp")).toBe("1700000000");
    expect(read({ cat: ["$flagd", ".flagKey"] })).toBe("flag");
    expect(read({ cat: ["$flagd", ".timestamp"] })).toBe("1700000000");
  });

  it("overrides what the caller's context says", () => {
    const context = { $flagd: { flagKey: "attacker", timestamp: "attacker", other: "attacker" } };
    expect(read("$flagd.flagKey", context)).toBe("flag");
    expect(read("$flagd.timestamp", context)).toBe("1700000000");
    expect(read(["$flagd.other", "flag"], context)).toBe("flag");
    const whole = { reduce: [[{ var: "" }], { var: "current.$flagd.flagKey" }] };
    expect(compileOne({ ...named, targeting: whole }).evaluate("flag", context).variant).toBe(
      "flag",
    );
  });

  it("follows the clock", () => {
    let time = 0;
    const targeting = { if: [{ ">=": [{ var: "$flagd.timestamp" }, 5] }, "on", "off"] };
    const flags = compileOne({ targeting }, { now: () => time });
    expect(flags.evaluate("flag", {}).variant).toBe("off");
    time = 5_000;
    expect(flags.evaluate("flag", {}).variant).toBe("on");
  });
});

describe("$evaluators", () => {
  const evaluators = { staff: { in: ["@example.com", { var: "email" }] }, "a b": true };

  it("stand where a $ref names them, anywhere in the rule", () => {
    const targeting = { if: [{ and: [{ $ref: "staff" }, { $ref: "a b" }] }, "on", "off"] };
    expect(evaluate(targeting, { email: "x@example.com" }, { evaluators }).variant).toBe("on");
    expect(evaluate(targeting, { email: "x@example.org" }, { evaluators }).variant).toBe("off");
  });

  it("may be a whole targeting, branches included", () => {
    const whole = { rollout: { if: [{ var: "a" }, "on", "off"] } };
    expect(evaluate({ $ref: "rollout" }, { a: 1 }, { evaluators: whole }).variant).toBe("on");
  });

  it.each([
    [{ $ref: "stafff" }, /Did you mean "staff"/],
    [{ $ref: "constructor" }, /does not have/],
    [{ $ref: ["staff"] }, /no name/],
  ])("that %j does not find are a PARSE_ERROR", (rule, message) => {
    const result = evaluate({ if: [rule, "on", "off"] }, {}, { evaluators });
    expect(result.errorCode).toBe("PARSE_ERROR");
    expect(result.errorMessage).toMatch(message);
  });

  it("do not nest", () => {
    const nested = { a: { "!": [{ $ref: "b" }] }, b: true };
    const result = evaluate({ if: [{ $ref: "a" }, "on"] }, {}, { evaluators: nested });
    expect(result.errorMessage).toMatch(/flags\.flag.*\$ref within the evaluator "a"/);
  });
});
