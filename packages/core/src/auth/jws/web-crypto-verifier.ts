import type { CryptoKey } from "jose";
import type { Verifier } from "./verifier.ts";

/** By Web Cryptography, which all platforms have: each signature goes to another thread and back. */
export async function webCryptoVerifier(
  algorithm: string,
  key: CryptoKey | Uint8Array,
): Promise<Verifier> {
  const bits = Number(algorithm.slice(2));
  const hash = `SHA-${bits}`;
  if (key instanceof Uint8Array) {
    const hmac = { name: "HMAC", hash };
    const secret = await crypto.subtle.importKey("raw", new Uint8Array(key), hmac, false, [
      "verify",
    ]);
    return (signed, signature) => crypto.subtle.verify(hmac, secret, signature, signed);
  }
  const { name } = key.algorithm;
  // RSA-PSS has a salt as long as its hash (RFC 7518 §3.5), and Ed25519 a hash of its own (RFC 8032 §5.1).
  const parameters = name === "Ed25519" ? name : { name, hash, saltLength: bits / 8 };
  return (signed, signature) => crypto.subtle.verify(parameters, key, signature, signed);
}
