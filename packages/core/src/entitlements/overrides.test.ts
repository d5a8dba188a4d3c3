import { describe, expect, test } from "vitest";
import { readOverrides } from "./overrides.ts";

const features = {
  exports: { kind: "boolean" },
  seats: { kind: "static" },
  tokens: { kind: "metered", per: "month" },
} as const;
const read = (given: unknown) => readOverrides(features, given);

test("values stand alone, or with the time at which they end", () => {
  const end = Date.UTC(2030, 0, 1);
  const { overrides, malformed, unknown } = read({
    exports: true,
    seats: { value: 9, expiresAt: "2030-01-01T00:00:00Z" },
    tokens: { value: "unlimited", expiresAt: new Date(end) },
  });
  expect(malformed).toBeUndefined();
  expect(unknown).toEqual([]);
  expect(overrides?.get("exports")).toEqual({
    entitlement: { granted: true, value: true },
    expiresAt: Infinity,
  });
  expect(overrides?.get("seats")?.expiresAt).toBe(end);
  expect(overrides?.get("tokens")).toEqual({
    entitlement: { granted: true, value: Infinity },
    expiresAt: end,
  });
  expect(read({ seats: { value: 1, expiresAt: end } }).overrides?.get("seats")?.expiresAt).toBe(
    end,
  );
  expect(read({ seats: { value: 1, expiresAt: null } }).overrides?.get("seats")?.expiresAt).toBe(
    Infinity,
  );
});

test.each([undefined, null, {}])("%s: there are none", (given) => {
  expect(read(given)).toEqual({ overrides: undefined, malformed: undefined, unknown: [] });
});

test("a feature that the config does not know grants nothing and is named", () => {
  const { overrides, unknown } = read({ export: true, toString: true, seats: 4 });
  expect(unknown).toEqual(["export", "toString"]);
  expect([...(overrides?.keys() ?? [])]).toEqual(["seats"]);
});

describe("a malformed record is not believed in part", () => {
  test.each([
    [[], /no object/],
    ["all", /no object/],
    [{ seats: 4, exports: "yes" }, /^overrides\.exports: expected true or false/],
    [{ tokens: -1 }, /^overrides\.tokens: expected a whole number/],
    [{ tokens: null }, /^overrides\.tokens: /],
    [{ seats: { expiresAt: 5 } }, /^overrides\.seats: /],
    [
      { seats: { value: 1, expiresAt: "soon" } },
      /^overrides\.seats: expiresAt is not epoch milliseconds/,
    ],
    [{ seats: { value: 1, expiresAt: new Date(Number.NaN) } }, /expiresAt/],
    [{ seats: { value: 1, expiresAt: true } }, /expiresAt/],
    [{ seats: { value: 1, expiresAt: "2030-01-01T00:00:00" } }, /with a zone/],
    [{ seats: { value: 1, expiresAt: "1 March" } }, /expiresAt/],
  ])("%j", (given, reason) => {
    const { overrides, malformed } = read(given);
    expect(overrides).toBeUndefined();
    expect(malformed).toMatch(reason);
  });
});
