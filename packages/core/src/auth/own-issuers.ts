/** The issuer of every API key's principal. */
export const apiKeyIssuer = "apikey";
/** The issuer of a session of one's own that names none. */
export const customIssuer = "custom";
/** The issuer of a caller that the app's own code names, without a request. */
export const internalIssuer = "flux";
