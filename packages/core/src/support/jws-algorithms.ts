/** Signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864) whose key can be published. */
export const asymmetricAlgorithms: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Bytes that a shared secret must have at least (RFC 7518 §3.2). */
export const hmacSecretBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;
