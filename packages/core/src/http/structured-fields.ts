/**
 * The rate-limit fields of draft-ietf-httpapi-ratelimit-headers-11 as structured fields (RFC 9651).
 * A later edition may rename parameters: they are written here and nowhere else.
 */

/** Integers of structured fields have at most 15 digits. */
const largest = 999_999_999_999_999;

const quote = (name: string) => `"${name.replace(/["\\]/g, "\\$&")}"`;

const integer = (value: number) => Math.min(Math.max(Math.floor(value), 0), largest);

/** One item of `RateLimit-Policy`; a `window` (seconds) that is no whole number of them is left out. */
export function policyItem(name: string, quota: number, window: number): string {
  const whole = Number.isInteger(window) && window > 0 ? `;w=${integer(window)}` : "";
  return `${quote(name)};q=${integer(quota)}${whole}`;
}

/** What an item of `RateLimit` begins with: the same for every response. */
export function limitPrefix(name: string): string {
  return `${quote(name)};r=`;
}

/** One item of `RateLimit`: what can be spent now, and the seconds until it is full again. */
export function limitItem(prefix: string, remaining: number, secondsToFull: number): string {
  return `${prefix}${integer(remaining)};t=${integer(Math.ceil(secondsToFull))}`;
}
