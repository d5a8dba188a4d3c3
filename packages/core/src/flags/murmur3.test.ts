import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashPrefix, murmur3 } from "./murmur3.ts";

/** MurmurHash3 x86_32, seed 0, from its definition: whole bytes, exact integers, no haste. */
function reference(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const mask = 0xffff_ffffn;
  const rotate = (value: bigint, by: bigint) => ((value << by) | (value >> (32n - by))) & mask;
  const scramble = (block: bigint) =>
    (rotate((block * 0xcc9e2d51n) & mask, 15n) * 0x1b873593n) & mask;
  let hash = 0n;
  for (let at = 0; at < bytes.length; at += 4) {
    const block = bytes
      .subarray(at, at + 4)
      .reduceRight((high, byte) => (high << 8n) | BigInt(byte), 0n);
    hash ^= scramble(block);
    if (at + 4 <= bytes.length) hash = (rotate(hash, 13n) * 5n + 0xe6546b64n) & mask;
  }
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask;
  return Number(hash ^ (hash >> 16n));
}

describe("murmur3", () => {
  it.each([
    ["", 0],
    ["a", 0x3c2569b2],
    ["ab", 0x9bbfd75f],
    ["abc", 0xb3dd93fa],
    ["abcd", 0x43ed676a],
    ["hello", 0x248bfa47],
    ["hello, world", 0x149bbb7f],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
    ["é", 0x10110787],
    ["naïve-user", 0xe040efc1],
    ["用户-7", 0xff771d3e],
    ["😀", 0xbeb42efa],
    ["a😀b", 0xba4460fc],
    ["\ud800", 0xb69ca6c1],
  ])("hashes %j as every other implementation does", (text, expected) => {
    expect(murmur3(text) >>> 0).toBe(expected);
    expect(reference(text)).toBe(expected);
  });

  it("agrees with the definition on any text", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.string({ unit: "grapheme", maxLength: 20 }),
      fc.string({ unit: "binary", maxLength: 20 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(murmur3(value) >>> 0).toBe(reference(value));
      }),
    );
  });

  it("gives the same after a prefix as over the whole text, wherever the prefix ends", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "7", "é", "用", "😀"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (prefix, key) => {
        expect(murmur3(key, hashPrefix(prefix)) >>> 0).toBe(reference(prefix + key));
      }),
    );
  });
});
