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
  if (isNothing(path)) {
    if (!inContext) return (data) => data;
    // This alone asks for all of the context, and alone pays for a copy.
    return (data) => ({ ...(data as object), [flagdProperties]: propertiesOf(site) });
  }
  const names = String(path).split(".");
  const [first, second] = names as [string, ...string[]];
  if (inContext && first === flagdProperties) {
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

/** The clock is only asked where a rule reads the time. */
function propertiesOf(site: Site): { readonly flagKey: string; readonly timestamp: number } {
  return {
    flagKey: site.flagKey,
    get timestamp() {
      return seconds(site);
    },
  };
}

const isFlagKey = (operands: readonly Expression[], site: Site) =>
  site.place.scope === "context" && operands[0]?.value === `${flagdProperties}.flagKey`;

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** As in json-logic-js, a list that comes first is the list of paths. */
function flattenFirst(values: readonly unknown[]): readonly unknown[] {
  return Array.isArray(values[0]) ? values[0] : values;
}

function isMissing(key: unknown, data: unknown, site: Site): boolean {
  const [path, fallback] = Array.isArray(key) ? key : [key];
  const found = reader(path, site)(data);
  return isNothing(found === undefined ? fallback : found);
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
      const otherwise = operands[1]?.evaluate;
      return (data) => {
        const value = read(data);
        return (value === undefined ? otherwise?.(data) : value) ?? null;
      };
    },
  },
  /** Those of the paths that lead to nothing, to null or to an empty text. */
  missing: {
    compile: (operands, site) => (data) =>
      missingOf(flattenFirst(evaluateAll(operands, data)), data, site),
  },
  /** `[needed, paths]`: none where so many are there, else those that are missing. */
  missing_some: {
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
