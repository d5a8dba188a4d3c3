import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateApiKey, hashApiKey, isWellFormedApiKey } from "./generate-api-key.ts";

describe("generateApiKey", () => {
  it("makes a key that tells its prefix and whose hash is the SHA-256 of the whole", async () => {
    const { key, hash } = await generateApiKey();
    expect(key).toMatch(/^flux_[0-9A-Za-z]{33}$/);
    expect(hash).toBe(createHash("sha256").update(key).digest("hex"));
    expect((await generateApiKey({ prefix: "acme2" })).key).toMatch(/^acme2_[0-9A-Za-z]{33}$/);
  });

  it("makes another key each time, all of the same length", async () => {
    const made = await Promise.all(Array.from({ length: 500 }, () => generateApiKey()));
    expect(new Set(made.map(({ key }) => key)).size).toBe(500);
    expect(new Set(made.map(({ key }) => key.length))).toEqual(new Set([38]));
    // Every character of the random part but the first takes many values: nothing is padding.
    for (let index = 6; index < 32; index++)
      expect(new Set(made.map(({ key }) => key[index])).size).toBeGreaterThan(40);
  });

  it.each(["", "Flux", "1a", "a_b", "a-b", "abcdefghijklmnopq", "é", 7, null])(
    "refuses the prefix %j",
    async (prefix) => {
      await expect(generateApiKey({ prefix: prefix as string })).rejects.toMatchObject({
        name: "FluxError",
        code: "api_key_invalid",
      });
    },
  );
});

describe("isWellFormedApiKey", () => {
  it("accepts what was generated, and no other spelling of it", async () => {
    const { key } = await generateApiKey({ prefix: "acme" });
    expect(isWellFormedApiKey(key, "acme")).toBe(true);
    fc.assert(
      fc.property(
        fc.nat({ max: key.length - 1 }),
        fc.constantFrom(..."09AZaz_é"),
        (index, character) => {
          fc.pre(key[index] !== character);
          const mistyped = key.slice(0, index) + character + key.slice(index + 1);
          expect(isWellFormedApiKey(mistyped, "acme")).toBe(false);
        },
      ),
    );
    expect(isWellFormedApiKey(`${key}0`, "acme")).toBe(false);
    expect(isWellFormedApiKey(key.slice(0, -1), "acme")).toBe(false);
    expect(isWellFormedApiKey(key, "other")).toBe(false);
  });

  it("stays what it is: keys outlive versions", () => {
    expect(isWellFormedApiKey(frozenKey, "flux")).toBe(true);
  });
});

/** The largest random part, with the checksum that zlib computes. */
const frozenKey = "flux_aWgEPTl1tmebfsQzFP4bxwgy80V1l0tEc";

describe("hashApiKey", () => {
  it("is SHA-256 in lower-case hex, of UTF-8", async () => {
    for (const key of ["", "abc", "schlüssel", "k".repeat(1_000)])
      expect(await hashApiKey(key)).toBe(createHash("sha256").update(key).digest("hex"));
  });
});
