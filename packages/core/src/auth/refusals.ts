import { AuthFailure } from "./auth-failure.ts";

/** Each refusal that is always the same: made once, shared by all requests. */
export const refusals = {
  severalCredentials: refusal("bad_request", "the request carries more than one credential"),
  repeatedHeader: refusal("bad_request", "a header that carries a credential is repeated"),
  repeatedCookie: refusal("bad_request", "a cookie that carries a credential is repeated"),

  malformedAuthorization: refusal(
    "invalid_token",
    "the Authorization header is not a Bearer token",
  ),
  malformed: refusal("invalid_token", "the token is malformed"),
  tooLong: refusal("invalid_token", "the token is too long"),
  issuer: refusal("invalid_token", "the token's issuer is not trusted here"),
  algorithm: refusal("invalid_token", "the token's algorithm is not accepted"),
  criticalHeader: refusal("invalid_token", "the token needs an extension that is not understood"),
  unknownKey: refusal("invalid_token", "the token was signed with an unknown key"),
  ambiguousKey: refusal("invalid_token", "the token does not say which key it was signed with"),
  weakKey: refusal("invalid_token", "the token was signed with a key that is not accepted"),
  signature: refusal("invalid_token", "the token's signature is wrong"),
  type: refusal("invalid_token", "the token is of another type than is accepted"),
  audience: refusal("invalid_token", "the token's audience is not this API"),
  expired: refusal("invalid_token", "the token expired"),
  notYetValid: refusal("invalid_token", "the token is not valid yet"),
  noExpiry: refusal("invalid_token", "the token has no expiry"),
  claims: refusal("invalid_token", "the token's claims are malformed"),
  subject: refusal("invalid_token", "the token names no subject"),
  revoked: refusal("invalid_token", "the token was revoked"),

  malformedApiKey: refusal("invalid_token", "the API key is malformed"),
  unknownApiKey: refusal("invalid_token", "the API key is unknown"),
  disabledApiKey: refusal("invalid_token", "the API key is disabled"),
  expiredApiKey: refusal("invalid_token", "the API key expired"),

  /** Never seen by a caller: whoever gave no permit says why. */
  notPermitted: refusal("unavailable", "the credentials cannot be checked at the moment"),
  keyUnusable: refusal("unavailable", "the token's key cannot be used at the moment"),
  revokedUnavailable: refusal("unavailable", "the token cannot be checked at the moment"),
  apiKeysUnavailable: refusal("unavailable", "the API key cannot be checked at the moment"),
  customUnavailable: refusal("unavailable", "the session cannot be checked at the moment"),
} as const;

/** The issuer's keys cannot be had. @param retryAfter whole seconds, at least 1. */
export function keysUnavailable(retryAfter: number): AuthFailure {
  return new AuthFailure("unavailable", "the token cannot be checked at the moment", retryAfter);
}

function refusal(code: AuthFailure["code"], detail: string): AuthFailure {
  return Object.freeze(new AuthFailure(code, detail));
}
