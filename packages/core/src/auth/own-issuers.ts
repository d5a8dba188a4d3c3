/** The issuer of every API key's principal. */
export const apiKeyIssuer = "apikey";
/** The issuer of a session of one's own that names none. */
export const customIssuer = "custom";
