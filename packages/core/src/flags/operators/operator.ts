import { areConstant, type Evaluate, type Expression, operand } from "../expression.ts";
import type { Place } from "../place.ts";

/** Where an operator stands, and what it may use. */
export interface Site {
  readonly flagKey: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly place: Place;
  /** The operand was written without its list: `{ "!": x }` for `{ "!": [x] }`. */
  readonly unary: boolean;
  /** Reports what can be evaluated, but hardly means what it says. */
  readonly warn: (message: string) => void;
}

export interface Operator {
  readonly compile: (operands: readonly Expression[], site: Site) => Evaluate;
  /** Whether the value is the same for any data, and so known when the rule is compiled; absent: never. */
  readonly isConstant?: (operands: readonly Expression[], site: Site) => boolean;
  /** The second operand is evaluated for each element of the first. */
  readonly bindsElements?: boolean;
  /** Gives true or false, whatever its operands. */
  readonly isPredicate?: boolean;
}

/** An operator whose value depends on its operands alone. */
export function pure(compile: Operator["compile"]): Operator {
  return { compile, isConstant: areConstant };
}

/** A pure operator that gives true or false. */
export function predicate(compile: Operator["compile"]): Operator {
  return { ...pure(compile), isPredicate: true };
}

/** Calculates from the values of two operands; `Value` is what these are taken for, whatever they are. */
export function ofTwo<Value>(
  calculate: (left: Value, right: Value) => unknown,
): Operator["compile"] {
  return (operands) => {
    const left = operand(operands, 0);
    const right = operand(operands, 1);
    return (data) => calculate(left(data) as Value, right(data) as Value);
  };
}
