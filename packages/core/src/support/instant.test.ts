import { describe, expect, test } from "vitest";
import { readInstant } from "./instant.ts";

const moment = Date.UTC(2030, 0, 31, 12);

describe("readInstant", () => {
  test.each([
    ["epoch milliseconds", moment],
    ["a Date", new Date(moment)],
    ["UTC", "2030-01-31T12:00:00Z"],
    ["fractions", "2030-01-31T12:00:00.000Z"],
    ["minutes", "2030-01-31T12:00Z"],
    ["an offset", "2030-01-31T14:00:00+02:00"],
  ])("%s", (_what, value) => {
    expect(readInstant(value)).toBe(moment);
  });

  test("a date alone is midnight UTC, a leap day included", () => {
    expect(readInstant("2030-01-31")).toBe(Date.UTC(2030, 0, 31));
    expect(readInstant("2028-02-29")).toBe(Date.UTC(2028, 1, 29));
  });

  test.each([
    ["no zone", "2030-01-31T12:00:00"],
    ["words", "1 March"],
    ["words with a year", "1 March 2030"],
    ["a number as text", "1900000000000"],
    ["a year", "2030"],
    ["a day that does not exist", "2030-02-30"],
    ["that day with a time", "2030-02-29T00:00:00Z"],
    ["a month that does not exist", "2030-13-01"],
    ["an hour that does not exist", "2030-01-31T25:00:00Z"],
    ["blanks", " 2030-01-31"],
    ["nothing", ""],
    ["an invalid Date", new Date(Number.NaN)],
    ["no number", Number.NaN],
    ["no end", Infinity],
    ["null", null],
    ["undefined", undefined],
    ["true", true],
    ["an object", { valueOf: () => moment }],
  ])("%s: none", (_what, value) => {
    expect(readInstant(value)).toBeUndefined();
  });
});
