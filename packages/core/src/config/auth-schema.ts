import { z } from "zod";
import type { ApiKeyRecord, ClaimInput, CustomPrincipal } from "./auth-types.ts";
import { callable, duration, fields, oneOrMore, text, value } from "./shapes.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** RFC 9110 §5.6.2. */
export const headerName = text("a header's name", (given) =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(given),
);

const stringOrStrings = (what: string) =>
  value<string | readonly string[]>(
    what,
    (given) =>
      (typeof given === "string" && given !== "") ||
      (Array.isArray(given) &&
        given.length > 0 &&
        given.every((item) => typeof item === "string" && item !== "")),
  );

export const claim = value<ClaimInput>(
  "a claim: its name, a path (dotted, or an array of names) or a function of the claims",
  (given) =>
    typeof given === "function" ||
    (typeof given === "string" && given !== "") ||
    (Array.isArray(given) && given.length > 0 && given.every((item) => typeof item === "string")),
);

/** Plain http is for an issuer on the same machine; anywhere else it hands the keys to whoever listens. */
function isSafeUrl(given: unknown): boolean {
  try {
    const url = new URL(String(given));
    const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
    return url.protocol === "https:" || (url.protocol === "http:" && local);
  } catch {
    return false;
  }
}

const issuer = fields(
  {
    issuer: text(
      "an issuer: an https URL (http only on loopback) as the tokens' `iss` has it, without |",
      (given) => isSafeUrl(given) && !given.includes("|"),
    ),
    audience: z.custom<string | readonly string[] | false>(
      (given) =>
        given === false ||
        (typeof given === "string" && given !== "") ||
        (Array.isArray(given) &&
          given.length > 0 &&
          given.every((item) => typeof item === "string" && item !== "")),
      "expected the audience that stands for this API, several in an array, or `audience: false` for an issuer whose access tokens have none (without a check, tokens for any other API of that issuer pass)",
    ),
    jwks: value<string | URL | { keys: object[] }>(
      "a JSON Web Key Set or its https URL",
      (given) =>
        ((typeof given === "string" || given instanceof URL) && isSafeUrl(given)) ||
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
    algorithms: value<readonly string[]>(
      "an array of JWS algorithms",
      (given) =>
        Array.isArray(given) && given.length > 0 && given.every((item) => typeof item === "string"),
    ).optional(),
    typ: text("a token type such as at+jwt").optional(),
    staleKeys: duration({ min: 0, max: 7 * day, say: "of at most 7 days" }).default(hour),
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
    const least = hmacBytes[algorithm as keyof typeof hmacBytes];
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

export const asymmetricAlgorithms: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const hmacBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;
export const hmacAlgorithms: readonly string[] = Object.keys(hmacBytes);

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
        header: headerName
          .transform((given) => given.toLowerCase())
          .refine((given) => given !== "authorization" && given !== "cookie", {
            error: "expected a header of its own: tokens and cookies come in this one",
          }),
        lookup: callable<
          (
            keyHash: string,
          ) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>
        >("a function from a key's SHA-256 in hex to its record"),
        prefix: text("a prefix of 1 to 16 lower-case letters and digits, a letter first", (given) =>
          /^[a-z][a-z0-9]{0,15}$/.test(given),
        ).optional(),
        cacheFor: duration({ min: 0, max: hour, say: "of at most 1 hour" }).default(30_000),
      },
      "auth.apiKeys",
    ).optional(),
    custom: callable<
      (
        facts: never,
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
    cookie: text("a cookie's name", (given) =>
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(given),
    ).optional(),
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

export { stringOrStrings };
