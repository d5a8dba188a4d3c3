import { expect, test } from "vitest";
import { toMicroseconds, unconnected } from "./host-clock.ts";

test("a reading is rounded down to whole microseconds", () => {
  expect(toMicroseconds(0)).toBe(0);
  expect(toMicroseconds(1.000_9)).toBe(1_000);
  expect(toMicroseconds(2 ** 52 / 1_000)).toBe(2 ** 52);
});

test.each([Number.NaN, -1, Infinity, -Infinity, 2 ** 43])(
  "a clock that gives %s is none",
  (now) => {
    expect(() => toMicroseconds(now)).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        message: expect.stringContaining(`${now}`),
      }),
    );
  },
);

test("a store that was not connected says which it is", () => {
  expect(() => unconnected("someStore").now()).toThrow(
    expect.objectContaining({
      code: "config_invalid",
      message: expect.stringContaining("someStore: it has no clock"),
    }),
  );
});
