import { type Expression, operand, truthy } from "../expression.ts";
import { type Operator, predicate, pure } from "./operator.ts";

/** `[condition, value, condition, value, …, otherwise]`; null where nothing is left. */
const conditional = pure((operands) => {
  if (operands.length === 3) {
    const [condition, consequence, otherwise] = operands.map((each) => each.evaluate) as [
      Expression["evaluate"],
      Expression["evaluate"],
      Expression["evaluate"],
    ];
    return (data) => (truthy(condition(data)) ? consequence(data) : otherwise(data));
  }
  return (data) => {
    let index = 0;
    for (; index < operands.length - 1; index += 2)
      if (truthy((operands[index] as Expression).evaluate(data)))
        return (operands[index + 1] as Expression).evaluate(data);
    return index < operands.length ? (operands[index] as Expression).evaluate(data) : null;
  };
});

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
