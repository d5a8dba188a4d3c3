import fc from "fast-check";
import { SignJWT } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import { decodeJwt } from "jose/jwt/decode";
import { expect, test } from "vitest";
import { type ClaimedToken, readToken, rememberHeader } from "./read-token.ts";

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("reads what jose reads, whatever characters the claims have", () => {
  const claims = fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: "binary" }), fc.integer()));
  fc.assert(
    fc.property(claims, claims, (header, payload) => {
      const token = `${part({ alg: "RS256", ...header })}.${part(payload)}.c2ln`;
      expect(readToken(token)).toEqual({
        header: decodeProtectedHeader(token),
        payload: decodeJwt(token),
      });
    }),
  );
});

test("reads a signed token", async () => {
  const token = await new SignJWT({ org: "Łódź, 東京" })
    .setProtectedHeader({ alg: "HS256", kid: "ключ" })
    .sign(new Uint8Array(32));
  expect(readToken(token)).toMatchObject({
    header: { kid: "ключ" },
    payload: { org: "Łódź, 東京" },
  });
});

test.each([
  ["", "no token"],
  ["a.b", "two parts"],
  ["a.b.c.d", "four parts"],
  [`${part({ alg: "RS256" })}..c2ln`, "no payload"],
  [`${part([1])}.${part({})}.c2ln`, "a header that is a list"],
  [`${part({})}.${part("x")}.c2ln`, "a payload that is a text"],
  [`${part({})}.${part({})} .c2ln`, "a space"],
  [`${part({})}.gA.c2ln`, "bytes that are no UTF-8"],
])("reads nothing in %j: %s", (token) => {
  expect(readToken(token)).toBeUndefined();
});

test("a header that many tokens share cannot be changed for them", () => {
  const token = `${part({ alg: "RS256", x: { y: 1 } })}.${part({})}.c2ln`;
  rememberHeader(token, readToken(token) as ClaimedToken);
  expect(readToken(token)?.header).toBe(readToken(token)?.header);
  const header = readToken(token)?.header as { x: { y: number } };
  expect(() => {
    header.x.y = 2;
  }).toThrow();
  expect(readToken(token)?.header).toEqual({ alg: "RS256", x: { y: 1 } });
});

test("a header is remembered only when somebody says so, and only a short one", () => {
  const short = `${part({ alg: "ES256", n: 1 })}.${part({})}.c2ln`;
  expect(readToken(short)?.header).not.toBe(readToken(short)?.header);
  const long = `${part({ alg: "ES256", x: "y".repeat(1_000) })}.${part({})}.c2ln`;
  rememberHeader(long, readToken(long) as ClaimedToken);
  expect(readToken(long)?.header).not.toBe(readToken(long)?.header);
});
