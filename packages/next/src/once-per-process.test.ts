import { afterEach, expect, test, vi } from "vitest";
import { oncePerProcess } from "./once-per-process.ts";

afterEach(() => vi.unstubAllEnvs());

/** The module as another bundle of the process has it. */
async function otherBundle() {
  vi.resetModules();
  const other = await import("./once-per-process.ts");
  expect(other.oncePerProcess).not.toBe(oncePerProcess);
  return other;
}

test("two bundles of one process get the same", async () => {
  const first = oncePerProcess("shared", () => ({}));
  const other = await otherBundle();
  // A bundler may have written the same function in other words.
  expect(other.oncePerProcess("shared", () => Object.create(null))).toBe(first);
});

test("names are kept apart, and in production one name is not given to two functions", () => {
  vi.stubEnv("NODE_ENV", "production");
  const make = (name: string) => () => ({ name });
  const a = oncePerProcess("a", make("a"));
  expect(oncePerProcess("b", make("b"))).not.toBe(a);
  expect(() => oncePerProcess("a", make("a"))).toThrow(/a name of its own/);
});

test("in development a module that is loaded anew is asked anew", () => {
  vi.stubEnv("NODE_ENV", "development");
  const config = { version: 1 };
  const make = () => () => ({ ...config });
  const before = oncePerProcess("dev", make());
  config.version = 2;
  expect([before, oncePerProcess("dev", make())]).toEqual([{ version: 1 }, { version: 2 }]);
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
