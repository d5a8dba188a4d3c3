import { describe, expect, it } from "vitest";
import { tokensPerIssuer } from "./issuer.ts";
import { TokenCache, type VerifiedToken } from "./token-cache.ts";

function verified(): VerifiedToken {
  return {
    sent: "",
    principal: { id: "a" } as VerifiedToken["principal"],
    expiresAt: 1,
    key: { alive: true },
    keys: {} as VerifiedToken["keys"],
    standing: undefined,
  };
}

describe("the cache of verified tokens", () => {
  it("is bounded", () => {
    const cache = new TokenCache(100);
    const texts = Array.from({ length: 1_000 }, (_, index) => `token-${index}`);
    for (const text of texts) cache.set(text, verified());
    expect(cache.get("token-999")?.sent).toBe("token-999");
    expect(cache.get("token-0")).toBeUndefined();
    expect(texts.filter((text) => cache.get(text) !== undefined).length).toBeLessThanOrEqual(100);
    expect(tokensPerIssuer).toBe(10_000);
  });

  it("holds one of two that end alike, and takes neither for the other", () => {
    const cache = new TokenCache(10);
    const [first, second] = ["Bearer a.b.cccccc-abcdef", "Bearer a.b.dddddd-abcdef"];
    cache.set(first, verified());
    cache.set(second, verified());
    expect([cache.get(first), cache.get(second)?.sent]).toEqual([undefined, second]);
  });

  it("finds a token by the whole of it, not by how it ends", () => {
    const cache = new TokenCache(10);
    const end = ".signature-bits-that-are-the-same";
    cache.set(`Bearer header.claims${end}`, verified());
    for (const other of [`Bearer header.CLAIMS${end}`, end, end.slice(-12), "", "s"])
      expect(cache.get(other)).toBeUndefined();
    cache.delete(`Bearer header.CLAIMS${end}`);
    expect(cache.get(`Bearer header.claims${end}`)?.sent).toBe(`Bearer header.claims${end}`);
  });
});
