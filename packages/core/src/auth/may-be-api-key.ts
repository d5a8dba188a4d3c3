import { defaultPrefix, isWellFormedApiKey } from "./generate-api-key.ts";

/** Characters. */
const shortestApiKey = 16;
/** Characters. */
export const longestApiKey = 512;

const visibleAscii = /^[\x21-\x7e]+$/;

/**
 * Whether a text has the form of an API key, so that it is worth a lookup, and counts as a guess.
 * @param prefix the config's `auth.apiKeys.prefix`. Without one, keys of other systems pass too, but what
 *   begins like one of Flux's own must be one.
 */
export function mayBeApiKey(text: string, prefix: string | undefined): boolean {
  const own = prefix ?? defaultPrefix;
  if (text.startsWith(`${own}_`)) return isWellFormedApiKey(text, own);
  if (prefix !== undefined) return false;
  return text.length >= shortestApiKey && text.length <= longestApiKey && visibleAscii.test(text);
}
