// Doors of their own: jose's main one also loads its encryption, which no token here uses.

import type { JWTPayload, ProtectedHeaderParameters } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { decodeJwt } from "jose/jwt/decode";
import { jwtVerify } from "jose/jwt/verify";
import type { Principal } from "../decision/principal.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { AuthFailure } from "./auth-failure.ts";
import type { ClaimReaders } from "./claims.ts";
import type { Issuer } from "./issuer.ts";
import type { FoundKey } from "./key-set.ts";
import type { KnownHeaders } from "./known-headers.ts";
import { refusals } from "./refusals.ts";
import { VerifiedToken } from "./token-cache.ts";

export interface TokenRules {
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly headers: KnownHeaders;
  readonly readers: ClaimReaders;
  /** Milliseconds. */
  readonly clockTolerance: number;
  /** Epoch milliseconds. */
  now(): number;
  /** Told of a key that jose will not verify with, such as an RSA key below 2,048 bits. */
  onUnusableKey(issuer: Issuer, error: unknown): void;
}

export interface JudgedToken {
  readonly issuer: Issuer;
  readonly verified: VerifiedToken;
}

/** JWS Compact Serialization (RFC 7515 §7.1): three parts of base64url, and nothing that a lenient decoder skips. */
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Judges a token (RFC 7519 §7.2, RFC 8725). What it says of itself picks the issuer, and refuses it early;
 * nothing else of it counts before its signature was verified with that issuer's key. Never rejects.
 */
export async function verifyToken(
  token: string,
  rules: TokenRules,
): Promise<JudgedToken | AuthFailure> {
  if (!compact.test(token)) return refusals.malformed;
  const known = rules.headers.recall(token, rules.now());
  const first = known && (await verifyBy(known.found, known.issuer, token, rules));
  if (first !== undefined && !(first instanceof AuthFailure)) return first;

  const issuer = issuerOf(token, rules);
  if (issuer instanceof AuthFailure) return issuer;
  if (first !== undefined && known?.issuer === issuer) return first;
  const found = await issuer.keys.find(decodeProtectedHeader(token));
  if (found instanceof AuthFailure) return found;
  const judged = await verifyBy(found, issuer, token, rules);
  if (!(judged instanceof AuthFailure)) rules.headers.remember(token, issuer, found);
  return judged;
}

/** The issuer that a token names, or why no key need be asked about it. */
function issuerOf(token: string, rules: TokenRules): Issuer | AuthFailure {
  let header: ProtectedHeaderParameters;
  let payload: JWTPayload;
  try {
    header = decodeProtectedHeader(token);
    payload = decodeJwt(token);
  } catch {
    return refusals.malformed;
  }
  const issuer = typeof payload.iss === "string" ? rules.issuers.get(payload.iss) : undefined;
  if (issuer === undefined) return refusals.issuer;
  // RFC 8725 §3.1, and RFC 7515 §4.1.11: no extension is understood here, that of RFC 7797 included.
  if (typeof header.alg !== "string" || !issuer.algorithms.has(header.alg))
    return refusals.algorithm;
  if (header.kid !== undefined && typeof header.kid !== "string") return refusals.malformed;
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) return refusals.criticalHeader;
  // What expired by its own word needs no key and no fetch.
  if (typeof payload.exp === "number" && rules.now() >= expiry(payload.exp, rules))
    return refusals.expired;
  return issuer;
}

async function verifyBy(
  found: FoundKey,
  issuer: Issuer,
  token: string,
  rules: TokenRules,
): Promise<JudgedToken | AuthFailure> {
  try {
    const { payload: claims } = await jwtVerify(token, found.key, {
      algorithms: issuer.algorithmNames,
      issuer: issuer.name,
      audience: issuer.audience,
      typ: issuer.typ,
      requiredClaims: ["exp"],
      clockTolerance: rules.clockTolerance / 1_000,
      currentDate: new Date(rules.now()),
    });
    const expiresAt = expiry(claims.exp as number, rules);
    if (!(rules.now() < expiresAt)) return refusals.expired;
    if (expiresAt === Number.POSITIVE_INFINITY) return refusals.noExpiry;
    const principal = principalOf(issuer.name, claims, rules.readers);
    if (principal === undefined) return refusals.subject;
    return {
      issuer,
      verified: new VerifiedToken(principal, expiresAt, found.reference, issuer.keys),
    };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) rules.onUnusableKey(issuer, error);
    return refusalFor(error);
  }
}

/** Epoch milliseconds from which on a token with this `exp` is refused. */
function expiry(exp: number, rules: TokenRules): number {
  return exp * 1_000 + rules.clockTolerance;
}

function principalOf(
  issuer: string,
  claims: JWTPayload,
  readers: ClaimReaders,
): Principal | undefined {
  deepFreeze(claims);
  const subject = readers.subject(claims);
  if (subject === undefined) return undefined;
  return Object.freeze<Principal>({
    id: `${issuer}|${subject}`,
    type: "jwt",
    issuer,
    subject,
    scopes: readers.scopes(claims),
    roles: readers.roles(claims),
    permissions: readers.permissions(claims),
    tenant: undefined,
    tenants: readers.tenants(claims),
    claims,
  });
}

/** All that can be wrong with a token is 401; an outage was answered before jose was asked. */
function refusalFor(error: unknown): AuthFailure {
  if (error instanceof errors.JWTExpired) return refusals.expired;
  if (error instanceof errors.JWSSignatureVerificationFailed) return refusals.signature;
  if (error instanceof errors.JOSEAlgNotAllowed) return refusals.algorithm;
  if (error instanceof errors.JWTClaimValidationFailed) {
    const missing = error.reason === "missing";
    if (error.claim === "aud") return refusals.audience;
    if (error.claim === "typ") return refusals.type;
    if (error.claim === "iss") return refusals.issuer;
    if (error.claim === "nbf" && error.reason === "check_failed") return refusals.notYetValid;
    return error.claim === "exp" && missing ? refusals.noExpiry : refusals.claims;
  }
  return error instanceof errors.JOSEError ? refusals.malformed : refusals.weakKey;
}
