import { FluxError } from "../errors.ts";
import { apiKeyPrefixForm, isApiKeyPrefix } from "../support/api-key-prefix.ts";

/*
 * The form of a generated key: `prefix_` + 160 random bits + a checksum, both in base62 and of fixed
 * width. A scanner finds it by its prefix, and a mistyped one is refused without a lookup (the scheme of
 * GitHub's tokens).
 */
export const defaultPrefix = "flux";
const randomBytes = 20;
/** 62^27 > 2^160. */
const randomCharacters = 27;
/** 62^6 > 2^32. */
const checksumCharacters = 6;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Makes an API key. Show `key` to its owner once, and store `hash`, by which `auth.apiKeys.lookup` is asked.
 * @param options.prefix 1–16 lower-case letters and digits, a letter first; default `flux`.
 * @throws FluxError `api_key_invalid`, where the prefix is none.
 */
export async function generateApiKey(
  options: { readonly prefix?: string } = {},
): Promise<{ readonly key: string; readonly hash: string }> {
  const { prefix = defaultPrefix } = options;
  if (!isApiKeyPrefix(prefix))
    throw new FluxError("api_key_invalid", `an API key's prefix is ${apiKeyPrefixForm}`);
  const random = crypto.getRandomValues(new Uint8Array(randomBytes));
  const number = random.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const body = `${prefix}_${base62(number, randomCharacters)}`;
  const key = body + checksum(body);
  return { key, hash: await hashApiKey(key) };
}

/** The SHA-256 of an API key in lower-case hex: what a database stores instead of the key. */
export async function hashApiKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  let hex = "";
  for (const byte of new Uint8Array(digest)) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Whether a key that starts with `prefix_` has the form of a generated one, its checksum included. */
export function isWellFormedApiKey(key: string, prefix: string): boolean {
  if (key.length !== prefix.length + 1 + randomCharacters + checksumCharacters) return false;
  return key.slice(-checksumCharacters) === checksum(key.slice(0, -checksumCharacters));
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumCharacters);
}

function base62(number: bigint, width: number): string {
  let text = "";
  for (let rest = number; rest > 0n; rest /= 62n) text = alphabet[Number(rest % 62n)] + text;
  return text.padStart(width, "0");
}

/** CRC-32 (ISO 3309) of ASCII text, bit by bit: a key is short. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
