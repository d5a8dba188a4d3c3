/** The headers that go with a decision: on allowed responses the rate limits, on denied ones what helps. */
import type { Denial } from "../decision/decision.ts";

/** The headers of most allowed responses. */
export type RateLimitFields = Readonly<Record<"RateLimit-Policy" | "RateLimit", string>>;

/** What the headers are made of. */
export interface HeaderSource {
  readonly denials: readonly Denial[];
  /** Of the limits and features that may be named to this caller. */
  readonly rateLimit: RateLimitFields | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly realm: string;
}

const none: Readonly<Record<string, string>> = Object.freeze({});

export function responseHeaders(source: HeaderSource): Readonly<Record<string, string>> {
  const first = source.denials[0];
  if (first === undefined) return source.rateLimit ?? none;
  const headers: Record<string, string> = { ...source.rateLimit };
  const challenge = authenticateChallenge(first, source.realm);
  if (challenge !== undefined) headers["WWW-Authenticate"] = challenge;
  const seconds = retryAfter(source.denials, source.now);
  if (seconds !== undefined) headers["Retry-After"] = String(seconds);
  return headers;
}

/** RFC 6750 §3: no error parameter where no credentials were sent. */
function authenticateChallenge(denial: Denial, realm: string): string | undefined {
  const challenge = `Bearer realm="${realm}"`;
  const { code, detail, missing } = denial;
  if (code === "unauthenticated") return challenge;
  if (code === "invalid_token")
    return `${challenge}, error="${code}", error_description="${detail.replace(/["\\]/g, "")}"`;
  if (code === "insufficient_scope")
    return `${challenge}, error="${code}", scope="${(missing?.required ?? []).join(" ")}"`;
  return undefined;
}

/**
 * Whole seconds, rounded up, at least 1 (RFC 9110 §10.2.3), where waiting alone would do: every denial
 * must be one that time mends.
 */
function retryAfter(denials: readonly Denial[], now: number): number | undefined {
  let latest = 0;
  for (const denial of denials) {
    if (denial.retryAt === undefined) return undefined;
    latest = Math.max(latest, denial.retryAt);
  }
  return Math.max(1, Math.ceil((latest - now) / 1_000));
}
