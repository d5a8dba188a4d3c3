// biome-ignore-all lint/suspicious/noDoubleEquals: JsonLogic's == and != are JavaScript's.

import { operand } from "../expression.ts";
import { type Operator, ofTwo, predicate } from "./operator.ts";

// JsonLogic compares as JavaScript does, conversions included: its values are unknown by design.

/** Any two values, compared with conversions. */
// biome-ignore lint/suspicious/noExplicitAny: < and > convert any operand; the compiler allows it of `any` alone.
type Comparable = any;

type Compare = (left: Comparable, right: Comparable) => boolean;

function comparison(compare: Compare): Operator {
  return predicate(ofTwo(compare));
}

/** With a third operand, whether the second one lies between the others. */
function chain(compare: Compare): Operator {
  return predicate((operands, site) => {
    if (operands.length < 3) return ofTwo(compare)(operands, site);
    const first = operand(operands, 0);
    const second = operand(operands, 1);
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
