import { type Evaluate, type Expression, evaluateAll, operand } from "../expression.ts";
import type { Operator, Site } from "./operator.ts";

/** Under this name a rule finds what flagd adds to the context; the caller's own entry is not seen. */
const flagdProperties = "$flagd";

/**
 * An own property, or `undefined`. Nothing inherited is ever read: not `constructor`, and nothing that
 * a polluted prototype claims. A text's and a list's `length` are their own.
 */
export function readOwn(holder: unknown, name: string): unknown {
  if (holder === null || holder === undefined || !Object.hasOwn(holder, name)) return undefined;
  return (holder as Record<string, unknown>)[name];
}

/** Reads a path from the data in scope; what it gives is `undefined` where there is nothing. */
function reader(path: unknown, site: Site): Evaluate {
  const inContext = site.place.scope === "context";
  if (path === undefined || path === null || path === "")
    return inContext ? (data) => wholeContext(data, site) : (data) => data;
  const names = String(path).split(".");
  const [first, second] = names as [string, ...string[]];
  if (inContext && first === flagdProperties) {
    if (names.length === 2 && second === "flagKey") return () => site.flagKey;
    if (names.length === 2 && second === "timestamp") return () => seconds(site);
    return () => walk(propertiesOf(site), names, 1);
  }
  if (second === undefined) return (data) => readOwn(data, first);
  return (data) => walk(data, names, 0);
}

function walk(data: unknown, names: readonly string[], from: number): unknown {
  let value = data;
  for (let index = from; index < names.length && value !== undefined; index++)
    value = readOwn(value, names[index] as string);
  return value;
}

function seconds(site: Site): number {
  return Math.floor(site.now() / 1_000);
}

function propertiesOf(site: Site): { flagKey: string; timestamp: number } {
  return { flagKey: site.flagKey, timestamp: seconds(site) };
}

/** `{ "var": "" }` alone asks for all of it, and alone pays for a copy. */
function wholeContext(data: unknown, site: Site): unknown {
  return { ...(data as object), [flagdProperties]: propertiesOf(site) };
}

const isFlagKey = (operands: readonly Expression[], site: Site) =>
  site.place.scope === "context" && operands[0]?.value === `${flagdProperties}.flagKey`;

const never = () => false;

function isMissing(key: unknown, data: unknown, site: Site): boolean {
  const [path, fallback] = Array.isArray(key) ? key : [key];
  const found = reader(path, site)(data);
  const value = found === undefined ? fallback : found;
  return value === undefined || value === null || value === "";
}

function missingOf(keys: readonly unknown[], data: unknown, site: Site): unknown[] {
  return keys.filter((key) => isMissing(key, data, site));
}

export const dataOperators = {
  /** `[path, otherwise]`. */
  var: {
    isConstant: isFlagKey,
    compile: (operands, site) => {
      const path = operands[0];
      const read =
        path === undefined || path.constant
          ? reader(path?.value, site)
          : (data: unknown) => reader(path.evaluate(data), site)(data);
      if (operands.length < 2)
        return (data) => {
          const value = read(data);
          return value === undefined ? null : value;
        };
      const otherwise = operand(operands, 1);
      return (data) => {
        const value = read(data);
        if (value !== undefined) return value;
        const fallback = otherwise(data);
        return fallback === undefined ? null : fallback;
      };
    },
  },
  /** Those of the paths that lead to nothing, to null or to an empty text. */
  missing: {
    isConstant: never,
    compile: (operands, site) => (data) => {
      const values = evaluateAll(operands, data);
      return missingOf(Array.isArray(values[0]) ? values[0] : values, data, site);
    },
  },
  /** `[needed, paths]`: none where so many are there, else those that are missing. */
  missing_some: {
    isConstant: never,
    compile: (operands, site) => {
      const needed = operand(operands, 0);
      const paths = operand(operands, 1);
      return (data) => {
        const options = paths(data);
        const keys = Array.isArray(options) ? flattenFirst(options) : [options];
        const missing = missingOf(keys, data, site);
        const present = (options as { length: number }).length - missing.length;
        return present >= (needed(data) as number) ? [] : missing;
      };
    },
  },
} as const satisfies Record<string, Operator>;

/** As in json-logic-js, a list that comes first is the list of paths. */
function flattenFirst(options: readonly unknown[]): readonly unknown[] {
  return Array.isArray(options[0]) ? options[0] : options;
}
