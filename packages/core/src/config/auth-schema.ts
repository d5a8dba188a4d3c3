import { z } from "zod";
import type { Facts } from "../facts/facts.ts";
import { apiKeyPrefixForm, isApiKeyPrefix } from "../support/api-key-prefix.ts";
import type { ClaimLocator } from "../support/claims.ts";
import { isTokenIssuer, tokenIssuerForm } from "../support/issuer-names.ts";
import { asymmetricAlgorithms, hmacSecretBytes } from "../support/jws-algorithms.ts";
import { show } from "../support/show.ts";
import { isTrustworthyUrl } from "../support/trustworthy-url.ts";
import type { ApiKeyRecord, CustomPrincipal } from "./auth-types.ts";
import {
  callable,
  checkItems,
  choose,
  duration,
  fields,
  isText,
  oneOrMore,
  text,
  value,
} from "./shapes.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** RFC 9110 §5.6.2. */
const isToken = (given: string) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(given);

/** A header's name, given on in lower case, as facts have them. */
export const headerName = text("a header's name", isToken).transform((given) =>
  given.toLowerCase(),
);

export const claim = z.custom<ClaimLocator>().superRefine((given, context) => {
  const what =
    "a claim: its name, a path (dotted, or an array of names) or a function of the claims";
  if (Array.isArray(given))
    checkItems(given, what, "a name", (item) => typeof item === "string", context);
  else if (typeof given !== "function" && !isText(given))
    context.addIssue(`expected ${what}, got ${show(given)}`);
});

const namedIssuer = text(`an issuer: the tokens' \`iss\`, ${tokenIssuerForm}`, isTokenIssuer);
/** Plain http is for an issuer on the same machine; anywhere else it hands the keys to whoever listens. */
const discoveredIssuer = text(
  "an issuer: an https URL (http only on loopback) as the tokens' `iss` has it, without |, from which its keys are discovered (with `jwks` or `secret`: any name)",
  (given) => isTokenIssuer(given) && isTrustworthyUrl(given),
);

const audience =
  "the audience that stands for this API, several in an array, or `audience: false` for an issuer whose access tokens have none (without a check, tokens for any other API of that issuer pass)";

const issuerNamed = (name: z.ZodType<string>) =>
  fields(
    {
      issuer: name,
      audience: z.custom<string | readonly string[] | false>().superRefine((given, context) => {
        if (Array.isArray(given)) checkItems(given, audience, "an audience", isText, context);
        else if (given !== false && !isText(given))
          context.addIssue(`expected ${audience}, got ${show(given)}`);
      }),
      jwks: value<string | URL | { keys: object[] }>(
        "a JSON Web Key Set or its https URL",
        (given) =>
          ((typeof given === "string" || given instanceof URL) && isTrustworthyUrl(given)) ||
          (typeof given === "object" &&
            given !== null &&
            Array.isArray((given as { keys?: unknown }).keys)),
      ).optional(),
      secret: z
        .custom<string | Uint8Array>(
          (given) =>
            (typeof given === "string" || given instanceof Uint8Array) &&
            (secretBytes(given) as number) >= 32,
          "expected a secret of at least 32 bytes (RFC 7518 §3.2)",
        )
        .optional(),
      algorithms: z
        .custom<readonly string[]>()
        .superRefine((given, context) => {
          const what = "an array of JWS algorithms";
          if (Array.isArray(given))
            checkItems(given, what, "a JWS algorithm", (item) => typeof item === "string", context);
          else context.addIssue(`expected ${what}, got ${show(given)}`);
        })
        .optional(),
      typ: text("a token type such as at+jwt").optional(),
      staleKeys: duration({ min: 0, max: 7 * day, say: "of at most 7 days" }).default(hour),
      tenants: value<readonly string[] | ((id: string) => boolean)>(
        "an array of tenants' ids, or a function from a tenant's id to whether the issuer may speak for it",
        (given) => typeof given === "function" || (Array.isArray(given) && given.every(isText)),
      ).optional(),
    },
    "an issuer",
  ).superRefine((given, context) => {
    const known = given.secret === undefined ? asymmetricAlgorithms : hmacAlgorithms;
    given.algorithms?.forEach((algorithm, index) => {
      if (!known.includes(algorithm))
        context.addIssue({
          code: "custom",
          path: ["algorithms", index],
          message: `expected one of ${known.join(", ")}, got ${JSON.stringify(algorithm)}${
            hmacAlgorithms.includes(algorithm) ? " (HMAC needs `secret`)" : ""
          }`,
        });
    });
    const bytes = secretBytes(given.secret);
    for (const algorithm of given.algorithms ?? []) {
      const least = hmacSecretBytes[algorithm as keyof typeof hmacSecretBytes];
      if (least !== undefined && bytes !== undefined && bytes < least)
        context.addIssue({
          code: "custom",
          path: ["secret"],
          message: `${algorithm} needs a secret of at least ${least} bytes (RFC 7518 §3.2), got ${bytes}`,
        });
    }
    if (given.secret !== undefined && given.jwks !== undefined)
      context.addIssue({
        code: "custom",
        path: ["secret"],
        message:
          "a secret and a key set exclude each other: with both, a public key could be used as a secret",
      });
  });

