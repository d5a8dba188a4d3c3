import { expect, test } from "vitest";
import { gauge, quieterHalf } from "./gauge.ts";

test("the rounds that count are those in which the fixed work took least, whatever they found", () => {
  const rounds = [5, 1, 4, 2, 3].map((gauged, found) => ({ gauged, found }));
  expect(quieterHalf(rounds).map(({ found }) => found)).toEqual([1, 3, 4]);
});

test("the gauge takes some time", () => {
  expect(gauge()).toBeGreaterThan(0);
});
