import type { Principal } from "../decision/principal.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { AuthFailure } from "./auth-failure.ts";
import { checkClaims } from "./check-claims.ts";
import type { ClaimReaders } from "./claims.ts";
import type { Issuer } from "./issuer.ts";
import {
  type CompactToken,
  readCompact,
  readObject,
  signatureBytes,
  signedBytes,
} from "./jws/compact.ts";
import { mediaType } from "./jws/media-type.ts";
import type { HeaderKey, KnownHeaders } from "./known-headers.ts";
import * as refusals from "./refusals.ts";
import type { VerifiedToken } from "./token-cache.ts";

export interface TokenRules {
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly headers: KnownHeaders;
  readonly readers: ClaimReaders;
  /** Milliseconds. */
  readonly clockTolerance: number;
  /** Epoch milliseconds. */
  now(): number;
}

interface JudgedToken {
  readonly issuer: Issuer;
  /** It may have expired: remembered like a good one, it need not be verified each time that somebody tries it. */
  readonly verified: VerifiedToken;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Judges a token (RFC 7519 §7.2, RFC 8725). Nothing of it counts before its signature was verified with the key
 * of an issuer, and it names that issuer. Never rejects.
 */
export async function verifyToken(
  text: string,
  rules: TokenRules,
): Promise<JudgedToken | AuthFailure> {
  const token = readCompact(text);
  if (token === undefined) return refusals.malformed;
  const known = rules.headers.recall(token.header, rules.now());
  if (known === undefined) return readAndVerify(token, rules);
  const signed = await isSigned(token, known);
  const judged = signed ? judge(readObject(token.payload), known, rules) : refusals.signature;
  return judged instanceof AuthFailure
    ? readAndVerify(token, rules, { issuer: known.issuer, failure: judged })
    : judged;
}

/** Whose key was tried already, and why the token does not pass by it. */
interface Tried {
  readonly issuer: Issuer;
  readonly failure: AuthFailure;
}

/**
 * Verifies a token with the key that it names itself. What can be refused without a key is refused first; the refusal
 * of a key that was tried already is told where the token leads to the same issuer.
 */
async function readAndVerify(
  token: CompactToken,
  rules: TokenRules,
  tried?: Tried,
): Promise<JudgedToken | AuthFailure> {
  const header = readObject(token.header);
  const claims = readObject(token.payload);
  if (header === undefined || claims === undefined) return refusals.malformed;
  const { iss, exp } = claims;
  const issuer = typeof iss === "string" ? rules.issuers.get(iss) : undefined;
  if (issuer === undefined) return refusals.issuer;
  // RFC 8725 §3.1, and RFC 7515 §4.1.11: no extension is understood here, that of RFC 7797 included.
  const { alg, kid, typ } = header;
  if (typeof alg !== "string" || !issuer.algorithms.has(alg)) return refusals.algorithm;
  if (kid !== undefined && typeof kid !== "string") return refusals.malformed;
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) return refusals.criticalHeader;
  // What expired by its own word is not worth a fetch of keys.
  if (typeof exp === "number" && rules.now() >= expiry(exp, rules)) return refusals.expired;

  if (tried?.issuer === issuer) return tried.failure;
  const found = await issuer.keys.find({ alg, kid });
  if (found instanceof AuthFailure) return found;
  const key = { issuer, found };
  if (!(await isSigned(token, key))) return refusals.signature;
  if (issuer.typ !== undefined && (typeof typ !== "string" || mediaType(typ) !== issuer.typ))
    return refusals.type;
  const judged = judge(claims, key, rules);
  if (!(judged instanceof AuthFailure)) rules.headers.remember(token.header, key);
  return judged;
}

async function isSigned(token: CompactToken, { found }: HeaderKey): Promise<boolean> {
  try {
    return await found.verify(signedBytes(token), signatureBytes(token));
  } catch {
    return false;
  }
}

/** What the claims of a token come to that was verified with an issuer's key. */
function judge(
  claims: Claims | undefined,
  { issuer, found }: HeaderKey,
  rules: TokenRules,
): JudgedToken | AuthFailure {
  if (claims === undefined) return refusals.malformed;
  const wrong = checkClaims(claims, issuer, rules.now() + rules.clockTolerance);
  if (wrong !== undefined) return wrong;
  const expiresAt = expiry(claims.exp as number, rules);
  if (expiresAt === Infinity) return refusals.noExpiry;
  const principal = principalOf(issuer.name, claims, rules.readers);
  if (principal === undefined) return refusals.subject;
  return {
    issuer,
    verified: {
      sent: "",
      principal,
      expiresAt,
      key: found.reference,
      keys: issuer.keys,
      standing: undefined,
    },
  };
}

/** Epoch milliseconds from which on a token with this `exp` is refused. */
function expiry(exp: number, rules: TokenRules): number {
  return exp * 1_000 + rules.clockTolerance;
}

function principalOf(issuer: string, claims: Claims, readers: ClaimReaders): Principal | undefined {
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
