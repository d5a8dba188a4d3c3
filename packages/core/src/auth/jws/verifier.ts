import type { CryptoKey } from "jose";
import { rsaSize } from "./rsa-size.ts";
import { verifierInNode } from "./verifier-in-node.ts";
import { webCryptoVerifier } from "./web-crypto-verifier.ts";

/**
 * Whether a signature is that of these bytes, by the one key and algorithm that it was made for. A promise only
 * where the platform has nothing faster. Where it throws or rejects, the signature is wrong too.
 */
export type Verifier = (
  signed: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => boolean | Promise<boolean>;

/** Bits that an RSA key must have at least (RFC 7518 §3.3). */
const leastBits = 2_048;

/** Whether a key is so small that no signature by it is believed. */
export function isWeak(key: CryptoKey): boolean {
  const size = rsaSize(key);
  return size !== undefined && size.modulusLength < leastBits;
}

/**
 * @param algorithm as a token's header names it (RFC 7518 §3.1).
 * @param key for this algorithm: a public key, or a shared secret.
 * @returns rejects where the platform cannot use the key.
 */
export async function createVerifier(
  algorithm: string,
  key: CryptoKey | Uint8Array,
): Promise<Verifier> {
  return verifierInNode(algorithm, key) ?? webCryptoVerifier(algorithm, key);
}
