import type { CryptoKey } from "jose";

interface RsaSize {
  /** Bits. */
  readonly modulusLength: number;
  readonly publicExponent: Uint8Array;
}

/** `undefined`: it is no RSA key. */
export function rsaSize({ algorithm }: CryptoKey): RsaSize | undefined {
  return "modulusLength" in algorithm ? (algorithm as unknown as RsaSize) : undefined;
}
