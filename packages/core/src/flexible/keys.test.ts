import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf, prefixOf } from "./keys.ts";

/** As MySQL compares by default: no case, no accents, no spaces at the end. */
const folded = (text: string) => text.normalize("NFKD").toLowerCase().trimEnd();

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "A", "b", ":", "|", "~", " ", "\0", "\ud800", "\udfff") }),
  fc.constantFrom("tenant:acorn", "ip:2001:db8::/56", "a".repeat(300)),
);

test.each([
  ["tenant:acorn", "", "tenant:acorn"],
  ["tenant:acorn", "key_7", "tenant:acorn|key_7"],
  ["ip:2001:db8::/56", "", "ip:2001:db8::/56"],
])("what is plain is readable: %j, %j", (owner, partition, key) => {
  expect(keyOf(owner, partition)).toBe(key);
});

test("no two owners or partitions share a key, however it is compared", () => {
  fc.assert(
    fc.property(text, text, text, text, (owner, partition, otherOwner, otherPartition) => {
      fc.pre(owner !== otherOwner || partition !== otherPartition);
      const key = keyOf(owner, partition);
      const other = keyOf(otherOwner, otherPartition);
      expect(folded(key)).not.toBe(folded(other));
      expect(key).toMatch(/^[!-~]{0,120}$/);
    }),
    { numRuns: 2_000 },
  );
  expect(keyOf("tenant:A", "")).not.toBe(keyOf("tenant:a", ""));
  expect(keyOf("a", "b|c")).not.toBe(keyOf("a|b", "c"));
  expect(keyOf("\ud800", "")).not.toBe(keyOf("\ud801", ""));
});

test("no two limits share a prefix, and none ends where a key begins", () => {
  const seconds = fc.integer({ min: 1, max: 9_000_000_000 });
  fc.assert(
    fc.property(text, seconds, text, seconds, (name, duration, otherName, otherDuration) => {
      fc.pre(name !== otherName || duration !== otherDuration);
      const prefix = prefixOf(name, duration);
      expect(folded(prefix)).not.toBe(folded(prefixOf(otherName, otherDuration)));
      // Also a table's name in PostgreSQL, where the app gives none: 63 bytes.
      expect(prefix).toMatch(/^[a-z0-9_-]{1,60}$/);
    }),
    { numRuns: 2_000 },
  );
  expect(prefixOf("api", 60)).toBe("flux_api_60");
  expect(prefixOf("auth.failures", 60)).toMatch(/^flux_auth_failures-[0-9a-f]{16}_60$/);
});