/** Where its keys are told, an issuer need not be a URL. */
const issuer = choose((given) => {
  const { secret, jwks } = (given ?? {}) as { secret?: unknown; jwks?: unknown };
  return issuerNamed(secret === undefined && jwks === undefined ? discoveredIssuer : namedIssuer);
});

const hmacAlgorithms: readonly string[] = Object.keys(hmacSecretBytes);

function secretBytes(secret: string | Uint8Array | undefined): number | undefined {
  return typeof secret === "string" ? new TextEncoder().encode(secret).length : secret?.length;
}

const origin = text(
  'an origin such as "https://app.example.com": scheme, host and port, nothing behind',
  (given) => {
    try {
      return new URL(given).origin === given;
    } catch {
      return false;
    }
  },
);

export const auth = fields(
  {
    jwt: oneOrMore(issuer, "issuer")
      .refine((given) => new Set(given.map((each) => each.issuer)).size === given.length, {
        error: "two issuers have the same name: a token could be meant for either",
      })
      .optional(),
    apiKeys: fields(
      {
        header: headerName.refine((given) => given !== "authorization" && given !== "cookie", {
          error: "expected a header of its own: tokens and cookies come in this one",
        }),
        lookup: callable<
          (
            keyHash: string,
          ) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>
        >("a function from a key's SHA-256 in hex to its record"),
        prefix: text(`a prefix of ${apiKeyPrefixForm}`, isApiKeyPrefix).optional(),
        cacheFor: duration({ min: 0, max: hour, say: "of at most 1 hour" }).default(30_000),
      },
      "auth.apiKeys",
    ).optional(),
    custom: callable<
      (
        facts: Facts,
      ) => CustomPrincipal | null | undefined | Promise<CustomPrincipal | null | undefined>
    >("a function from the facts to a principal").optional(),
    claims: fields(
      {
        sub: claim.optional(),
        scope: claim.optional(),
        roles: claim.optional(),
        permissions: claim.optional(),
        tenants: claim.optional(),
      },
      "auth.claims",
    ).default({}),
    revoked: callable<(claims: Readonly<Record<string, unknown>>) => boolean | Promise<boolean>>(
      "a function from the claims to whether the token is revoked",
    ).optional(),
    cookie: text("a cookie's name", isToken).optional(),
    origins: z.array(origin).default([]),
    failures: fields(
      {
        quota: value<number>(
          "a whole number from 1",
          (given) => Number.isSafeInteger(given) && (given as number) >= 1,
        ),
        window: duration({ min: 1, max: day, say: "from 1 ms to 1 day" }),
      },
      "auth.failures",
    ).optional(),
    clockTolerance: duration({ min: 0, max: 300_000, say: "of at most 5 minutes" }).default(5_000),
    realm: text('a realm of printable ASCII without " and \\', (given) =>
      /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(given),
    ).default("api"),
  },
  "auth",
);
