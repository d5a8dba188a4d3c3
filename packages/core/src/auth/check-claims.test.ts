import fc from "fast-check";
import { type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from "jose";
import { expect, test } from "vitest";
import { AuthFailure } from "./auth-failure.ts";
import { bearer, setUp, start, TestIssuer } from "./test-issuer.ts";

const secret = "s".repeat(32);
const key = new TextEncoder().encode(secret);
const now = start / 1_000;
const { issuer } = new TestIssuer();

const odd = fc.constantFrom<unknown>(null, "", "1", true, [], {}, [null]);
const name = fc.constantFrom("a", "b", "c", "a/", "");
const time = fc.oneof(
  fc.integer({ min: -8, max: 8 }).map((by) => now + by),
  fc.constantFrom(0, -1, 1e12, -1e300, now + 0.5),
  odd,
);
const claims = fc.record(
  {
    iss: fc.oneof(
      { weight: 20, arbitrary: fc.constant<unknown>(issuer) },
      fc.constant(undefined),
      name,
      odd,
    ),
    aud: fc.oneof(name, fc.array(fc.oneof({ weight: 4, arbitrary: name }, odd)), odd),
    exp: fc.oneof({ weight: 9, arbitrary: fc.constant<unknown>(now + 60) }, time),
    nbf: fc.option(time, { nil: undefined }),
    iat: fc.option(time, { nil: undefined }),
  },
  { requiredKeys: ["iss"] },
);
const config = fc.record({
  audience: fc.oneof(
    name.filter((text) => text !== ""),
    fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 2 }),
    fc.constant<false>(false),
  ),
  typ: fc.constantFrom(undefined, "JWT", "at+jwt", "application/AT+jwt"),
  clockTolerance: fc.constantFrom(0, 5),
});
const typ = fc.constantFrom<unknown>(
  undefined,
  "JWT",
  "jwt",
  "at+jwt",
  "application/at+JWT",
  "",
  1,
);

test("of a token with any claims, any of them missing, Flux believes what jose believes", async () => {
  const counts = { accepted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      claims,
      config,
      typ,
      async (given, { audience, clockTolerance, ...of }, typ) => {
        const token = await new SignJWT({ ...(given as JWTPayload), sub: "alice" })
          .setProtectedHeader({
            alg: "HS256",
            ...(typ === undefined ? {} : { typ: typ as string }),
          })
          .sign(key);
        const options = {
          algorithms: ["HS256"],
          issuer,
          audience: audience === false ? undefined : audience,
          typ: of.typ,
          requiredClaims: ["exp"],
          clockTolerance,
          currentDate: new Date(start),
        } as JWTVerifyOptions;
        const expected = await jwtVerify(token, key, options).then(
          () => true,
          () => false,
        );
        const jwt = [
          { issuer, secret, audience, ...(of.typ === undefined ? {} : { typ: of.typ }) },
        ];
        const flux = setUp({ jwt, clockTolerance: clockTolerance * 1_000 });
        // Unseen, then with a header that was seen, then from the cache.
        const others = await new SignJWT({
          iss: issuer,
          aud: audience || "a",
          exp: now + 60,
          sub: "b",
        })
          .setProtectedHeader({
            alg: "HS256",
            ...(typ === undefined ? {} : { typ: typ as string }),
          })
          .sign(key);
        const seasoned = setUp({ jwt, clockTolerance: clockTolerance * 1_000 });
        await seasoned.identify(bearer(others));
        for (const { identify } of [flux, seasoned, flux])
          expect(!((await identify(bearer(token))) instanceof AuthFailure)).toBe(expected);
        counts[expected ? "accepted" : "refused"] += 1;
      },
    ),
    { numRuns: 2_000 },
  );
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(100);
});
