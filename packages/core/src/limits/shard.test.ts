import fc from "fast-check";
import { expect, it } from "vitest";
import { Shard } from "./shard.ts";

/** Few, so that searches meet, pass each other and go around the end; each key always has the same. */
const hashes = [0, 1, 62, 63, 64, 127, -1] as const;
const key = fc.record({
  name: fc.constantFrom("", "__proto__", "a", "b", "c", "d"),
  hash: fc.nat(6),
});

it("is a map, whatever the hashes", () => {
  const operation = fc.tuple(
    fc.constantFrom("set", "set", "delete"),
    key,
    fc.nat({ max: 2 ** 30 }),
  );
  fc.assert(
    fc.property(fc.array(operation, { size: "+1" }), (operations) => {
      const shard = new Shard();
      const model = new Map<string, number>();
      const seen = new Map<string, number>();
      for (const [name, { name: text, hash: index }, value] of operations) {
        const key = `${text}${index}`;
        const hash = hashes[index] as number;
        seen.set(key, hash);
        if (name === "set") {
          expect(shard.set(key, hash, value)).toBe(!model.has(key));
          model.set(key, value);
        } else {
          expect(shard.delete(key, hash)).toBe(model.delete(key));
        }
        for (const [key, hash] of seen) expect(shard.get(key, hash)).toBe(model.get(key));
      }
    }),
  );
});

it("keeps every key while it grows, and while others are deleted", () => {
  const shard = new Shard();
  const hashOf = (i: number) => Math.imul(i >> 1, 0x9e3779b1);
  for (let i = 0; i < 5_000; i++) expect(shard.set(`key-${i}`, hashOf(i), i)).toBe(true);
  for (let i = 0; i < 5_000; i += 3) expect(shard.delete(`key-${i}`, hashOf(i))).toBe(true);
  for (let i = 0; i < 5_000; i++) {
    expect(shard.get(`key-${i}`, hashOf(i))).toBe(i % 3 === 0 ? undefined : i);
  }
});
