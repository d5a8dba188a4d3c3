import { type Facts, singleHeader } from "../facts/facts.ts";

/**
 * Compiles the proof that a cookie credential was sent by a page of our own: `Sec-Fetch-Site: same-origin`
 * (Fetch Metadata), which no page can forge, or an `Origin` (RFC 6454) of the list, compared exactly.
 * `Origin: null` stands for any sandboxed page and proves nothing, listed or not.
 */
export function compileSameOrigin(origins: readonly string[] = []): (facts: Facts) => boolean {
  const trusted = new Set(origins);
  trusted.delete("null");
  return (facts) => {
    if (singleHeader(facts, "sec-fetch-site") === "same-origin") return true;
    if (trusted.size === 0) return false;
    const origin = singleHeader(facts, "origin");
    return origin !== undefined && trusted.has(origin);
  };
}
