import type { CryptoKey } from "jose";
import { type NodeCrypto, nodeCrypto } from "../../support/of-node.ts";
import { rsaSize } from "./rsa-size.ts";
import type { Verifier } from "./verifier.ts";

/** Bits of an RSA key up to which verifying takes no longer than handing the work to another thread. */
const quickBits = 2_048;
/** Bytes of such a key's exponent: 65,537, which nearly all issuers write. */
const quickExponent = 3;

/**
 * By Node's own module, at once, where that takes the caller's thread no longer than having another one do it
 * would: HMAC, and RSASSA-PKCS1-v1_5 of the usual size. On a server processor with Node 24 that is 25 to 30 µs, where
 * having it done takes 30 to 60 of the caller's thread, and 60 to 120 of all. RSA of 4,096 bits takes 90, and elliptic
 * curves 100 to 2,000. `undefined`: this is not Node, or the key is none of these.
 *
 * Not RSASSA-PSS: other runtimes' modules of this name have been seen to ignore the padding that is asked for, and
 * to verify by the other scheme.
 */
export function verifierInNode(
  algorithm: string,
  key: CryptoKey | Uint8Array,
): Verifier | undefined {
  // Asked of the key first: the module takes milliseconds to load.
  const node = key instanceof Uint8Array || isQuick(key) ? nodeCrypto() : undefined;
  if (node === undefined) return undefined;
  const hash = `sha${algorithm.slice(2)}`;
  try {
    const verify = key instanceof Uint8Array ? byHmac(node, hash, key) : byRsa(node, hash, key);
    // What only looks like Node may lack the one or the other of it.
    return verify(nothing, nothing) === false ? verify : undefined;
  } catch {
    return undefined;
  }
}

const nothing = new Uint8Array(0);

function isQuick(key: CryptoKey): boolean {
  const size = rsaSize(key);
  // `KeyObject.from` is not to take one that must not be exported (DEP0204 of Node).
  return (
    key.extractable &&
    key.algorithm.name === "RSASSA-PKCS1-v1_5" &&
    size !== undefined &&
    size.modulusLength <= quickBits &&
    size.publicExponent.length <= quickExponent
  );
}

function byHmac(node: NodeCrypto, hash: string, secret: Uint8Array): Verifier {
  const key = node.createSecretKey(secret);
  return (signed, signature) => {
    const expected = node.createHmac(hash, key).update(signed).digest();
    return expected.length === signature.length && node.timingSafeEqual(expected, signature);
  };
}

function byRsa(node: NodeCrypto, hash: string, publicKey: CryptoKey): Verifier {
  const key = node.KeyObject.from(publicKey);
  return (signed, signature) => node.verify(hash, signed, key, signature);
}
