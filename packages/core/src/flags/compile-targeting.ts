import { didYouMean } from "../support/nearest.ts";
import {
  type Application,
  type Compilation,
  compileNode,
  compileRule,
  fail,
  operandPlace,
  readNode,
  warn,
} from "./compile-rule.ts";
import type { Expression } from "./expression.ts";
import { branches } from "./operators/logic.ts";
import { inside, type Place } from "./place.ts";
import type { Results } from "./results.ts";
import type { FlagDetails } from "./types.ts";

/** From a context to the flag's result. May throw what reading the context throws. */
export type Outcome = (context: unknown) => FlagDetails;

/**
 * Compiles a targeting down to the flag's results: where a branch names its variant, the result was
 * made when the flag was compiled, and evaluation only chooses it.
 *
 * @returns `undefined` where the targeting cannot be evaluated; `compilation.failure` says why.
 */
export function compileTargeting(
  targeting: unknown,
  place: Place,
  compilation: Compilation,
  results: Results,
): Outcome | undefined {
  try {
    if (typeof targeting !== "object" || Array.isArray(targeting))
      fail(compilation, place, "a targeting is a rule: an object of one operator, or {}.");
    const outcome = compileOutcome(targeting, place, compilation, results);
    return compilation.failure === undefined ? outcome : undefined;
  } catch {
    fail(compilation, place, "the targeting cannot be read: it is not plain data.");
    return undefined;
  }
}

function compileOutcome(
  rule: unknown,
  place: Place,
  compilation: Compilation,
  results: Results,
): Outcome {
  const node = readNode(rule, place, compilation);
  if (node.name === "if" || node.name === "?:") return compileBranches(node, compilation, results);
  const expression = compileNode(node, compilation);
  const { evaluate, constant, value } = expression;
  if (node.name === "fractional") checkShares(expression, node, compilation, results);
  if (constant) {
    checkVariant(value, node.place, compilation, results);
    const result = results.of(value);
    return () => result;
  }
  if (node.name !== undefined && node.operator.isPredicate)
    for (const truth of ["true", "false"]) checkVariant(truth, node.place, compilation, results);
  return (context) => results.of(evaluate(context));
}

/** An `if` whose branches are results. */
function compileBranches(node: Application, compilation: Compilation, results: Results): Outcome {
  const last = node.operands.length - 1;
  const steps = node.operands.map((rule, index) => {
    const place = operandPlace(node, index);
    return index % 2 === 0 && index < last
      ? compileRule(rule, place, compilation).evaluate
      : compileOutcome(rule, place, compilation, results);
  });
  return branches(steps, () => results.default) as Outcome;
}

function checkShares(
  { operands }: Expression,
  node: Application,
  compilation: Compilation,
  results: Results,
): void {
  operands.forEach((share, index) => {
    const variant: unknown = Array.isArray(share.value) ? share.value[0] : undefined;
    if (typeof variant !== "object")
      checkVariant(variant, inside(operandPlace(node, index), 0), compilation, results);
  });
}

/** Warns of a result that the flag does not have; evaluated, it is an error. */
function checkVariant(
  value: unknown,
  place: Place,
  compilation: Compilation,
  results: Results,
): void {
  // After a mistake, what stands in its place gives what nobody wrote.
  if (compilation.failure !== undefined || results.has(value)) return;
  const name = typeof value === "object" ? "what is no name" : JSON.stringify(String(value));
  const suggestion = typeof value === "string" ? didYouMean(value, results.variants.keys()) : "";
  warn(compilation, place, `gives ${name}, which is not among the variants.${suggestion}`);
}
