// biome-ignore-all lint/suspicious/noDoubleEquals: JsonLogic's == and != are JavaScript's.

import { operand } from "../expression.ts";
import { type Operator, predicate } from "./operator.ts";

// JsonLogic compares as JavaScript does, conversions included: its values are unknown by design.

/** Any two values, compared with conversions. */
// biome-ignore lint/suspicious/noExplicitAny: < and > convert any operand; the compiler allows it of `any` alone.
type Comparable = any;

function comparison(compare: (left: Comparable, right: Comparable) => boolean): Operator {
  return predicate((operands) => {
    const left = operand(operands, 0);
    const right = operand(operands, 1);
    return (data) => compare(left(data), right(data));
  });
}

/** With a third operand, whether the second one lies between the others. */
function chain(compare: (left: Comparable, right: Comparable) => boolean): Operator {
  return predicate((operands) => {
    const first = operand(operands, 0);
    const second = operand(operands, 1);
    if (operands.length < 3) return (data) => compare(first(data), second(data));
    const third = operand(operands, 2);
    return (data) => {
      const middle = second(data);
      const last = third(data);
      if (!compare(first(data), middle)) return false;
      return last === undefined || compare(middle, last);
    };
  });
}

export const comparisonOperators = {
  "==": comparison((left, right) => left == right),
  "!=": comparison((left, right) => left != right),
  "===": comparison((left, right) => left === right),
  "!==": comparison((left, right) => left !== right),
  ">": comparison((left, right) => left > right),
  ">=": comparison((left, right) => left >= right),
  "<": chain((left, right) => left < right),
  "<=": chain((left, right) => left <= right),
} as const satisfies Record<string, Operator>;
