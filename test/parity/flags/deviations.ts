/**
 * Where Flux's targeting differs from json-logic-js 2.0.5 (the reference for JsonLogic) or from
 * @openfeature/flagd-core 4.0.1, on purpose. Each entry is shown by a test, both sides of it: when the
 * other side changes its mind, the test tells. Generated rules steer clear of these and of nothing else.
 */

export interface Deviation {
  readonly what: string;
  readonly reason: string;
  readonly rule: unknown;
  readonly data: Record<string, unknown>;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** The side throws; or, ours, the rule is refused when it is compiled. */
export const throws = "throws";
export const parseError = "PARSE_ERROR";

export const jsonLogicDeviations: readonly Deviation[] = [
  {
    what: "var reads own properties only",
    reason: "a rule must not see constructors, nor what a polluted prototype claims",
    rule: { "!!": [{ var: "constructor" }] },
    data: {},
    theirs: true,
    ours: false,
  },
  {
    what: "an object with several keys is refused",
    reason: "it is a rule written wrong, and as a condition it would be true for everyone",
    rule: { if: [{ "==": [1, 2], "!=": [1, 1] }, "on", "off"] },
    data: {},
    theirs: "on",
    ours: parseError,
  },
  {
    what: "an unknown operator is refused even where it is not reached",
    reason: "flagd: PARSE_ERROR for that flag; a mistake shows at start, not with the first match",
    rule: { if: [true, "on", { nope: [1] }] },
    data: {},
    theirs: "on",
    ours: parseError,
  },
  {
    what: "operators are not looked up by a path",
    reason: "the path leads to inherited functions",
    rule: { "var.prototype.constructor": ["a"] },
    data: { a: "on" },
    theirs: "on",
    ours: parseError,
  },
  {
    what: "missing does not evaluate its keys a second time",
    reason: "data is never a rule: whoever writes an attribute must not write logic",
    rule: { missing: [{ var: "key" }] },
    data: { key: { cat: ["a", "b"] }, ab: 1 },
    theirs: [],
    ours: [{ cat: ["a", "b"] }],
  },
  {
    what: "in looks into texts and lists only",
    reason: "an attribute's own indexOf would be called",
    rule: { in: ["a", { var: "haystack" }] },
    data: { haystack: { indexOf: () => 0 } },
    theirs: true,
    ours: false,
  },
  {
    what: "an operand that the operator does not take is not evaluated",
    reason: "it cannot change the value, only throw",
    rule: { "==": [1, 1, { "*": [] }] },
    data: {},
    theirs: throws,
    ours: true,
  },
];

/** Theirs and ours: the variant, or the error code. The flag's variants: one, two, fallback (the default). */
export const flagdDeviations: readonly Deviation[] = [
  {
    what: "null is nothing in cat",
    reason: "json-logic-js",
    rule: { cat: ["o", { var: "none" }, "ne"] },
    data: {},
    theirs: "GENERAL",
    ours: "one",
  },
  {
    what: "a text that is no number compares false with a number",
    reason: "json-logic-js",
    rule: { if: [{ "<": [{ var: "a" }, 18] }, "one", "two"] },
    data: { a: "abc" },
    theirs: "GENERAL",
    ours: "two",
  },
  {
    what: "an unknown operator is refused even where it is never reached",
    reason: "json-logic-engine drops what it proves dead; a mistake should not wait for an edit",
    rule: { if: [{ and: [{ in: [{ var: "a" }, []] }, { nope: [1] }] }, "one"] },
    data: {},
    theirs: "fallback",
    ours: parseError,
  },
  {
    what: "nothing is in a number",
    reason: "json-logic-js",
    rule: { if: [{ in: ["1", { var: "a" }] }, "one", "two"] },
    data: { a: 1 },
    theirs: "GENERAL",
    ours: "two",
  },
  {
    what: "an empty text is missing",
    reason: "json-logic-js",
    rule: { if: [{ missing: ["a"] }, "one", "two"] },
    data: { a: "" },
    theirs: "two",
    ours: "one",
  },
  {
    what: "an empty object is true",
    reason: "json-logic-js",
    rule: { if: [{ var: "a" }, "one", "two"] },
    data: { a: {} },
    theirs: "two",
    ours: "one",
  },
  {
    what: "a sum that is not a number is a result without a variant",
    reason: "json-logic-js: a missing attribute is no mistake of the rule",
    rule: { if: [{ ">": [{ "+": [{ var: "a" }] }, 1] }, "one", "two"] },
    data: { a: "x" },
    theirs: "GENERAL",
    ours: "two",
  },
  {
    what: "keys are hashed as UTF-8",
    reason: "the specification, and flagd itself: the same user gets the same variant everywhere",
    rule: { fractional: [{ var: "key" }, ["one", 50], ["two", 50]] },
    data: { key: "é1" },
    theirs: "one",
    ours: "two",
  },
  {
    what: "a targeting key is a text",
    reason: "OpenFeature's type, and flagd's own reading; an object would put all into one bucket",
    rule: {
      fractional: [
        ["one", 50],
        ["two", 50],
      ],
    },
    data: { targetingKey: 5 },
    theirs: "two",
    ours: "fallback",
  },
  {
    what: "fractional works on the elements of a list",
    reason: "flagd itself reads the targeting key of what is in scope",
    rule: { reduce: [{ var: "users" }, { fractional: [{ var: "current.id" }, ["one", 1]] }, null] },
    data: { users: [{ id: "u" }] },
    theirs: "GENERAL",
    ours: "one",
  },
  {
    what: "a list is not a variant's name",
    reason: "flagd itself: the list's JSON is compared, which no variant is named like",
    rule: { var: "names" },
    data: { names: ["one"] },
    theirs: "one",
    ours: "GENERAL",
  },
  {
    what: "a targeting is a rule, not a text",
    reason: "flagd's schema; a text is a targeting that was never written",
    rule: "one",
    data: {},
    theirs: "one",
    ours: parseError,
  },
  {
    what: "operators beyond JsonLogic and flagd are unknown",
    reason: "they are json-logic-engine's own; no other flagd provider has them",
    rule: { preserve: "one" },
    data: {},
    theirs: "one",
    ours: parseError,
  },
  {
    what: "a version is a text or a number",
    reason: "a list converts to what its element is",
    rule: { if: [{ sem_ver: [{ var: "v" }, "=", "1.0.0"] }, "one", "two"] },
    data: { v: ["1.0.0"] },
    theirs: "one",
    ours: "two",
  },
  {
    what: "a version has one v at most",
    reason: "flagd's documentation: an optional v; the second one is the semver package's leniency",
    rule: { if: [{ sem_ver: [{ var: "v" }, "=", "1.0.0"] }, "one", "two"] },
    data: { v: "vv1.0.0" },
    theirs: "one",
    ours: "two",
  },
  {
    what: "a version has no spaces around it",
    reason: "semver.org; flagd itself refuses them",
    rule: { if: [{ sem_ver: [{ var: "v" }, "=", "1.0.0"] }, "one", "two"] },
    data: { v: " 1.0.0" },
    theirs: "one",
    ours: "two",
  },
];
