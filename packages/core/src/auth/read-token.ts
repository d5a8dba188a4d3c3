/**
 * What a token says of itself, read before anybody believes it: enough to find the issuer and the key, and to
 * refuse early. jose reads all of it again when it verifies the signature, and only that counts; read twice by
 * jose, a token would take a sixth longer.
 */
import { BoundedMap } from "../support/bounded-map.ts";
import { copyOf } from "../support/copy-of.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

/** JWS Compact Serialization (RFC 7515 §7.1): three parts of base64url, and nothing that a lenient decoder skips. */
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Characters. */
const longestRemembered = 1_024;

/** Headers by their text: an issuer writes the same one into every token, until it changes its key. */
const headers = new BoundedMap<string, Readonly<Record<string, unknown>>>(32);

/** What was decoded is a character a byte. */
const beyondAscii = /[\u0080-\u00ff]/;
const decoder = new TextDecoder("utf-8", { fatal: true });

export interface ClaimedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** @returns `undefined` for what is no JSON Web Token. */
export function readToken(token: string): ClaimedToken | undefined {
  if (!compact.test(token)) return undefined;
  const first = token.indexOf(".");
  const part = token.slice(0, first);
  const header = headers.get(part) ?? readPart(part);
  const payload = readPart(token.slice(first + 1, token.indexOf(".", first + 1)));
  return header === undefined || payload === undefined ? undefined : { header, payload };
}

/** Remembers the header of a token that was verified, so that strangers' headers push none out. */
export function rememberHeader(token: string, { header }: ClaimedToken): void {
  const length = token.indexOf(".");
  if (length > longestRemembered || headers.get(token.slice(0, length)) !== undefined) return;
  headers.set(copyOf(token.slice(0, length)), deepFreeze(header));
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const bytes = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const value: unknown = JSON.parse(beyondAscii.test(bytes) ? utf8(bytes) : bytes);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const utf8 = (bytes: string): string =>
  decoder.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
