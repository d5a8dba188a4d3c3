// Doors of their own: jose's main one also loads its encryption, which no token here uses.

import type { JWTPayload, ProtectedHeaderParameters } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { decodeJwt } from "jose/jwt/decode";
import { type JWTVerifyOptions, jwtVerify } from "jose/jwt/verify";
import type { Principal } from "../decision/principal.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { AuthFailure } from "./auth-failure.ts";
import type { ClaimReaders } from "./claims.ts";
import type { Issuer } from "./issuer.ts";
import type { HeaderKey, KnownHeaders } from "./known-headers.ts";
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

interface JudgedToken {
  readonly issuer: Issuer;
  readonly verified: VerifiedToken;
}

/** JWS Compact Serialization (RFC 7515 §7.1): three parts of base64url, and nothing that a lenient decoder skips. */
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Judges a token (RFC 7519 §7.2, RFC 8725). Nothing of it counts before its signature was verified with the key
 * of an issuer, and it names that issuer. Never rejects.
 */
export async function verifyToken(
  token: string,
  rules: TokenRules,
): Promise<JudgedToken | AuthFailure> {
  if (!compact.test(token)) return refusals.malformed;
  const now = rules.now();
  const known = rules.headers.recall(token, now);
  if (known === undefined) return readAndVerify(token, rules);
  try {
    const { payload } = await jwtVerify(token, known.found.key, optionsOf(known, rules, now));
    return judge(payload, known, rules);
  } catch (error) {
    if (error instanceof errors.JWTExpired) return expired(error.payload, known, rules);
    return readAndVerify(token, rules, { key: known, failure: failureOf(error, known, rules) });
  }
}

/** A key that was tried already, and why the token does not pass by it. */
interface Tried {
  readonly key: HeaderKey;
  readonly failure: AuthFailure;
}

/** Has what a token says of itself pick the issuer, or the reason for its refusal that is told before others. */
async function readAndVerify(
  token: string,
  rules: TokenRules,
  tried?: Tried,
): Promise<JudgedToken | AuthFailure> {
  const named = readToken(token, rules);
  if (named instanceof AuthFailure) return named;
  const { issuer, header } = named;
  if (tried?.key.issuer === issuer) return tried.failure;
  const found = await issuer.keys.find(header);
  if (found instanceof AuthFailure) return found;
  const key = { issuer, found, algorithms: [header.alg] };
  try {
    const { payload } = await jwtVerify(token, found.key, optionsOf(key, rules, rules.now()));
    rules.headers.remember(token, key);
    return judge(payload, key, rules);
  } catch (error) {
    return failureOf(error, key, rules);
  }
}

/** The issuer that a token names, and its header; or why no key need be asked about it. */
function readToken(
  token: string,
  rules: TokenRules,
): { readonly issuer: Issuer; readonly header: { alg: string; kid?: string } } | AuthFailure {
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
  // What expired by its own word is not worth a fetch of keys.
  if (typeof payload.exp === "number" && rules.now() >= expiry(payload.exp, rules))
    return refusals.expired;
  return { issuer, header: header as { alg: string; kid?: string } };
}

function optionsOf(
  { issuer, algorithms }: HeaderKey,
  rules: TokenRules,
  now: number,
): JWTVerifyOptions {
  return {
    algorithms,
    issuer: issuer.name,
    audience: issuer.audience,
    typ: issuer.typ,
    requiredClaims: ["exp"],
    clockTolerance: rules.clockTolerance / 1_000,
    currentDate: new Date(now),
  } as JWTVerifyOptions;
}

/** What the claims of a verified token come to. Whether it has expired meanwhile is for whoever uses it to see. */
function judge(
  claims: JWTPayload,
  { issuer, found }: HeaderKey,
  rules: TokenRules,
): JudgedToken | AuthFailure {
  const expiresAt = expiry(claims.exp as number, rules);
  if (expiresAt === Number.POSITIVE_INFINITY) return refusals.noExpiry;
  const principal = principalOf(issuer.name, claims, rules.readers);
  if (principal === undefined) return refusals.subject;
  return {
    issuer,
    verified: new VerifiedToken(principal, expiresAt, found.reference, issuer.keys),
  };
}

/**
 * A token that has nothing wrong with it but that it has expired: remembered like a good one, so that it need not
 * be verified again each time that somebody tries it.
 */
function expired(claims: JWTPayload, key: HeaderKey, rules: TokenRules): JudgedToken | AuthFailure {
  const judged = judge(claims, key, rules);
  return judged instanceof AuthFailure ? refusals.expired : judged;
}

function failureOf(error: unknown, { issuer }: HeaderKey, rules: TokenRules): AuthFailure {
  if (!(error instanceof errors.JOSEError)) rules.onUnusableKey(issuer, error);
  return refusalFor(error);
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
