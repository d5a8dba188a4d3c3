import type { CryptoKey } from "jose";
import { rsaSize } from "./rsa-size.ts";
import { verifierInNode } from "./verifier-in-node.ts";
import { webCryptoVerifier } from "./web-crypto-verifier.ts";

/**
 * Whether a signature is that of these bytes, by the one key and algorithm that it was made for. A promise only
 * where the platform has nothing faster; it may throw or reject where a signature cannot be read as one.
 */
export type Verifier = (
  signed: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => boolean | Promise<boolean>;

/** Bits that an RSA key must have at least (RFC 7518 §3.3). */
const leastBits = 2_048;

/** Whether no signature by this key proves anything. */
export function isWeak(key: CryptoKey): boolean {
  const size = rsaSize(key);
  return size !== undefined && size.modulusLength < leastBits;
}

/**
 * @param algorithm as a token's header names it (RFC 7518 §3.1).
 * @param key for this algorithm: a public key, or a shared secret.
 */
export function createVerifier(algorithm: string, key: CryptoKey | Uint8Array): Verifier {
  return verifierInNode(algorithm, key) ?? webCryptoVerifier(algorithm, key);
}
