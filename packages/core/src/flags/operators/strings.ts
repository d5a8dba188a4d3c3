import { type Evaluate, type Expression, evaluateAll, operand } from "../expression.ts";
import { compareVersions, parseVersion, type Version } from "../semantic-version.ts";
import { type Operator, ofTwo, pure, type Site } from "./operator.ts";

/** A value as `cat` writes it: null is nothing. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : `${value}`;
}

/** All operands' values; an operand written without a list may itself give the list. */
export function argumentsOf(operands: readonly Expression[], site: Site) {
  return (data: unknown): readonly unknown[] => {
    const values = evaluateAll(operands, data);
    return site.unary && Array.isArray(values[0]) ? values[0] : values;
  };
}

/** flagd's comparisons, of two operands: null for any other number of them. */
function textComparison(compare: (text: unknown, part: unknown) => boolean | null): Operator {
  return pure((operands, site) => {
    if (operands.length === 2) return ofTwo(compare)(operands, site);
    const valuesOf = argumentsOf(operands, site);
    return (data) => {
      const values = valuesOf(data);
      return values.length === 2 ? compare(values[0], values[1]) : null;
    };
  });
}

const versionComparisons = new Map<unknown, (left: Version, right: Version) => boolean>([
  ["=", (left, right) => compareVersions(left, right) === 0],
  ["!=", (left, right) => compareVersions(left, right) !== 0],
  ["<", (left, right) => compareVersions(left, right) < 0],
  ["<=", (left, right) => compareVersions(left, right) <= 0],
  [">", (left, right) => compareVersions(left, right) > 0],
  [">=", (left, right) => compareVersions(left, right) >= 0],
  ["^", (left, right) => left.major === right.major],
  ["~", (left, right) => left.major === right.major && left.minor === right.minor],
]);

function compareRawVersions(values: readonly unknown[]): boolean | null {
  const compare = versionComparisons.get(values[1]);
  if (values.length !== 3 || compare === undefined) return null;
  const left = parseVersion(values[0]);
  const right = parseVersion(values[2]);
  return left === undefined || right === undefined ? null : compare(left, right);
}

/** `[version, "=" | "!=" | "<" | "<=" | ">" | ">=" | "^" | "~", version]`; null for anything else. */
const semanticVersion = pure((operands, site): Evaluate => {
  const [version, comparison, target] = operands;
  if (operands.length !== 3 || !comparison?.constant || !target?.constant) {
    const values = argumentsOf(operands, site);
    return (data) => compareRawVersions(values(data));
  }
  const compare = versionComparisons.get(comparison.value);
  const right = parseVersion(target.value);
  if (compare === undefined || right === undefined) {
    const needed =
      compare === undefined
        ? `by ${[...versionComparisons.keys()].join(" ")}`
        : "with a semantic version such as 1.2.3";
    site.warn(`sem_ver compares ${needed}; this gives null.`);
    return () => null;
  }
  return (data) => {
    const left = parseVersion((version as Expression).evaluate(data));
    return left === undefined ? null : compare(left, right);
  };
});

export const stringOperators = {
  cat: pure((operands) => (data) => {
    let text = "";
    for (const each of operands) text += textOf(each.evaluate(data));
    return text;
  }),
  /** `[text, start, length]`: a negative start counts from the end, a negative length stops before it. */
  substr: pure((operands) => {
    const source = operand(operands, 0);
    const start = operand(operands, 1);
    const length = operand(operands, 2);
    return (data) => {
      const text = String(source(data));
      const from = start(data) as number;
      const count = length(data) as number | undefined;
      if (!((count as number) < 0)) return text.substr(from, count);
      const rest = text.substr(from);
      return rest.substr(0, rest.length + (count as number));
    };
  }),
  /** Of two texts; null for anything else. */
  starts_with: textComparison((text, part) =>
    typeof text === "string" && typeof part === "string" ? text.startsWith(part) : null,
  ),
  ends_with: textComparison((text, part) =>
    typeof text === "string" && typeof part === "string" ? text.endsWith(part) : null,
  ),
  sem_ver: semanticVersion,
} as const satisfies Record<string, Operator>;
