import type { Facts } from "../facts/facts.ts";
import { apiKeyPrefixForm, isApiKeyPrefix } from "../support/api-key-prefix.ts";
import type { ClaimLocator } from "../support/claims.ts";
import { day, hour } from "../support/duration.ts";
import { isTokenIssuer, tokenIssuerForm } from "../support/issuer-names.ts";
import { asymmetricAlgorithms, hmacSecretBytes } from "../support/jws-algorithms.ts";
import { isTrustworthyUrl } from "../support/trustworthy-url.ts";
import type { ApiKeyRecord, CustomPrincipal } from "./auth-types.ts";
import type { Schema } from "./schema-kind.ts";
import {
  also,
  arrayOf,
  choose,
  fields,
  isObject,
  mapped,
  oneOrMore,
  optional,
  withDefault,
} from "./shapes.ts";
import {
  callable,
  checked,
  duration,
  isFunction,
  isString,
  isText,
  oneOrArray,
  text,
  value,
  whole,
} from "./values.ts";

/** RFC 9110 §5.6.2. */
const isToken = (given: string) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(given);

/** A header's name, given on in lower case, as facts have them. */
export const headerName = mapped(text("a header's name", isToken), (given) => given.toLowerCase());

export const claim = oneOrArray<ClaimLocator>(
  "a claim: its name, a path (dotted, or an array of names) or a function of the claims",
  "a name",
  isString,
  (given) => isFunction(given) || isText(given),
);

const namedIssuer = text(`an issuer: the tokens' \`iss\`, ${tokenIssuerForm}`, isTokenIssuer);
/** Plain http is for an issuer on the same machine; anywhere else it hands the keys to whoever listens. */
const discoveredIssuer = text(
  "an issuer: an https URL (http only on loopback) as the tokens' `iss` has it, without |, from which its keys are discovered (with `jwks` or `secret`: any name)",
  (given) => isTokenIssuer(given) && isTrustworthyUrl(given),
);

const issuerNamed = (name: Schema<string>) =>
  fields(
    {
      issuer: name,
      audience: oneOrArray<string | readonly string[] | false>(
        "the audience that stands for this API, several in an array, or `audience: false` for an issuer whose access tokens have none (without a check, tokens for any other API of that issuer pass)",
        "an audience",
        isText,
        (given) => given === false || isText(given),
      ),
      jwks: optional(
        value<string | URL | { keys: object[] }>("a JSON Web Key Set or its https URL", (given) =>
          isString(given) || given instanceof URL
            ? isTrustworthyUrl(given)
            : isObject(given) && Array.isArray(given.keys),
        ),
      ),
      secret: optional(
        checked<string | Uint8Array>((given, place) => {
          if (secretBytes(given) < 32)
            place.tell("expected a secret of at least 32 bytes (RFC 7518 §3.2)");
        }),
      ),
      algorithms: optional(
        oneOrArray<readonly string[]>(
          "an array of JWS algorithms",
          "a JWS algorithm",
          isString,
          () => false,
        ),
      ),
      typ: optional(text("a token type such as at+jwt")),
      staleKeys: withDefault(duration(0, 7 * day, "of at most 7 days"), hour),
      tenants: optional(
        value<readonly string[] | ((id: string) => boolean)>(
          "an array of tenants' ids, or a function from a tenant's id to whether the issuer may speak for it",
          (given) => isFunction(given) || (Array.isArray(given) && given.every(isText)),
        ),
      ),
    },
    "an issuer",
    (given, place) => {
      const known = given.secret === undefined ? asymmetricAlgorithms : hmacAlgorithms;
      const bytes = secretBytes(given.secret);
      given.algorithms?.forEach((algorithm, index) => {
        const least = hmacSecretBytes[algorithm as keyof typeof hmacSecretBytes] as
          | number
          | undefined;
        if (!known.includes(algorithm))
          place.tell(
            `expected one of ${known.join(", ")}, got ${JSON.stringify(algorithm)}${
              hmacAlgorithms.includes(algorithm) ? " (HMAC needs `secret`)" : ""
            }`,
            "algorithms",
            index,
          );
        else if (least !== undefined && bytes < least)
          place.tell(
            `${algorithm} needs a secret of at least ${least} bytes (RFC 7518 §3.2), got ${bytes}`,
            "secret",
          );
      });
      if (given.secret !== undefined && given.jwks !== undefined)
        place.tell(
          "a secret and a key set exclude each other: with both, a public key could be used as a secret",
          "secret",
        );
    },
  );

const discovered = issuerNamed(discoveredIssuer);
const told = issuerNamed(namedIssuer);
/** Where its keys are told, an issuer need not be a URL. */
const issuer = choose((given) => {
  const { secret, jwks } = (given ?? {}) as { secret?: unknown; jwks?: unknown };
  return secret === undefined && jwks === undefined ? discovered : told;
});

const hmacAlgorithms: readonly string[] = Object.keys(hmacSecretBytes);

/** None where it is no secret. */
function secretBytes(secret: unknown): number {
  if (isString(secret)) return new TextEncoder().encode(secret).length;
  return secret instanceof Uint8Array ? secret.length : 0;
}

const origin = text(
  'an origin such as "https://app.example.com": scheme, host and port, nothing behind',
  (given) => URL.canParse(given) && new URL(given).origin === given,
);

export const auth = fields(
  {
    jwt: optional(
      also(oneOrMore(issuer, "issuer"), (given, place) => {
        if (new Set(given.map((each) => each.issuer)).size < given.length)
          place.tell("two issuers have the same name: a token could be meant for either");
      }),
    ),
    apiKeys: optional(
      fields(
        {
          header: also(headerName, (given, place) => {
            if (given === "authorization" || given === "cookie")
              place.tell("expected a header of its own: tokens and cookies come in this one");
          }),
          lookup: callable<
            (
              keyHash: string,
            ) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>
          >("a function from a key's SHA-256 in hex to its record"),
          prefix: optional(text(`a prefix of ${apiKeyPrefixForm}`, isApiKeyPrefix)),
          cacheFor: withDefault(duration(0, hour, "of at most 1 hour"), 30_000),
        },
        "auth.apiKeys",
      ),
    ),
    custom: optional(
      callable<
        (
          facts: Facts,
        ) => CustomPrincipal | null | undefined | Promise<CustomPrincipal | null | undefined>
      >("a function from the facts to a principal"),
    ),
    claims: withDefault(
      fields(
        {
          sub: optional(claim),
          scope: optional(claim),
          roles: optional(claim),
          permissions: optional(claim),
          tenants: optional(claim),
        },
        "auth.claims",
      ),
      {},
    ),
    revoked: optional(
      callable<(claims: Readonly<Record<string, unknown>>) => boolean | Promise<boolean>>(
        "a function from the claims to whether the token is revoked",
      ),
    ),
    cookie: optional(text("a cookie's name", isToken)),
    origins: withDefault(arrayOf(origin, "an array of origins"), []),
    failures: optional(
      fields(
        {
          quota: whole(1, Number.MAX_SAFE_INTEGER, "from 1"),
          window: duration(1, day, "from 1 ms to 1 day"),
        },
        "auth.failures",
      ),
    ),
    clockTolerance: withDefault(duration(0, 300_000, "of at most 5 minutes"), 5_000),
    realm: withDefault(
      text('a realm of printable ASCII without " and \\', (given) =>
        /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(given),
      ),
      "api",
    ),
  },
  "auth",
);
