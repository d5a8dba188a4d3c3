import { FlagdCore } from "@openfeature/flagd-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFlags } from "../../../packages/core/src/flags/compile-flags.ts";
import type { FlagDefinition } from "../../../packages/core/src/flags/types.ts";
import { flagdDeviations } from "./deviations.ts";

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const key = "flag";

interface FlagSet {
  readonly flag: FlagDefinition;
  readonly evaluators?: Record<string, unknown>;
  readonly metadata?: Record<string, string | number | boolean>;
}

interface Comparable {
  readonly value: unknown;
  readonly variant: string | undefined;
  readonly reason: string | undefined;
  readonly errorCode: string | undefined;
  readonly metadata: unknown;
}

function theirs(
  { flag, evaluators, metadata }: FlagSet,
  context: Record<string, unknown>,
): Comparable {
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(
    JSON.stringify({ flags: { [key]: flag }, $evaluators: evaluators, metadata }),
  );
  const details = core.resolve(typeOf(flag), key, undefined as never, context as never, silent);
  const { value, variant, reason, errorCode, flagMetadata } = details as unknown as Comparable & {
    flagMetadata: unknown;
  };
  return { value, variant, reason, errorCode, metadata: flagMetadata };
}

function typeOf(flag: FlagDefinition): "string" {
  return typeof Object.values(flag.variants)[0] as "string";
}

function ours(
  { flag, evaluators, metadata }: FlagSet,
  context: Record<string, unknown>,
): Comparable {
  const flags = compileFlags({ [key]: flag }, { now: Date.now, evaluators, metadata });
  const { value, variant, reason, errorCode, ...rest } = flags.evaluate(key, context);
  return { value, variant, reason, errorCode, metadata: rest.metadata ?? {} };
}

const ascii = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 24 });
const version = fc.oneof(
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join(".")),
  fc
    .tuple(
      fc.constantFrom("", "v", "V"),
      fc.constantFrom("1", "1.2", "1.2.3", "0.0.0", "01.2.3", "1.2.3.4", "10.20.30", "a"),
      fc.constantFrom(
        "",
        "-alpha",
        "-alpha.1",
        "-1",
        "-01",
        "-",
        "-a..b",
        "-rc-1",
        "-10",
        "-2",
        "-beta",
      ),
      fc.constantFrom("", "+build", "+", "+a.b-c", "+001"),
    )
    .map((parts) => parts.join("")),
  fc
    .constantFrom("", "latest", "1.2.3 ", "v", 1, 1.2, 2, null, true)
    .filter((each) => each !== "1.2.3 "),
);
const operator = fc.constantFrom("=", "!=", "<", "<=", ">", ">=", "^", "~", "==", "");

const names = ["plan", "email", "seats", "beta", "version", "user.name", "targetingKey", "none"];
const variable = fc.constantFrom(...names).map((name) => ({ var: name }));
/** Those that hold texts: json-logic-engine throws where a number is compared with some of them. */
const textVariable = fc
  .constantFrom("plan", "email", "user.name", "targetingKey", "none")
  .map((name) => ({ var: name }));
const text = fc.constantFrom("pro", "free", "a", "a@example.com", "@example.com", "jack", "");

const condition = fc.oneof(
  fc
    .tuple(fc.constantFrom("==", "!=", "===", "!=="), textVariable, text)
    .map(([name, a, b]) => ({ [name]: [a, b] })),
  fc.tuple(variable, fc.array(text, { maxLength: 10 })).map(([a, list]) => ({ in: [a, list] })),
  fc.tuple(text, textVariable).map((operands) => ({ in: operands })),
  fc
    .tuple(fc.constantFrom("starts_with", "ends_with"), variable, text)
    .map(([name, a, b]) => ({ [name]: [a, b] })),
  fc
    .tuple(fc.constantFrom("starts_with", "ends_with"), variable)
    .map(([name, a]) => ({ [name]: [a] })),
  fc.tuple(version, operator, version).map((operands) => ({ sem_ver: operands })),
  fc.tuple(operator, version).map(([name, b]) => ({ sem_ver: [{ var: "version" }, name, b] })),
  fc
    .tuple(fc.constantFrom("<", "<=", ">", ">="), fc.integer({ min: -2, max: 200 }))
    .map(([name, b]) => ({
      [name]: [{ var: "seats" }, b],
    })),
  fc.constant({ "!": [{ var: "beta" }] }),
  fc.constant({ missing: ["email", "plan"] }),
  fc.constant({ "==": [{ var: "$flagd.flagKey" }, key] }),
  fc.constant({ ">": [{ var: "$flagd.timestamp" }, 1_000_000_000] }),
  fc.constant({ $ref: "staff" }),
  fc.constant({
    fractional: [
      [true, 30],
      [false, 70],
    ],
  }),
);
const conditions = fc.oneof(
  { weight: 4, arbitrary: condition },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("and", "or"), fc.array(condition, { minLength: 1, maxLength: 3 }))
      .map(([name, operands]) => ({ [name]: operands })),
  },
);

