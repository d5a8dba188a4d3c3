import { describe, expect, test } from "vitest";
import type { Denial } from "../decision/decision.ts";
import { type RateLimitFields, responseHeaders } from "./response-headers.ts";

const now = 1_000_000;
const denial = (more: Partial<Denial>): Denial => ({
  code: "forbidden",
  check: "permission",
  detail: "No.",
  ...more,
});
const rateLimit = { "RateLimit-Policy": '"api";q=60;w=60', RateLimit: '"api";r=9;t=2' };
const headers = (denials: Denial[], fields?: RateLimitFields) =>
  responseHeaders({ denials, rateLimit: fields, now, realm: "api" });

test("nothing to say: no headers", () => {
  expect(headers([])).toEqual({});
});

test("the rate limits, on allowed and on denied responses", () => {
  expect(headers([], rateLimit)).toEqual(rateLimit);
  expect(headers([denial({})], rateLimit)).toEqual(rateLimit);
});

describe("Retry-After", () => {
  const limited = (retryAt?: number) => denial({ code: "rate_limited", check: "limit", retryAt });
  const after = (...denials: Denial[]) => headers(denials)["Retry-After"];
  test("whole seconds, rounded up, at least 1", () => {
    expect(after(limited(now + 1))).toBe("1");
    expect(after(limited(now + 1_001))).toBe("2");
    expect(after(limited(now))).toBe("1");
    expect(after(limited(now - 5_000))).toBe("1");
  });
  test("the longest wait counts", () => {
    expect(after(limited(now + 1_000), limited(now + 9_000), limited(now + 3_000))).toBe("9");
  });
  test("none where waiting alone would not do", () => {
    expect(after(limited(now + 1_000), limited())).toBeUndefined();
    expect(after(denial({ code: "feature_unavailable" }))).toBeUndefined();
  });
});

describe("WWW-Authenticate (RFC 6750 §3)", () => {
  const challenge = (more: Partial<Denial>) => headers([denial(more)])["WWW-Authenticate"];
  test("no error where no credentials were sent", () => {
    expect(challenge({ code: "unauthenticated" })).toBe('Bearer realm="api"');
  });
  test("a description never breaks out of its quotes", () => {
    expect(challenge({ code: "invalid_token", detail: 'a "b" \\c' })).toBe(
      'Bearer realm="api", error="invalid_token", error_description="a b c"',
    );
  });
  test("all scopes that are needed, not only the missing ones", () => {
    const missing = { field: "scopes" as const, names: ["b"], any: false, required: ["a", "b"] };
    expect(challenge({ code: "insufficient_scope", missing })).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="a b"',
    );
  });
  test("other refusals ask for nothing", () => {
    expect(challenge({ code: "forbidden" })).toBeUndefined();
    expect(challenge({ code: "unavailable" })).toBeUndefined();
  });
});
