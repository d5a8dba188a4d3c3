import type { Problem } from "../errors.ts";
import { didYouMean } from "../support/nearest.ts";
import { type Expression, list, literal } from "./expression.ts";
import type { Operator, Site } from "./operators/operator.ts";
import { operators } from "./operators/table.ts";
import { inside, type Place, pathOf } from "./place.ts";

/** What one targeting may be at most, so that no definition exhausts the stack or the start. */
export const ruleLimits = {
  /** Operators and lists within each other. */
  depth: 256,
  /** Operators, lists and literals, `$ref`s resolved. */
  nodes: 100_000,
} as const;

/** The compilation of one flag's targeting: what it may use, and what was found so far. */
export interface Compilation {
  readonly flagKey: string;
  readonly now: () => number;
  /** flagd's `$evaluators`, which `{ "$ref": name }` stands for. */
  readonly evaluators: Readonly<Record<string, unknown>>;
  /** Everything found, mistakes and doubts alike. */
  readonly warnings: Problem[];
  /** The first mistake that makes the rule unevaluable. */
  failure: Problem | undefined;
  nodes: number;
}

/** An operator with its operands, read but not compiled. */
export interface Application {
  readonly name: string;
  readonly operator: Operator;
  readonly operands: readonly unknown[];
  /** The operand was written without its list. */
  readonly unary: boolean;
  readonly place: Place;
}

/** One node of a rule: an operator with its operands, or a list or a literal. */
type RuleNode =
  | Application
  | { readonly name: undefined; readonly value: unknown; readonly place: Place };

export function warn(compilation: Compilation, place: Place, message: string): void {
  compilation.warnings.push({ path: pathOf(place), message });
}

/** Reports what makes the rule unevaluable; what stands there is null then. */
export function fail(compilation: Compilation, place: Place, message: string): RuleNode {
  const problem = { path: pathOf(place), message };
  compilation.warnings.push(problem);
  compilation.failure ??= problem;
  return valueNode(null, place);
}

function valueNode(value: unknown, place: Place): RuleNode {
  return { name: undefined, value, place };
}

/** Compiles a rule and all within it; what cannot be compiled is reported, and stands as null. */
export function compileRule(rule: unknown, place: Place, compilation: Compilation): Expression {
  return compileNode(readNode(rule, place, compilation), compilation);
}

export function compileNode(node: RuleNode, compilation: Compilation): Expression {
  if (node.name !== undefined) return compileApplication(node, compilation);
  if (!Array.isArray(node.value)) return literal(node.value);
  return list(
    node.value.map((element, index) =>
      compileRule(element, inside(node.place, index), compilation),
    ),
  );
}

function compileApplication(node: Application, compilation: Compilation): Expression {
  const { name, operator, place } = node;
  const operands = node.operands.map((rule, index) =>
    compileRule(rule, operandPlace(node, index), compilation),
  );
  const site: Site = {
    flagKey: compilation.flagKey,
    now: compilation.now,
    place,
    unary: node.unary,
    warn: (message) => warn(compilation, inside(place, name), message),
  };
  const evaluate = operator.compile(operands, site);
  if (operator.isConstant?.(operands, site))
    try {
      return literal(evaluate(undefined));
    } catch {
      // A constant that throws when evaluated does so only where it is reached.
    }
  return { evaluate, constant: false, value: undefined, operator: name, operands };
}

export function operandPlace(node: Application, index: number): Place {
  const scope = node.operator.bindsElements && index === 1 ? "element" : node.place.scope;
  const operands = inside(node.place, node.name, scope);
  return node.unary ? operands : inside(operands, index);
}

/** Reads one node, `$ref` resolved; a mistake is reported, and stands as null. */
export function readNode(rule: unknown, place: Place, compilation: Compilation): RuleNode {
  if (++compilation.nodes > ruleLimits.nodes || place.depth > ruleLimits.depth) {
    // One report is enough: a rule this large would repeat it a thousandfold.
    if (compilation.failure === undefined) fail(compilation, place, tooLarge(place));
    return valueNode(null, place);
  }
  if (typeof rule !== "object" || rule === null || Array.isArray(rule))
    return valueNode(rule, place);
  const names = Object.keys(rule);
  const [name] = names;
  if (name === undefined) return valueNode(rule, place);
  if (names.length > 1) {
    const written = names.map((each) => JSON.stringify(each)).join(", ");
    const message = `a rule is one operator with its operands; this one has ${written}.`;
    return fail(compilation, place, message);
  }
  const operands = (rule as Record<string, unknown>)[name];
  if (name === "$ref") return readReference(operands, place, compilation);
  const operator = operators.get(name);
  if (operator === undefined) {
    const suggestion = didYouMean(name, operators.keys());
    return fail(compilation, place, `unknown operator ${JSON.stringify(name)}.${suggestion}`);
  }
  const unary = !Array.isArray(operands);
  return { name, operator, operands: unary ? [operands] : operands, unary, place };
}

function tooLarge(place: Place): string {
  return place.depth > ruleLimits.depth
    ? `a targeting is at most ${ruleLimits.depth} levels deep; this one goes deeper.`
    : `a targeting has at most ${ruleLimits.nodes} nodes, $refs resolved; this one has more.`;
}

function readReference(name: unknown, place: Place, compilation: Compilation) {
  const { evaluators } = compilation;
  if (place.evaluator !== undefined) {
    const within = JSON.stringify(place.evaluator);
    return fail(compilation, place, `$ref within the evaluator ${within}: evaluators do not nest.`);
  }
  if (typeof name !== "string" || !Object.hasOwn(evaluators, name)) {
    const suggestion = typeof name === "string" ? didYouMean(name, Object.keys(evaluators)) : "";
    const written = typeof name === "string" ? JSON.stringify(name) : "no name";
    const message = `$ref to ${written}, which $evaluators does not have.${suggestion}`;
    return fail(compilation, place, message);
  }
  const reference = { ...inside(place, "$ref"), evaluator: name };
  return readNode(evaluators[name], reference, compilation);
}
