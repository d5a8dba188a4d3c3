import { arithmeticOperators } from "./arithmetic.ts";
import { comparisonOperators } from "./comparison.ts";
import { dataOperators } from "./data.ts";
import { fractional } from "./fractional.ts";
import { listOperators } from "./lists.ts";
import { logicOperators } from "./logic.ts";
import type { Operator } from "./operator.ts";
import { stringOperators } from "./strings.ts";

/** Every operator of a targeting: JsonLogic's (json-logic-js 2.0.5) and flagd's four. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>(
  Object.entries({
    ...logicOperators,
    ...comparisonOperators,
    ...arithmeticOperators,
    ...dataOperators,
    ...listOperators,
    ...stringOperators,
    fractional,
  }),
);
