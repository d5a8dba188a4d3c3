import { type Expression, operand } from "../expression.ts";
import { type Operator, ofTwo, pure } from "./operator.ts";

// json-logic-js leaves the conversions of -, /, %, min and max to JavaScript: null is 0, "a" is NaN, a
// BigInt among numbers throws. The casts tell the compiler so.

/** `+` and `*` read a text by its leading number: "3 apples" is 3, and null is NaN. */
function leadingNumber(value: unknown): number {
  return typeof value === "number" ? value + 0 : Number.parseFloat(value as string);
}

function extreme(start: number, choose: (left: number, right: number) => number): Operator {
  return pure((operands) => (data) => {
    let result = start;
    for (const each of operands) result = choose(result, each.evaluate(data) as number);
    return result;
  });
}

export const arithmeticOperators = {
  "+": pure((operands) => (data) => {
    let sum = 0;
    for (const each of operands) sum += leadingNumber(each.evaluate(data));
    return sum;
  }),
  "*": pure((operands) => {
    // As in json-logic-js, a single operand is given back as it is; to evaluate without any throws.
    const [first, ...others] = operands as [Expression, ...Expression[]];
    if (operands.length === 1) return first.evaluate;
    return (data) => {
      let product = leadingNumber(first.evaluate(data));
      // json-logic-js reads each product as a text again, in which −0 is 0.
      for (const each of others) product = (product + 0) * leadingNumber(each.evaluate(data));
      return product;
    };
  }),
  "-": pure((operands) => {
    const left = operand(operands, 0);
    const right = operand(operands, 1);
    return (data) => {
      const from = left(data) as number;
      const amount = right(data) as number | undefined;
      return amount === undefined ? -from : from - amount;
    };
  }),
  "/": pure(ofTwo<number>((left, right) => left / right)),
  "%": pure(ofTwo<number>((left, right) => left % right)),
  min: extreme(Infinity, Math.min),
  max: extreme(-Infinity, Math.max),
} as const satisfies Record<string, Operator>;
