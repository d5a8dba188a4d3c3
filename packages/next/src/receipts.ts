/** Receipts as JWTs (RFC 7519) signed with HS256: what the proxy charged, for a guard that shares nothing with it. */
import type { ChargeReceipt } from "@flux/core";
import { FluxError } from "@flux/core";
import { jwtVerify, SignJWT } from "jose";
import { type Call, isSame } from "./call.ts";

/** Seconds that a receipt counts. */
const lifetime = 10;
/** Bytes; HS256 needs as many (RFC 7518 §3.2). */
const shortestSecret = 32;
const type = "flux-receipt+jwt";

export interface SignedReceipts {
  /** @param name unique; the receipt counts once in each process. */
  sign(receipt: ChargeReceipt, name: string, call: Call): Promise<string>;
  /** `undefined` where it is no receipt for this call, is too old, or was used before. */
  accept(signed: string, call: Call): Promise<ChargeReceipt | undefined>;
}

/** @throws FluxError `config_invalid` where the secret is too short */
export function signedReceipts(secret: string): SignedReceipts {
  const key = new TextEncoder().encode(secret);
  if (key.length < shortestSecret)
    throw new FluxError(
      "config_invalid",
      `receiptSecret needs at least ${shortestSecret} bytes, and has ${key.length}. Make one with: openssl rand -base64 32`,
    );
  const used = new UsedNames();
  return {
    sign({ receipts }, name, { method, path }) {
      return new SignJWT({ receipts, htm: method, htu: path })
        .setProtectedHeader({ alg: "HS256", typ: type })
        .setJti(name)
        .setIssuedAt()
        .sign(key);
    },
    async accept(signed, call) {
      try {
        const { payload } = await jwtVerify<ChargeReceipt & { htm: string; htu: string }>(
          signed,
          key,
          {
            algorithms: ["HS256"],
            typ: type,
            maxTokenAge: lifetime,
            requiredClaims: ["jti", "iat", "receipts"],
          },
        );
        const { htm: method, htu: path, jti, receipts } = payload;
        return isSame({ method, path }, call) && used.add(jti as string) ? { receipts } : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** The names of the receipts that were used while they counted. */
class UsedNames {
  /** By name: `performance.now()`, ms. The oldest come first. */
  readonly #usedAt = new Map<string, number>();

  /** Whether it is new. */
  add(name: string): boolean {
    const now = performance.now();
    for (const [old, at] of this.#usedAt) {
      if (now - at < 2_000 * lifetime) break;
      this.#usedAt.delete(old);
    }
    if (this.#usedAt.has(name)) return false;
    this.#usedAt.set(name, now);
    return true;
  }
}
