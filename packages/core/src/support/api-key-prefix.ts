/** What `isApiKeyPrefix` takes, in words for a message. */
export const apiKeyPrefixForm = "1 to 16 lower-case letters and digits, a letter first";

/** Whether a text can stand before the underscore of an API key. */
export function isApiKeyPrefix(text: unknown): text is string {
  return typeof text === "string" && /^[a-z][a-z0-9]{0,15}$/.test(text);
}
