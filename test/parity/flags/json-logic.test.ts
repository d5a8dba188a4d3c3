import fc from "fast-check";
import jsonLogic from "json-logic-js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Compilation, compileRule } from "../../../packages/core/src/flags/compile-rule.ts";
import { flagPlace } from "../../../packages/core/src/flags/place.ts";
import { jsonLogicDeviations, parseError, throws } from "./deviations.ts";

const flagKey = "flag";

/** What flagd adds to the data; Flux adds it itself. */
const $flagd = { flagKey, timestamp: 1_700_000_000 };

function ours(rule: unknown, data: unknown): unknown {
  const compilation: Compilation = {
    flagKey,
    now: () => 1_700_000_000_000,
    evaluators: {},
    warnings: [],
    failure: undefined,
    nodes: 0,
  };
  const { evaluate } = compileRule(rule, flagPlace(flagKey), compilation);
  if (compilation.failure !== undefined) return parseError;
  return orThrows(() => evaluate(data));
}

function theirs(rule: unknown, data: Record<string, unknown>): unknown {
  return orThrows(() => jsonLogic.apply(rule as jsonLogic.RulesLogic, { ...data, $flagd }));
}

function orThrows(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch {
    return throws;
  }
}

// json-logic-js prints what `log` is given.
beforeAll(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));
afterAll(() => void vi.restoreAllMocks());

const texts = ["", "0", "1", "-1", "1.5", "a", "abc", "b", "null", " ", "3 apples", "2.0.0"];
const paths = ["a", "b", "c", "list", "users", "user.name", "list.0", "list.length", "c.length"];
const others = ["missing", "a.b.c", "", ".", "user.", "0", "$flagd.flagKey", "$flagd.timestamp"];

const scalar = fc.oneof(
  fc.constantFrom(...texts),
  fc.constantFrom(0, 1, -1, 1.5, 2, 18, 100, -0, 1e21),
  fc.constantFrom(true, false, null),
);
const path = fc.constantFrom(...paths, ...others.filter((each) => each !== ""));
const anyPath = fc.oneof(path, fc.constantFrom("", "current", "accumulator", "id", 0, 1, 1.5));

const eager = [
  ..."== === != !== ! !! > >= < <= % log in cat substr + * - / min max merge".split(" "),
  ..."if ?: and or".split(" "),
];
const overElements = ["map", "filter", "reduce", "all", "some", "none"];

const arity = { minLength: 0, maxLength: 4 };

/** `{ "*": [] }` throws, and would so where only one side evaluates an operand that is not needed. */
function doesNotThrow(each: Readonly<Record<string, unknown>>): boolean {
  const factors = each["*"];
  return !Array.isArray(factors) || factors.length > 0;
}

/** Any rule; `inElement` rules may ask for all of the data, which in the context is a copy. */
const { rule, inElement } = fc.letrec<{ rule: unknown; inElement: unknown }>((tie) => {
  const rules = (kind: "rule" | "inElement", variable: fc.Arbitrary<unknown>) =>
    fc.oneof(
      { maxDepth: 5, depthIdentifier: "rule", withCrossShrink: true },
      { weight: 3, arbitrary: scalar },
      { weight: 4, arbitrary: variable.map((name) => ({ var: name })) },
      { weight: 1, arbitrary: fc.tuple(variable, tie(kind)).map((pair) => ({ var: pair })) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(path, path, tie(kind))
          .map(([left, right, condition]) => ({ var: { if: [condition, left, right] } })),
      },
      {
        weight: 8,
        arbitrary: fc
          .tuple(fc.constantFrom(...eager), fc.array(tie(kind), arity))
          .map(([operator, operands]) => ({ [operator]: operands }))
          .filter(doesNotThrow),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom(...eager), tie(kind))
          .map(([operator, operand]) => ({ [operator]: operand }))
          .filter(doesNotThrow),
      },
      {
        weight: 3,
        arbitrary: fc
          .tuple(
            fc.constantFrom(...overElements),
            fc.tuple(tie(kind), tie("inElement"), tie(kind)),
            fc.integer({ min: 1, max: 3 }),
          )
          .map(([operator, operands, count]) => ({ [operator]: operands.slice(0, count) })),
      },
      {
        weight: 1,
        arbitrary: fc
          .oneof(fc.array(path, arity), fc.array(fc.array(path, arity), arity), path)
          .map((names) => ({ missing: names })),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.oneof(tie(kind), fc.nat(3)), fc.oneof(fc.array(path, arity), path))
          .map((operands) => ({ missing_some: operands })),
      },
      { weight: 1, arbitrary: fc.array(tie(kind), arity) },
      { weight: 1, arbitrary: fc.constant({}) },
    );
  return { rule: rules("rule", path), inElement: rules("inElement", anyPath) };
});
void inElement;

