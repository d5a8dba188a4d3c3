import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SplitMap } from "./split-map.ts";

describe("SplitMap", () => {
  it("is a map", () => {
    const operation = fc.tuple(
      fc.constantFrom("set", "delete", "get"),
      fc.oneof(fc.constantFrom("__proto__", "", "a", "\ud800"), fc.string({ unit: "binary" })),
      fc.nat(),
    );
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const map = new SplitMap(10);
        const model = new Map<string, number>();
        for (const [name, key, value] of operations) {
          if (name === "set") {
            map.set(key, value);
            model.set(key, value);
          } else if (name === "delete") {
            map.delete(key);
            model.delete(key);
          }
          expect(map.get(key)).toBe(model.get(key));
          expect(map.size).toBe(model.size);
        }
      }),
    );
  });

  it("keeps every key through its split, and counts what it holds", () => {
    const map = new SplitMap(15_000);
    const count = 20_000;
    for (let i = 0; i < count; i++) map.set(`ip:192.0.2.${i}`, i);
    for (let i = 0; i < count; i++) map.set(`ip:192.0.2.${i}`, i + 1);
    expect(map.size).toBe(count);
    for (let i = 0; i < count; i++) expect(map.get(`ip:192.0.2.${i}`)).toBe(i + 1);
    for (let i = 0; i < count; i += 2) map.delete(`ip:192.0.2.${i}`);
    map.delete("never set");
    expect(map.size).toBe(count / 2);
    expect(map.get("ip:192.0.2.0")).toBeUndefined();
    expect(map.get("ip:192.0.2.1")).toBe(2);
  });
});
