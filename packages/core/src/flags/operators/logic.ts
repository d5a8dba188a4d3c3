import { type Evaluate, operand, truthy } from "../expression.ts";
import { type Operator, predicate, pure } from "./operator.ts";

/** Of `[condition, value, condition, value, …, otherwise]`; `otherwise` apart serves a list that has none. */
export function branches(steps: readonly Evaluate[], otherwise: Evaluate): Evaluate {
  const [condition, consequence] = steps;
  const last = steps.length % 2 === 0 ? otherwise : (steps.at(-1) as Evaluate);
  if (condition !== undefined && consequence !== undefined && steps.length < 4)
    return (data) => (truthy(condition(data)) ? consequence(data) : last(data));
  return (data) => {
    for (let index = 0; index < steps.length - 1; index += 2)
      if (truthy((steps[index] as Evaluate)(data))) return (steps[index + 1] as Evaluate)(data);
    return last(data);
  };
}

const conditional = pure((operands) =>
  branches(
    operands.map((each) => each.evaluate),
    () => null,
  ),
);

/** The first operand whose truth is `sought`, else the last one. */
function firstThatIs(sought: boolean): Operator {
  return pure((operands) => (data) => {
    let value: unknown;
    for (const each of operands) {
      value = each.evaluate(data);
      if (truthy(value) === sought) return value;
    }
    return value;
  });
}

export const logicOperators = {
  if: conditional,
  "?:": conditional,
  and: firstThatIs(false),
  or: firstThatIs(true),
  "!": predicate((operands) => {
    const value = operand(operands, 0);
    return (data) => !truthy(value(data));
  }),
  "!!": predicate((operands) => {
    const value = operand(operands, 0);
    return (data) => truthy(value(data));
  }),
  /** Gives its operand and prints nothing: evaluation has no side effects. */
  log: pure((operands) => operand(operands, 0)),
} as const satisfies Record<string, Operator>;
