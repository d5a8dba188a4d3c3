import * as z from "zod/mini";
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
  checked,
  checkItems,
  choose,
  duration,
  expected,
  fields,
  isText,
  mapped,
  oneOrMore,
  text,
  value,
} from "./shapes.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** RFC 9110 §5.6.2. */
const isToken = (given: string) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(given);

/** A header's name, given on in lower case, as facts have them. */
export const headerName = mapped(text("a header's name", isToken), (given) => given.toLowerCase());

export const claim = checked<ClaimLocator>((given, context) => {
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

const issuerNamed = (name: z.ZodMiniType<string>) =>
  fields(
    {
      issuer: name,
      audience: checked<string | readonly string[] | false>((given, context) => {
        if (Array.isArray(given)) checkItems(given, audience, "an audience", isText, context);
        else if (given !== false && !isText(given))
          context.addIssue(`expected ${audience}, got ${show(given)}`);
      }),
      jwks: z.optional(
        value<string | URL | { keys: object[] }>(
          "a JSON Web Key Set or its https URL",
          (given) =>
            ((typeof given === "string" || given instanceof URL) && isTrustworthyUrl(given)) ||
            (typeof given === "object" &&
              given !== null &&
              Array.isArray((given as { keys?: unknown }).keys)),
        ),
      ),
      secret: z.optional(
        z.custom<string | Uint8Array>(
          (given) =>
            (typeof given === "string" || given instanceof Uint8Array) &&
            (secretBytes(given) as number) >= 32,
          "expected a secret of at least 32 bytes (RFC 7518 §3.2)",
        ),
      ),
      algorithms: z.optional(
        checked<readonly string[]>((given, context) => {
          const what = "an array of JWS algorithms";
          if (Array.isArray(given))
            checkItems(given, what, "a JWS algorithm", (item) => typeof item === "string", context);
          else context.addIssue(`expected ${what}, got ${show(given)}`);
        }),
      ),
      typ: z.optional(text("a token type such as at+jwt")),
      staleKeys: z._default(duration({ min: 0, max: 7 * day, say: "of at most 7 days" }), hour),
      tenants: z.optional(
        value<readonly string[] | ((id: string) => boolean)>(
          "an array of tenants' ids, or a function from a tenant's id to whether the issuer may speak for it",
          (given) => typeof given === "function" || (Array.isArray(given) && given.every(isText)),
        ),
      ),
    },
    "an issuer",
  ).check(
    z.superRefine((given, context) => {
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
    }),
  );

/** Where its keys are told, an issuer need not be a URL. */
const issuer = choose(
  { discovered: () => issuerNamed(discoveredIssuer), told: () => issuerNamed(namedIssuer) },
  (given) => {
    const { secret, jwks } = (given ?? {}) as { secret?: unknown; jwks?: unknown };
    return secret === undefined && jwks === undefined ? "discovered" : "told";
  },
);

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
    jwt: z.optional(
      oneOrMore(issuer, "issuer").check(
        z.refine((given) => new Set(given.map((each) => each.issuer)).size === given.length, {
          error: "two issuers have the same name: a token could be meant for either",
        }),
      ),
    ),
    apiKeys: z.optional(
      fields(
        {
          header: headerName.check(
            z.refine((given) => given !== "authorization" && given !== "cookie", {
              error: "expected a header of its own: tokens and cookies come in this one",
            }),
          ),
          lookup: callable<
            (
              keyHash: string,
            ) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>
          >("a function from a key's SHA-256 in hex to its record"),
          prefix: z.optional(text(`a prefix of ${apiKeyPrefixForm}`, isApiKeyPrefix)),
          cacheFor: z._default(duration({ min: 0, max: hour, say: "of at most 1 hour" }), 30_000),
        },
        "auth.apiKeys",
      ),
    ),
    custom: z.optional(
      callable<
        (
          facts: Facts,
        ) => CustomPrincipal | null | undefined | Promise<CustomPrincipal | null | undefined>
      >("a function from the facts to a principal"),
    ),
    claims: z._default(
      fields(
        {
          sub: z.optional(claim),
          scope: z.optional(claim),
          roles: z.optional(claim),
          permissions: z.optional(claim),
          tenants: z.optional(claim),
        },
        "auth.claims",
      ),
      {},
    ),
    revoked: z.optional(
      callable<(claims: Readonly<Record<string, unknown>>) => boolean | Promise<boolean>>(
        "a function from the claims to whether the token is revoked",
      ),
    ),
    cookie: z.optional(text("a cookie's name", isToken)),
    origins: z._default(z.array(origin, expected("an array of origins")), []),
    failures: z.optional(
      fields(
        {
          quota: value<number>(
            "a whole number from 1",
            (given) => Number.isSafeInteger(given) && (given as number) >= 1,
          ),
          window: duration({ min: 1, max: day, say: "from 1 ms to 1 day" }),
        },
        "auth.failures",
      ),
    ),
    clockTolerance: z._default(
      duration({ min: 0, max: 300_000, say: "of at most 5 minutes" }),
      5_000,
    ),
    realm: z._default(
      text('a realm of printable ASCII without " and \\', (given) =>
        /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(given),
      ),
      "api",
    ),
  },
  "auth",
);
