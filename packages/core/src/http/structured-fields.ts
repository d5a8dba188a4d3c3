/**
 * The rate-limit fields of draft-ietf-httpapi-ratelimit-headers-11 as structured fields (RFC 9651).
 * A later edition may rename parameters: they are written here and nowhere else.
 */
import type { LimitState } from "../decision/decision.ts";

/** The edition that is spoken. */
export const rateLimitEdition = "draft-ietf-httpapi-ratelimit-headers-11";

/** Integers of structured fields have at most 15 digits. */
const largest = 999_999_999_999_999;

const quote = (name: string) => `"${name.replace(/["\\]/g, "\\$&")}"`;

const integer = (value: number) => Math.min(Math.max(Math.floor(value), 0), largest);

/** One item of `RateLimit-Policy`; `window` in whole seconds is left out where it is none. */
export function policyItem(state: Pick<LimitState, "name" | "quota" | "window">): string {
  const window =
    Number.isInteger(state.window) && state.window > 0 ? `;w=${integer(state.window)}` : "";
  return `${quote(state.name)};q=${integer(state.quota)}${window}`;
}

/** One item of `RateLimit`: what can be spent now, and the seconds until it is full again. */
export function limitItem(name: string, remaining: number, secondsToFull: number): string {
  return `${quote(name)};r=${integer(remaining)};t=${integer(Math.ceil(secondsToFull))}`;
}
