import { afterEach, expect, test, vi } from "vitest";
import { oncePerProcess } from "./once-per-process.ts";

afterEach(() => vi.unstubAllEnvs());

test("two bundles of one process get the same", async () => {
  const first = oncePerProcess("shared", () => ({}));
  vi.resetModules();
  const other = await import("./once-per-process.ts");
  expect(other.oncePerProcess).not.toBe(oncePerProcess);
  // A bundler may have written the same function in other words.
  expect(other.oncePerProcess("shared", () => Object.create(null))).toBe(first);
});

test("names are kept apart, and one name is not given to two functions", () => {
  const a = oncePerProcess("a", () => ({ name: "a" }));
  expect(oncePerProcess("b", () => ({ name: "b" }))).not.toBe(a);
  expect(() => oncePerProcess("a", () => ({ name: "another" }))).toThrow(/a name of its own/);
});

test("in development a changed function is asked anew", () => {
  vi.stubEnv("NODE_ENV", "development");
  const before = oncePerProcess("dev", () => 1);
  expect([before, oncePerProcess("dev", () => 2)]).toEqual([1, 2]);
});

test("what throws is tried again", () => {
  let broken = true;
  const make = () => {
    if (broken) throw new Error("no configuration yet");
    return "made";
  };
  expect(() => oncePerProcess("late", make)).toThrow("no configuration yet");
  broken = false;
  expect(oncePerProcess("late", make)).toBe("made");
});
