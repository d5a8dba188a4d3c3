/** An issuer with one key, and the tokens of a hundred tenants, each signed before anything is measured. */
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

export const issuer = "https://idp.example.com";
export const audience = "https://api.example.com";

export const tenants: readonly string[] = Array.from({ length: 100 }, (_, i) => `tenant-${i}`);

export interface Identity {
  readonly jwks: { readonly keys: JWK[] };
  /**
   * Tokens, no two alike.
   * @param scopes apart by spaces.
   * @param tenant default: all of them in turn.
   */
  sign(count: number, scopes?: string, tenant?: string): Promise<string[]>;
}

/** What its tokens are signed with (RFC 7518 §3.1). */
export type Algorithm = "RS256" | "ES256";

export async function createIdentity(alg: Algorithm = "RS256"): Promise<Identity> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg, use: "sig" };
  let signed = 0;
  const one = (scope: string, tenant: string | undefined) => {
    const number = signed++;
    return new SignJWT({
      org_id: tenant ?? tenants[number % tenants.length],
      scope,
      jti: String(number),
    })
      .setProtectedHeader({ alg, kid: "bench" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`user-${number % tenants.length}`)
      .setIssuedAt()
      .setExpirationTime("2h")
      .sign(privateKey);
  };
  return {
    jwks: { keys: [jwk] },
    sign: (count, scopes = "exports:write reports:read", tenant) =>
      Promise.all(Array.from({ length: count }, () => one(scopes, tenant))),
  };
}
