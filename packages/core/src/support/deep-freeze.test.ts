import { expect, test } from "vitest";
import { deepFreeze } from "./deep-freeze.ts";

test("deepFreeze reaches everything, however deep", () => {
  let deep: unknown = [];
  for (let level = 0; level < 100_000; level++) deep = [deep];
  const value = deepFreeze({ a: { b: [{ c: 1 }] }, deep });
  expect(Object.isFrozen(value.a.b[0])).toBe(true);
  let level: unknown = value.deep;
  while (Array.isArray(level) && level.length > 0) {
    if (!Object.isFrozen(level)) throw new Error("not frozen");
    level = level[0];
  }
  expect(Object.isFrozen(level)).toBe(true);
});
