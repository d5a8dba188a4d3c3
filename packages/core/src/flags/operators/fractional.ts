/**
 * flagd's `fractional` v2: a key's hash, scaled to the sum of the weights, falls into one variant's
 * share. Growing a share at the expense of its neighbour moves no key of the others.
 */

import { areConstant, type Evaluate, type Expression } from "../expression.ts";
import { hashPrefix, murmur3 } from "../murmur3.ts";
import { readOwn } from "./data.ts";
import type { Operator, Site } from "./operator.ts";
import { argumentsOf, textOf } from "./strings.ts";

/** The largest sum of weights. */
export const maximumWeight = 2_147_483_647;

interface Distribution {
  /** Texts, numbers, booleans and nulls. */
  readonly variants: readonly unknown[];
  /** Where each variant's share ends; increasing, up to `total`. */
  readonly ends: readonly number[];
  readonly total: number;
}

/** Scales a hash (32 bits, signed or not) to 0 ≤ bucket < total: `(hash × total) >> 32`, exact for totals below 2³¹. */
export function bucketOf(hash: number, total: number): number {
  // The product needs 63 bits and a double holds 53: multiply by halves of 16 bits, low one first.
  const low = Math.floor(((hash & 0xffff) * total) / 0x10000);
  return Math.floor(((hash >>> 16) * total + low) / 0x10000);
}

/** Reads `[[variant, weight], …]`; a text says why it is no distribution, and `fractional` gives null. */
function distribute(entries: readonly unknown[]): Distribution | string {
  const variants: unknown[] = [];
  const ends: number[] = [];
  let total = 0;
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2)
      return "each share is a list of a variant and a weight";
    const variant: unknown = entry[0] ?? null;
    const weight: unknown = entry.length === 2 ? entry[1] : 1;
    if (variant !== null && !["string", "number", "boolean"].includes(typeof variant))
      return "a variant is a text, a number, a boolean or null";
    if (!Number.isInteger(weight)) return "a weight is a whole number";
    total += Math.max(0, weight as number);
    variants.push(variant);
    ends.push(total);
  }
  if (total > maximumWeight) return `the weights add up to more than ${maximumWeight}`;
  if (total === 0) return "no share has a weight";
  return { variants, ends, total };
}

function choose(distribution: Distribution | string, hash: number): unknown {
  if (typeof distribution === "string") return null;
  const bucket = bucketOf(hash, distribution.total);
  const { ends } = distribution;
  let index = 0;
  while (bucket >= (ends[index] as number)) index++;
  return distribution.variants[index];
}

/** Hashes prefix + key, the prefix once; a prefix that ends within a character cannot be hashed alone. */
function prefixedHash(prefix: string): (key: string) => number {
  const last = prefix.charCodeAt(prefix.length - 1);
  if (last >= 0xd800 && last <= 0xdbff) return (key) => murmur3(prefix + key);
  const state = hashPrefix(prefix);
  return (key) => murmur3(key, state);
}

function targetingKeyOf(data: unknown): string | undefined {
  const key = readOwn(data, "targetingKey");
  return typeof key === "string" && key !== "" ? key : undefined;
}

/** Without a key of its own, a flag buckets by its name and the targeting key. */
function shorthand(site: Site, distribution: Distribution | string): Evaluate {
  const hash = prefixedHash(site.flagKey);
  return (data) => {
    const key = targetingKeyOf(data);
    return key === undefined ? null : choose(distribution, hash(key));
  };
}

/** `{ "cat": [constants…, one variable] }`, the usual key: hashed without building the text. */
function concatenated(key: Expression, distribution: Distribution | string): Evaluate | undefined {
  const variable = key.operands.at(-1);
  const constants = key.operands.slice(0, -1);
  if (key.operator !== "cat" || variable === undefined) return undefined;
  if (!areConstant(constants)) return undefined;
  const hash = prefixedHash(constants.map((each) => textOf(each.value)).join(""));
  return (data) => choose(distribution, hash(textOf(variable.evaluate(data))));
}

/** With all operands evaluated, as flagd does it. */
function evaluateDynamically(values: readonly unknown[], site: Site, data: unknown): unknown {
  const [first] = values;
  if (typeof first === "string") return choose(distribute(values.slice(1)), murmur3(first));
  const key = targetingKeyOf(data);
  return key === undefined ? null : choose(distribute(values), murmur3(site.flagKey + key));
}

function compile(operands: readonly Expression[], site: Site): Evaluate {
  const values = argumentsOf(operands, site);
  const dynamically: Evaluate = (data) => evaluateDynamically(values(data), site, data);
  const [key, ...rest] = operands;
  if (site.unary || key === undefined || !areConstant(rest)) return dynamically;

  const hasKey = typeof key.value === "string" || key.operator !== undefined;
  // A share with a rule inside: not constant, and no key either.
  if (!hasKey && !key.constant) return dynamically;
  const distribution = distribute((hasKey ? rest : operands).map((each) => each.value));
  if (typeof distribution === "string") site.warn(`fractional gives null here: ${distribution}.`);
  if (!hasKey) return shorthand(site, distribution);
  const byKey: Evaluate = (data) => {
    const value = key.evaluate(data);
    return typeof value === "string" ? choose(distribution, murmur3(value)) : dynamically(data);
  };
  return concatenated(key, distribution) ?? byKey;
}

export const fractional: Operator = {
  compile,
  // The shorthand reads the targeting key, which no operand shows.
  isConstant: (operands) => typeof operands[0]?.value === "string" && areConstant(operands),
};
