import { type Evaluate, operand, truthy } from "../expression.ts";
import { type Operator, predicate, pure } from "./operator.ts";

/** What `map`, `filter` and their like do with a list. */
type OverElements = (elements: readonly unknown[], rule: Evaluate) => unknown;

/** What is no list has none. */
const noElements: readonly unknown[] = [];

/** Compiles an operator whose second operand is evaluated for each element, which `var` then reads. */
function overElements(apply: OverElements): Operator["compile"] {
  return (operands) => {
    const source = operand(operands, 0);
    const rule = operand(operands, 1);
    return (data) => {
      const elements = source(data);
      return apply(Array.isArray(elements) ? elements : noElements, rule);
    };
  };
}

function transformation(apply: OverElements): Operator {
  return { ...pure(overElements(apply)), bindsElements: true };
}

function quantifier(apply: OverElements): Operator {
  return { ...predicate(overElements(apply)), bindsElements: true };
}

/** Whether an element of a literal list is found by `===`, which a Set agrees with (but for NaN). */
function isPlain(value: unknown): boolean {
  return typeof value === "string" || Number.isFinite(value) || typeof value === "boolean";
}

/** From so many elements on, a Set is faster than a loop. */
const setFrom = 8;

/** Whether a list holds a value, or a text another text. */
const isIn = predicate((operands) => {
  const needle = operand(operands, 0);
  const haystack = operands[1];
  if (haystack?.constant && Array.isArray(haystack.value) && haystack.value.every(isPlain)) {
    const elements: readonly unknown[] = haystack.value;
    if (elements.length >= setFrom) {
      const set = new Set(elements);
      return (data) => set.has(needle(data));
    }
    return (data) => {
      const value = needle(data);
      for (const element of elements) if (element === value) return true;
      return false;
    };
  }
  const source = operand(operands, 1);
  return (data) => {
    const value = needle(data);
    const within = source(data);
    // A text converts what it is asked for: 1 is in "123".
    if (typeof within === "string") return within !== "" && within.includes(`${value}`);
    return Array.isArray(within) && within.indexOf(value) !== -1;
  };
});

export const listOperators = {
  in: isIn,
  map: transformation((elements, rule) => elements.map((element) => rule(element))),
  filter: transformation((elements, rule) => elements.filter((element) => truthy(rule(element)))),
  /** `[list, rule, initial]`; the rule sees `current` and `accumulator`. */
  reduce: {
    ...pure((operands) => {
      const source = operand(operands, 0);
      const rule = operand(operands, 1);
      const start = operands.length > 2 ? operand(operands, 2) : () => null;
      return (data) => {
        const elements = source(data);
        const initial = start(data);
        if (!Array.isArray(elements)) return initial;
        return elements.reduce(
          (accumulator: unknown, current: unknown) => rule({ current, accumulator }),
          initial,
        );
      };
    }),
    bindsElements: true,
  },
  /** Of an empty list, false. */
  all: quantifier(
    (elements, rule) => elements.length > 0 && elements.every((element) => truthy(rule(element))),
  ),
  some: quantifier((elements, rule) => elements.some((element) => truthy(rule(element)))),
  none: quantifier((elements, rule) => !elements.some((element) => truthy(rule(element)))),
  /** One list of all operands, those that are lists taken apart. */
  merge: pure((operands) => (data) => {
    let merged: unknown[] = [];
    for (const each of operands) merged = merged.concat(each.evaluate(data));
    return merged;
  }),
} as const satisfies Record<string, Operator>;
