/** The issuer of every API key's principal. */
export const apiKeyIssuer = "apikey";
/** The issuer of a session of one's own that names none. */
export const customIssuer = "custom";
/** The issuer of a caller that the app's own code names, without a request. */
export const internalIssuer = "flux";

const ownIssuers: readonly string[] = [apiKeyIssuer, customIssuer, internalIssuer];

/** What `isTokenIssuer` takes, in words for a message. */
export const tokenIssuerForm = `without |, and none of "${apiKeyIssuer}", "${customIssuer}" and "${internalIssuer}"`;

/**
 * Whether tokens may come from an issuer of this name: the first "|" of a principal's id ends its issuer,
 * and Flux's own names are not for tokens.
 */
export function isTokenIssuer(name: string): boolean {
  return name !== "" && !name.includes("|") && !ownIssuers.includes(name);
}
