import { didYouMean } from "../support/nearest.ts";
import {
  type Application,
  type Compilation,
  compileApplication,
  compileRule,
  fail,
  isApplication,
  operandPlace,
  readNode,
  warn,
} from "./compile-rule.ts";
import { type Expression, truthy } from "./expression.ts";
import { inside, type Place } from "./place.ts";
import type { Results } from "./results.ts";
import type { EvaluationContext, FlagDetails } from "./types.ts";

/** From a context to the flag's result. May throw what reading the context throws. */
export type Outcome = (context: EvaluationContext) => FlagDetails;

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
  if (node === undefined) return () => results.default;
  if (!isApplication(node)) {
    const expression = compileRule(node.value, node.place, compilation);
    return resultOf(expression, node.place, compilation, results);
  }
  if (node.name === "if" || node.name === "?:") return compileBranches(node, compilation, results);
  const expression = compileApplication(node, compilation);
  if (node.name === "fractional") checkShares(expression, node, compilation, results);
  if (node.operator.isPredicate && !expression.constant)
    for (const name of ["true", "false"]) checkVariant(name, node.place, compilation, results);
  return resultOf(expression, node.place, compilation, results);
}

function resultOf(
  expression: Expression,
  place: Place,
  compilation: Compilation,
  results: Results,
): Outcome {
  const { evaluate, constant, value } = expression;
  if (!constant) return (context) => results.of(evaluate(context));
  checkVariant(value, place, compilation, results);
  const result = results.of(value);
  return () => result;
}

/** An `if` whose branches are results. */
function compileBranches(node: Application, compilation: Compilation, results: Results): Outcome {
  const conditions: Expression["evaluate"][] = [];
  const outcomes: Outcome[] = [];
  let otherwise: Outcome = () => results.default;
  node.operands.forEach((rule, index) => {
    const place = operandPlace(node, index);
    const isCondition = index % 2 === 0 && index < node.operands.length - 1;
    if (isCondition) conditions.push(compileRule(rule, place, compilation).evaluate);
    else if (index % 2 === 1) outcomes.push(compileOutcome(rule, place, compilation, results));
    else otherwise = compileOutcome(rule, place, compilation, results);
  });
  const [condition, ...moreConditions] = conditions;
  const [consequence] = outcomes;
  const last = otherwise;
  if (condition !== undefined && consequence !== undefined && moreConditions.length === 0)
    return (context) => (truthy(condition(context)) ? consequence(context) : last(context));
  return (context) => {
    for (let index = 0; index < conditions.length; index++)
      if (truthy((conditions[index] as Expression["evaluate"])(context)))
        return (outcomes[index] as Outcome)(context);
    return last(context);
  };
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
