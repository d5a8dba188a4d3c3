import { AuthFailure } from "./auth-failure.ts";

/*
 * Each refusal that is always the same: made once, shared by all requests. Imported as `refusals`, whole, so that
 * a bundler knows each by itself.
 */

export const severalCredentials = unreadable("the request carries more than one credential");
export const repeatedHeader = unreadable("a header that carries a credential is repeated");
export const repeatedCookie = unreadable("a cookie that carries a credential is repeated");

export const malformedAuthorization = invalid("the Authorization header is not a Bearer token");
export const malformed = invalid("the token is malformed");
export const tooLong = invalid("the token is too long");
export const issuer = invalid("the token's issuer is not trusted here");
export const algorithm = invalid("the token's algorithm is not accepted");
export const criticalHeader = invalid("the token needs an extension that is not understood");
export const unknownKey = invalid("the token was signed with an unknown key");
export const ambiguousKey = invalid("the token does not say which key it was signed with");
export const weakKey = invalid("the token was signed with a key that is not accepted");
export const signature = invalid("the token's signature is wrong");
export const type = invalid("the token is of another type than is accepted");
export const audience = invalid("the token's audience is not this API");
export const expired = invalid("the token expired");
export const notYetValid = invalid("the token is not valid yet");
export const noExpiry = invalid("the token has no expiry");
export const claims = invalid("the token's claims are malformed");
export const subject = invalid("the token names no subject");
export const revoked = invalid("the token was revoked");

export const malformedApiKey = invalid("the API key is malformed");
export const unknownApiKey = invalid("the API key is unknown");
export const disabledApiKey = invalid("the API key is disabled");
export const expiredApiKey = invalid("the API key expired");

/** Never seen by a caller: whoever gave no permit says why. */
export const notPermitted = unavailable("the credentials cannot be checked at the moment");
export const keyUnusable = unavailable("the token's key cannot be used at the moment");
export const revokedUnavailable = unavailable("the token cannot be checked at the moment");
export const apiKeysUnavailable = unavailable("the API key cannot be checked at the moment");
export const customUnavailable = unavailable("the session cannot be checked at the moment");

/** The issuer's keys cannot be had. @param retryAfter whole seconds, at least 1. */
export function keysUnavailable(retryAfter: number): AuthFailure {
  return unavailable("the token cannot be checked at the moment", retryAfter);
}

function unreadable(detail: string): AuthFailure {
  return Object.freeze(new AuthFailure("bad_request", detail));
}

function invalid(detail: string): AuthFailure {
  return Object.freeze(new AuthFailure("invalid_token", detail));
}

function unavailable(detail: string, retryAfter?: number): AuthFailure {
  return Object.freeze(new AuthFailure("unavailable", detail, retryAfter));
}