/** As JSON is parsed: no null prototypes, which convert to nothing. */
const plain = { noNullPrototype: true, requiredKeys: [] };

const value = fc.oneof(
  scalar,
  fc.array(fc.oneof(scalar, fc.record({ id: scalar, a: scalar }, plain)), { maxLength: 4 }),
  fc.record({ name: scalar, id: scalar }, plain),
);
const data = fc.record(
  {
    a: value,
    b: value,
    c: value,
    list: fc.array(value, { maxLength: 4 }),
    users: value,
    user: value,
    0: scalar,
  },
  plain,
);

describe("json-logic-js", () => {
  it("gives the same for any rule over any data", () => {
    fc.assert(
      fc.property(rule, data, (anyRule, anyData) => {
        expect(ours(anyRule, anyData)).toStrictEqual(theirs(anyRule, anyData));
      }),
      { numRuns: 5_000 },
    );
  });

  /** The corners that the generated rules reach seldom. */
  const full = { a: "abc", b: 2, c: [1, 2, 3], list: [], user: { name: "jack" }, n: null, "": 7 };
  it.each<[unknown]>([
    [{ var: [] }],
    [{ var: null }],
    [{ var: "" }],
    [{ var: [""] }],
    [{ var: "n" }],
    [{ var: ["n", 1] }],
    [{ var: ["x", { var: "b" }] }],
    [{ var: ["x", null] }],
    [{ var: "c.1" }],
    [{ var: "a.1" }],
    [{ var: "a.length" }],
    [{ var: "c.length" }],
    [{ var: "." }],
    [{ var: "user..name" }],
    [{ var: true }],
    [{ var: [["a"]] }],
    [{ var: "$flagd" }],
    [{ var: "$flagd.flagKey.length" }],
    [{ var: "$flagd.nothing" }],
    [{ map: [{ var: "c" }, { var: "" }] }],
    [{ map: [{ var: "c" }, { var: "$flagd.flagKey" }] }],
    [{ missing: [] }],
    [{ missing: null }],
    [{ missing: "" }],
    [{ missing: [["a", "x"], "y"] }],
    [
      {
        missing: [
          [
            ["x", 1],
            ["n", 1],
            ["x", ""],
          ],
        ],
      },
    ],
    [{ missing: { merge: ["a", { if: [true, ["x"]] }] } }],
    [{ missing_some: [1, ["a", "x"]] }],
    [{ missing_some: [2, ["a", "x"]] }],
    [{ missing_some: [1, "abc"] }],
    [{ missing_some: [1, null] }],
    [{ missing_some: [1] }],
    [{ missing_some: [1, [["a", "x"]]] }],
    [{ if: [] }],
    [{ if: "x" }],
    [{ if: [0, 1] }],
    [{ if: [0, 1, "0", 2] }],
    [{ if: [[], 1, 2] }],
    [{ if: [{}, 1, 2] }],
    [{ if: [[0], 1, 2] }],
    [{ and: [] }],
    [{ or: [] }],
    [{ and: [[], 1] }],
    [{ or: [[], 0, ""] }],
    [{ "+": [] }],
    [{ "+": ["3 apples", "1"] }],
    [{ "+": [null] }],
    [{ "+": [-0] }],
    [{ "*": ["3"] }],
    [{ "*": [] }],
    [{ "*": ["3", -0] }],
    [{ "*": [0, -1, -1] }],
    [{ "-": "2" }],
    [{ "-": [] }],
    [{ "-": [1, null] }],
    [{ "-": [[]] }],
    [{ "/": [1, 0] }],
    [{ "%": [-5, 3] }],
    [{ min: [] }],
    [{ max: ["2", null, [3]] }],
    [{ max: ["x", 1] }],
    [{ "<": [1, 2, 3] }],
    [{ "<": [1, 2, null] }],
    [{ "<": [1, 2, { log: [] }] }],
    [{ "<=": [1, 1, 1] }],
    [{ ">": [3, 2, 5] }],
    [{ "<": ["abc", 18] }],
    [{ "<": ["10", "9"] }],
    [{ "==": [1, "1"] }],
    [{ "==": [[1], 1] }],
    [{ "==": [null, { log: [] }] }],
    [{ "===": [{ var: "c" }, { var: "c" }] }],
    [{ "===": [[1], [1]] }],
    [{ in: [1, "123"] }],
    [{ in: ["", ""] }],
    [{ in: ["", "a"] }],
    [{ in: [{ var: "x" }, "null"] }],
    [{ in: [{ var: "x" }, [null]] }],
    [{ in: [{ var: "b" }, [1, 2, "x"]] }],
    [{ in: [{ var: "b" }, ["2"]] }],
    [{ in: [{ var: "b" }, [1, 2, 3, 4, 5, 6, 7, 8, 9]] }],
    [{ in: [{ var: "a" }, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]] }],
    [{ in: [2, { var: "c" }] }],
    [{ in: [1, 1] }],
    [{ in: [1] }],
    [{ in: [[1], [[1]]] }],
    [{ cat: [] }],
    [{ cat: [1, null, [1, [2, null]], {}, true, { var: "x" }] }],
    [{ substr: ["jsonlogic", 4] }],
    [{ substr: ["jsonlogic", -5] }],
    [{ substr: ["jsonlogic", 1, 3] }],
    [{ substr: ["jsonlogic", -5, -2] }],
    [{ substr: ["jsonlogic", 0, -20] }],
    [{ substr: [null, 1] }],
    [{ substr: [] }],
    [{ merge: [] }],
    [{ merge: [1, [2, [3]], null] }],
    [{ all: [[], true] }],
    [{ none: [[], true] }],
    [{ some: [[], true] }],
    [{ all: ["abc", true] }],
    [{ none: [null, true] }],
    [{ all: [{ var: "c" }, { ">": [{ var: "" }, 0] }] }],
    [{ filter: [{ var: "c" }] }],
    [{ map: [{ var: "c" }] }],
    [{ map: [null, 1] }],
    [{ reduce: [{ var: "c" }, { "+": [{ var: "accumulator" }, { var: "current" }] }, 0] }],
    [{ reduce: [{ var: "c" }, { "+": [{ var: "accumulator" }, { var: "current" }] }] }],
    [{ reduce: [null, 1, { var: "b" }] }],
    [{ reduce: [null, 1] }],
    [{ "!": [] }],
    [{ "!!": ["0"] }],
    [{ "!": [[]] }],
    [[{ var: "a" }, [{ var: "b" }]]],
    [{}],
    [null],
    ["a"],
  ])("gives the same for %j", (corner) => {
    expect(ours(corner, full)).toStrictEqual(theirs(corner, full));
  });

  it.each(jsonLogicDeviations)("differs, as listed: $what", (deviation) => {
    expect(theirs(deviation.rule, deviation.data)).toEqual(deviation.theirs);
    expect(ours(deviation.rule, deviation.data)).toEqual(deviation.ours);
  });

  it("prints, and we do not: log has no side effects here", () => {
    vi.mocked(console.log).mockClear();
    expect(ours({ log: [{ var: "a" }] }, { a: 1 })).toBe(1);
    expect(console.log).not.toHaveBeenCalled();
  });
});
