import { describe, expect, it } from "vitest";
import { tokensPerIssuer } from "./issuer.ts";
import { TokenCache, VerifiedToken } from "./token-cache.ts";

describe("the cache of verified tokens", () => {
  it("is bounded", () => {
    const cache = new TokenCache(100);
    const principal = { id: "a" } as VerifiedToken["principal"];
    const verified = new VerifiedToken(principal, 1, { alive: true }, {} as VerifiedToken["keys"]);
    for (let index = 0; index < 1_000; index++) cache.set(`token-${index}`, verified);
    expect(cache.size).toBeLessThanOrEqual(100);
    expect(cache.get("token-999")).toBe(verified);
    expect(cache.get("token-0")).toBeUndefined();
    expect(tokensPerIssuer).toBe(10_000);
  });

  it("finds a token by the whole of it, not by how it ends", () => {
    const cache = new TokenCache(10);
    const end = ".signature-bits-that-are-the-same";
    cache.set(
      `Bearer header.claims${end}`,
      new VerifiedToken({ id: "a" } as never, 1, { alive: true }, {} as never),
    );
    for (const other of [`Bearer header.CLAIMS${end}`, end, end.slice(-12), "", "s"])
      expect(cache.get(other)).toBeUndefined();
    cache.delete(`Bearer header.CLAIMS${end}`);
    expect(cache.get(`Bearer header.claims${end}`)).toBeDefined();
  });
});
