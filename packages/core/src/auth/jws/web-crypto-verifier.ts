import type { CryptoKey } from "jose";
import type { Verifier } from "./verifier.ts";

/** By Web Cryptography, which all platforms have: each signature goes to another thread and back. */
export function webCryptoVerifier(algorithm: string, key: CryptoKey | Uint8Array): Verifier {
  const bits = Number(algorithm.slice(2));
  const hash = `SHA-${bits}`;
  if (key instanceof Uint8Array) {
    const hmac = { name: "HMAC", hash };
    const secret = new Uint8Array(key);
    let imported: Promise<CryptoKey> | undefined;
    return async (signed, signature) => {
      imported ??= crypto.subtle.importKey("raw", secret, hmac, false, ["verify"]);
      return crypto.subtle.verify(hmac, await imported, signature, signed);
    };
  }
  // Each kind of key reads what it needs of it: ECDSA the hash, RSA-PSS the length of its salt (RFC 7518 §3.5).
  const parameters = { name: key.algorithm.name, hash, saltLength: bits / 8 };
  return (signed, signature) => crypto.subtle.verify(parameters, key, signature, signed);
}
