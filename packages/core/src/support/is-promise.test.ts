import { expect, test } from "vitest";
import { isPromise } from "./is-promise.ts";

test("anything thenable must be awaited", () => {
  const name = "then";
  expect([isPromise(Promise.resolve()), isPromise({ [name]: () => undefined })]).toEqual([
    true,
    true,
  ]);
  for (const value of [null, undefined, 1, "then", {}, { [name]: 1 }, () => undefined])
    expect(isPromise(value)).toBe(false);
});
