/** A compiled rule: from the data in scope (the context, or an element of a list) to a value. */
export type Evaluate = (data: unknown) => unknown;

/** A rule's compiled form, with what those who compile around it may want to know. */
export interface Expression {
  readonly evaluate: Evaluate;
  /** Whether it gives the same value for any data; then `value` is that. */
  readonly constant: boolean;
  readonly value: unknown;
  /** The operator that it applies; `undefined` for a literal. */
  readonly operator: string | undefined;
  readonly operands: readonly Expression[];
}

export function literal(value: unknown): Expression {
  return { evaluate: () => value, constant: true, value, operator: undefined, operands: [] };
}

/** The list that a list of rules gives. */
export function list(elements: readonly Expression[]): Expression {
  if (areConstant(elements)) return literal(elements.map((element) => element.value));
  const evaluate: Evaluate = (data) => evaluateAll(elements, data);
  return { evaluate, constant: false, value: undefined, operator: undefined, operands: elements };
}

/** Whether all give the same for any data. */
export function areConstant(expressions: readonly Expression[]): boolean {
  return expressions.every((each) => each.constant);
}

export function evaluateAll(expressions: readonly Expression[], data: unknown): unknown[] {
  const values: unknown[] = [];
  for (const expression of expressions) values.push(expression.evaluate(data));
  return values;
}

const absent: Evaluate = () => undefined;

/** The operand at an index; one that was not written is `undefined`, as an argument of a function is. */
export function operand(operands: readonly Expression[], index: number): Evaluate {
  return operands[index]?.evaluate ?? absent;
}

/** JsonLogic's truth: JavaScript's, but an empty list is false (jsonlogic.com/truthy). */
export function truthy(value: unknown): boolean {
  if (value === true) return true;
  if (!value) return false;
  return typeof value !== "object" || !Array.isArray(value) || value.length > 0;
}
