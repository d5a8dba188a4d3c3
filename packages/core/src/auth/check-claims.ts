import type { AuthFailure } from "./auth-failure.ts";
import type { Issuer } from "./issuer.ts";
import * as refusals from "./refusals.ts";

type Claims = Readonly<Record<string, unknown>>;

/**
 * What is wrong with the registered claims of a token that was verified with this issuer's key (RFC 7519 §4.1);
 * `undefined`: nothing. That it has expired is for whoever uses it to see. Dates count to the millisecond.
 * @param latest epoch milliseconds, the tolerance included: a token that begins later is not valid yet.
 */
export function checkClaims(
  claims: Claims,
  issuer: Issuer,
  latest: number,
): AuthFailure | undefined {
  const { iss, aud, exp, nbf, iat } = claims;
  if (iss !== issuer.name) return refusals.issuer;
  if (issuer.audiences !== undefined && !isFor(aud, issuer.audiences)) return refusals.audience;
  if (exp === undefined) return refusals.noExpiry;
  if (!isDate(iat) || !isDate(nbf)) return refusals.claims;
  if (nbf !== undefined && nbf * 1_000 > latest) return refusals.notYetValid;
  return isDate(exp) ? undefined : refusals.claims;
}

/** Whether one of the audiences that a token is for is among ours (RFC 7519 §4.1.3). */
function isFor(audience: unknown, ours: readonly string[]): boolean {
  return typeof audience === "string"
    ? ours.includes(audience)
    : Array.isArray(audience) && ours.some((name) => audience.includes(name));
}

/** A NumericDate (RFC 7519 §2), where there is one. */
function isDate(value: unknown): value is number | undefined {
  return value === undefined || typeof value === "number";
}
