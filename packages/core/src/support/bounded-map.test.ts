import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

describe("BoundedMap", () => {
  test("never holds more than its capacity, and what it holds is right", () => {
    const operation = fc.record({
      kind: fc.constantFrom("get", "set", "set", "delete"),
      key: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 16 }), fc.array(operation), (capacity, operations) => {
        const map = new BoundedMap<number, { of: number; at: number }>(capacity);
        const latest = new Map<number, number>();
        operations.forEach(({ kind, key }, at) => {
          if (kind === "set") {
            map.set(key, { of: key, at });
            latest.set(key, at);
          } else if (kind === "delete") {
            map.delete(key);
            latest.delete(key);
          }
          const found = map.get(key);
          // It may have forgotten, but it never tells something old or of somebody else.
          if (found !== undefined) expect(found).toEqual({ of: key, at: latest.get(key) });
          if (kind === "set") expect(found).toBeDefined();
          expect(map.size).toBeLessThanOrEqual(capacity);
        });
      }),
    );
  });

  test("what is in use stays, however many others come", () => {
    const map = new BoundedMap<string, number>(10);
    map.set("used", 1);
    for (let other = 0; other < 1_000; other++) {
      map.set(`other ${other}`, other);
      expect(map.get("used")).toBe(1);
    }
  });

  test("deleteWhere and clear reach both generations", () => {
    const map = new BoundedMap<number, number>(8);
    for (let key = 0; key < 8; key++) map.set(key, key);
    map.deleteWhere((value) => value % 2 === 0);
    for (let key = 0; key < 8; key += 2) expect(map.get(key)).toBeUndefined();
    expect(map.get(7)).toBe(7);
    map.clear();
    expect(map.size).toBe(0);
  });
});
