import { readCookie } from "../facts/cookies.ts";
import type { Facts } from "../facts/facts.ts";
import type { AuthConfig } from "./auth-config.ts";
import type { AuthFailure } from "./auth-failure.ts";
import { longestToken, readAuthorization } from "./credential.ts";
import * as refusals from "./refusals.ts";

/** Where a config looks for credentials. */
export interface CredentialPlaces {
  readonly tokens: boolean;
  /** A cookie may hold a token; `undefined`: none does. */
  readonly cookie: string | undefined;
  /** In lower case; `undefined`: no keys are read. */
  readonly apiKeyHeader: string | undefined;
  /** Whether `auth.custom` is asked of a request in which nothing else is found. */
  readonly custom: boolean;
}

/** The one credential that counts, as it was sent. */
export interface ShownCredential {
  readonly type: "token" | "apiKey";
  readonly secret: string;
  readonly viaCookie: boolean;
}

type HeaderValue = string | readonly string[] | undefined;

export function credentialPlaces(
  config: Pick<AuthConfig, "jwt" | "apiKeys" | "custom" | "cookie">,
): CredentialPlaces {
  const tokens = config.jwt !== undefined && config.jwt.length > 0;
  return {
    tokens,
    cookie: tokens ? config.cookie : undefined,
    apiKeyHeader: config.apiKeys?.header,
    custom: config.custom !== undefined,
  };
}

/**
 * Finds the one credential of a request. The Authorization header and the API key's are explicit: more
 * than one value of them is refused. They beat a cookie.
 * @param authorization the Authorization header.
 * @param apiKey the API key's header.
 * @returns `undefined`: nothing but what `auth.custom` may know.
 */
export function readCredential(
  authorization: HeaderValue,
  apiKey: HeaderValue,
  facts: Facts,
  places: CredentialPlaces,
): ShownCredential | AuthFailure | undefined {
  if (authorization !== undefined) return fromAuthorization(authorization, apiKey, places);
  if (apiKey !== undefined) return fromApiKey(apiKey);
  return places.cookie === undefined ? undefined : fromCookie(facts, places.cookie);
}

function fromAuthorization(
  value: string | readonly string[],
  apiKey: HeaderValue,
  { tokens, custom }: CredentialPlaces,
): ShownCredential | AuthFailure | undefined {
  const read = readAuthorization(value);
  if (read.scheme === "repeated") return refusals.severalCredentials;
  if (apiKey !== undefined) {
    // A scheme that nobody reads here belongs to somebody else, such as a proxy.
    if (read.scheme === "bearer" || tokens || custom) return refusals.severalCredentials;
    return fromApiKey(apiKey);
  }
  if (read.scheme === "bearer" && tokens) return shownToken(read.token, false);
  return tokens && !custom ? refusals.malformedAuthorization : undefined;
}

function fromApiKey(value: string | readonly string[]): ShownCredential | AuthFailure {
  const key = typeof value === "string" ? value : value.length === 1 ? value[0] : undefined;
  // `Headers` and Node join a repeated header with a comma, which no key holds.
  if (key === undefined || key.includes(",")) return refusals.repeatedHeader;
  return { type: "apiKey", secret: key, viaCookie: false };
}

function fromCookie(facts: Facts, name: string): ShownCredential | AuthFailure | undefined {
  const token = readCookie(facts, name);
  // An empty cookie is how some servers sign out.
  if (token === undefined || token === "") return undefined;
  return typeof token === "string" ? shownToken(token, true) : refusals.repeatedCookie;
}

function shownToken(secret: string, viaCookie: boolean): ShownCredential | AuthFailure {
  if (secret.length > longestToken) return refusals.tooLong;
  return { type: "token", secret, viaCookie };
}
