import { fromBase64Url } from "../../support/base64url.ts";

/** Three parts of base64url, and nothing that a lenient decoder skips. */
const compact = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** A token in JWS Compact Serialization (RFC 7515 §7.1): its parts as they were sent, none of them believed. */
export interface CompactToken {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** `undefined`: it is no such token. */
export function readCompact(token: string): CompactToken | undefined {
  const parts = compact.exec(token) as [string, string, string, string] | null;
  if (parts === null) return undefined;
  const [, header, payload, signature] = parts;
  return isWhole(header) && isWhole(payload) && isWhole(signature)
    ? { header, payload, signature }
    : undefined;
}

/** What a token's signature is of (RFC 7515 §5.2). */
export function signedBytes({ header, payload }: CompactToken): Uint8Array<ArrayBuffer> {
  return utf8.encode(`${header}.${payload}`);
}

export function signatureBytes({ signature }: CompactToken): Uint8Array<ArrayBuffer> {
  return fromBase64Url(signature);
}

/** The JSON object that a token's header or payload holds, in UTF-8; `undefined`: it holds anything else. */
export function readObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(fromBase64Url(part)));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** One character of a group of four is less than a byte: no encoder ends so. */
function isWhole(part: string): boolean {
  return part.length % 4 !== 1;
}
