import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SplitMap } from "./split-map.ts";

describe("SplitMap", () => {
  it("is a map", () => {
    const operation = fc.tuple(
      fc.constantFrom("set", "delete", "get"),
      fc.oneof(fc.constantFrom("__proto__", "", "a", "\ud800"), fc.string({ unit: "binary" })),
      fc.nat({ max: 2 ** 30 }),
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

  it("is a map while its keys move to shards", () => {
    // Some keys move early, some late, and some are new.
    const key = fc.nat({ max: 6_000 });
    const operation = fc.tuple(fc.constantFrom("set", "delete"), key, fc.nat({ max: 2 ** 30 }));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), fc.nat(6_000), (operations, moved) => {
        const map = new SplitMap(30_000);
        const model = new Map<string, number>();
        const set = (key: string, value: number) => {
          map.set(key, value);
          model.set(key, value);
        };
        for (let i = 0; i < 4_097; i++) set(`key-${i}`, i);
        for (let i = 0; i < moved; i++) set(`new-${i}`, i);
        for (const [name, number, value] of operations) {
          if (name === "set") {
            set(`key-${number}`, value);
          } else {
            map.delete(`key-${number}`);
            model.delete(`key-${number}`);
          }
          expect(map.get(`key-${number}`)).toBe(model.get(`key-${number}`));
          expect(map.size).toBe(model.size);
        }
        for (const [key, value] of model) if (map.get(key) !== value) expect.fail(key);
      }),
      { numRuns: 30 },
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
