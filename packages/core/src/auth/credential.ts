import type { Principal } from "../decision/principal.ts";
import type { Facts } from "../facts/facts.ts";
import type { VerifiedToken } from "./token-cache.ts";

/** A credential that was judged good and is remembered. */
export interface RememberedCredential {
  readonly principal: Principal;
  /** What later stages have found out by it and keep here, to be forgotten with it; theirs alone to read. */
  standing: unknown;
}

/** One request on its way through identification. */
export interface IdentityWalk {
  readonly facts: Facts;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Set where the browser sends the credential by itself, so that a same-origin proof is needed. */
  viaCookie: boolean;
  /** The credential, where it was remembered when the request came. */
  known: RememberedCredential | undefined;
  /** Notes that a source's answer was not its latest word: `"jwks"`, where its keys could not be looked at in time. */
  degrade(source: string): void;
}

/** Characters. A longer token is refused before anything of it is read. */
export const longestToken = 16_384;

/** A credential that is present and not known yet. What it holds is shown to nobody: `reveal` is greppable. */
export class Credential {
  readonly type: "token" | "apiKey";
  readonly viaCookie: boolean;
  readonly #secret: string;
  readonly #sent: string;
  /** The cached token that only waits for its issuer's keys to be looked at. */
  readonly waiting: VerifiedToken | undefined;
  /** Whether it was judged good a short while ago, so that bringing it is no guess. */
  readonly recentlyGood: boolean;

  /** @param sent as a cache knows it; see `revealSent`. */
  constructor(
    type: Credential["type"],
    secret: string,
    viaCookie: boolean,
    sent = secret,
    waiting?: VerifiedToken | undefined,
    recentlyGood: boolean = waiting !== undefined,
  ) {
    this.type = type;
    this.#secret = secret;
    this.#sent = sent;
    this.viaCookie = viaCookie;
    this.waiting = waiting;
    this.recentlyGood = recentlyGood;
  }

  reveal(): string {
    return this.#secret;
  }

  /** A bearer token with its scheme, `Bearer …`: the header itself, where it is spelt so. Others as `reveal` has them. */
  revealSent(): string {
    return this.#sent;
  }
}

/** What an Authorization header holds: a bearer token, something else, or more than one value. */
export type Authorization =
  | { readonly scheme: "bearer"; readonly token: string }
  | { readonly scheme: "other" }
  | { readonly scheme: "repeated" };

const bearer = /^bearer(?: +(.*))?$/is;
/** As nearly everybody spells it, and as caches know it. */
const usual = "Bearer ";
const space = 0x20;

/** `…, Scheme x`: a second value behind a comma. Parameters of one value read `name=value` instead. */
const secondValue = /,\s*[\w!#$%&'*+.^`|~-]+\s+[^\s=,]/;

/**
 * Reads an Authorization header (RFC 9110 §11.6.2; RFC 6750 §2.1). A token holds no comma, so one inside
 * a bearer value is a second value, joined by `Headers`.
 */
export function readAuthorization(header: string | readonly string[]): Authorization {
  const value = typeof header === "string" ? header : header.length === 1 ? header[0] : undefined;
  if (value === undefined) return { scheme: "repeated" };
  if (value.startsWith(usual) && value.charCodeAt(usual.length) !== space)
    return bearerOf(value.slice(usual.length));
  const match = bearer.exec(value);
  if (match === null) return { scheme: secondValue.test(value) ? "repeated" : "other" };
  return bearerOf(match[1] ?? "");
}

function bearerOf(token: string): Authorization {
  return token.includes(",") ? { scheme: "repeated" } : { scheme: "bearer", token };
}

/** An Authorization header as it is usually spelt, so that other spellings fill no cache. */
export function usualHeader(token: string, sent: string | readonly string[] | undefined): string {
  const isUsual =
    typeof sent === "string" &&
    sent.length === usual.length + token.length &&
    sent.startsWith(usual);
  return isUsual ? sent : usual + token;
}
