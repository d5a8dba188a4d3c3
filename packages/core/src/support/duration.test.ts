import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["250ms", 250],
  ["1.5s", 1_500],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["2d", 172_800_000],
  ["0s", 0],
  [0, 0],
  [12.5, 12.5],
  ["", undefined],
  ["5", undefined],
  ["5 m", undefined],
  ["-5m", undefined],
  ["5M", undefined],
  ["5min", undefined],
  ["1e3s", undefined],
  [-1, undefined],
  [Number.NaN, undefined],
  [Infinity, undefined],
  [null, undefined],
  [{}, undefined],
])("the duration %j is %s ms", (given, milliseconds) => {
  expect(parseDuration(given)).toBe(milliseconds);
});