const outcome = fc.constantFrom("one", "two", "three", "fallback", "unknown", null, true, 1);
const weight = fc.oneof(
  fc.integer({ min: -3, max: 100 }),
  fc.constantFrom(2147483647, 2147483646, 0.5, "1"),
);
const share = fc.oneof(
  fc.tuple(outcome, weight),
  fc.tuple(outcome),
  fc.tuple(variable, weight),
  fc.tuple(
    outcome,
    conditions.map((each) => ({ if: [each, 10, 20] })),
  ),
);
const fractional = fc
  .tuple(
    fc.option(
      fc.oneof(
        variable,
        ascii,
        fc.constant({ cat: [{ var: "$flagd.flagKey" }, { var: ["targetingKey", "-"] }] }),
        fc.constant({ cat: ["seed", { var: ["seats", 0] }] }),
      ),
      { nil: undefined },
    ),
    fc.array(share, { maxLength: 4 }),
  )
  .map(([bucketBy, shares]) => ({
    fractional: bucketBy === undefined ? shares : [bucketBy, ...shares],
  }));

const { targeting } = fc.letrec<{ targeting: unknown }>((tie) => ({
  targeting: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    conditions,
    fractional,
    fc
      .tuple(conditions, fc.oneof(outcome, tie("targeting")), fc.oneof(outcome, tie("targeting")))
      .map((operands) => ({ if: operands })),
    fc.tuple(conditions, outcome, conditions, outcome).map((operands) => ({ if: operands })),
    fc.tuple(conditions, outcome).map((operands) => ({ if: operands })),
    fc.constantFrom({}, { var: "plan" }, { var: "seats" }, { var: "beta" }),
  ),
}));

const flag = fc.record(
  {
    state: fc.constantFrom("ENABLED", "ENABLED", "ENABLED", "DISABLED"),
    variants: fc.constantFrom<Record<string, unknown>>(
      { one: "1", two: "2", three: "3", fallback: "f" },
      { one: 1, two: 2, three: 3, fallback: 0, true: 4, false: 5 },
      { one: true, fallback: false, true: true, false: false, 1: true },
    ),
    defaultVariant: fc.constantFrom("fallback", "one", null),
    targeting,
    metadata: fc.constantFrom({ owner: "a" }, {}),
  },
  { noNullPrototype: true, requiredKeys: ["state", "variants"] },
) as fc.Arbitrary<FlagDefinition>;

const context = fc.record(
  {
    targetingKey: ascii,
    plan: fc.constantFrom("pro", "free", "one"),
    email: fc.oneof(text, ascii).filter((each) => each !== ""),
    seats: fc.integer({ min: -2, max: 200 }),
    beta: fc.boolean(),
    version,
    user: fc.record({ name: fc.constantFrom("jack", "queen") }),
    $flagd: fc.constant({ flagKey: "other", timestamp: 1 }),
  },
  { noNullPrototype: true, requiredKeys: [] },
);

describe("@openfeature/flagd-core", () => {
  it("gives the same result for any flag and context", () => {
    const evaluators = { staff: { ends_with: [{ var: "email" }, "@example.com"] } };
    fc.assert(
      fc.property(
        flag,
        context,
        fc.constantFrom({ set: 1 }, undefined),
        (anyFlag, anyContext, metadata) => {
          const set = { flag: anyFlag, evaluators, metadata };
          expect(ours(set, anyContext)).toEqual(theirs(set, anyContext));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it.each<[Record<string, unknown>]>([
    [{ nope: [1] }],
    [{ $ref: "nobody" }],
    [{ if: [{ var: "a" }, "one", { nope: [1] }] }],
    [{ if: [{ $ref: "nobody" }, "one"] }],
    [{ if: [{ var: "a" }, "one", { "==": [1, 1], "!=": [1, 2] }] }],
    [{ fractional: [[{ nope: [] }, 1]] }],
    [{ map: [{ var: "a" }, { nope: [] }] }],
  ])("makes %j that flag's PARSE_ERROR", (broken) => {
    const set: FlagSet = { flag: { state: "ENABLED", variants: { one: 1 }, targeting: broken } };
    expect(ours(set, {})).toEqual(theirs(set, {}));
    expect(ours(set, {}).errorCode).toBe("PARSE_ERROR");
  });

  it("compares versions the same", () => {
    fc.assert(
      fc.property(version, operator, version, (left, name, right) => {
        const rule = { if: [{ sem_ver: [{ var: "left" }, name, { var: "right" }] }, "yes", "no"] };
        const variants = { yes: "yes", no: "no" };
        const set: FlagSet = { flag: { state: "ENABLED", variants, targeting: rule } };
        expect(ours(set, { left, right })).toEqual(theirs(set, { left, right }));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(flagdDeviations)("differs, as listed: $what", (deviation) => {
    const variants = { one: "1", two: "2", fallback: "f" };
    const rule = deviation.rule as FlagDefinition["targeting"];
    const set: FlagSet = {
      flag: { state: "ENABLED", variants, defaultVariant: "fallback", targeting: rule },
    };
    const summary = ({ errorCode, variant }: Comparable) => errorCode ?? variant;
    expect(summary(theirs(set, deviation.data))).toBe(deviation.theirs);
    expect(summary(ours(set, deviation.data))).toBe(deviation.ours);
  });

  it("resolves $refs in the order of their text, where we refuse that they nest", () => {
    const nested: FlagSet = {
      flag: { state: "ENABLED", variants: { one: "1" }, targeting: { if: [{ $ref: "a" }, "one"] } },
      evaluators: { a: { "!": [{ $ref: "b" }] }, b: { "==": [1, 2] } },
    };
    expect(theirs(nested, {}).variant).toBe("one");
    expect(ours(nested, {}).errorCode).toBe("PARSE_ERROR");
  });
});
