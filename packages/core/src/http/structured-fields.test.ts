import { expect, test } from "vitest";
import { limitItem, limitPrefix, policyItem } from "./structured-fields.ts";

test("a policy: its name as a string, its quota and its window in whole seconds", () => {
  expect(policyItem("api", 600, 60)).toBe('"api";q=600;w=60');
});

test("a window that is no whole number of seconds is left out rather than rounded", () => {
  expect(policyItem("api", 5, 0.25)).toBe('"api";q=5');
  expect(policyItem("api", 5, 1.5)).toBe('"api";q=5');
});

test("what can be spent now is rounded down, the wait for more is rounded up", () => {
  expect(limitItem(limitPrefix("api"), 3.9, 0.001)).toBe('"api";r=3;t=1');
  expect(limitItem(limitPrefix("api"), 0, 59.2)).toBe('"api";r=0;t=60');
});

test("integers have at most 15 digits and are never negative", () => {
  expect(limitItem(limitPrefix("api"), 2 ** 53 - 1, -3)).toBe('"api";r=999999999999999;t=0');
});

test("a name is escaped as a structured string", () => {
  expect(limitItem(limitPrefix('a"b\\c'), 1, 1)).toBe('"a\\"b\\\\c";r=1;t=1');
});
