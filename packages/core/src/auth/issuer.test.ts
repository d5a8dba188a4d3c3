import { SignJWT } from "jose";
import { describe, expect, it, test } from "vitest";
import { audience, bearer, setUp, start, TestIssuer } from "./test-issuer.ts";

const idp = new TestIssuer();

describe("a config that would open a way in is refused", () => {
  const publicJwks = { keys: [{ kty: "EC" }] };
  it.each([
    ["a short secret", { jwks: undefined, secret: "x".repeat(31) }],
    [
      "HS512 with a short secret",
      { jwks: undefined, secret: "x".repeat(63), algorithms: ["HS512"] },
    ],
    ["an HMAC with public keys", { jwks: publicJwks, algorithms: ["RS256", "HS256"] }],
    ["no signature at all", { algorithms: ["none"] }],
    ["an issuer that could be mistaken for a subject", { issuer: "https://idp.example.com|alice" }],
    ["an issuer that could be mistaken for API keys", { issuer: "apikey" }],
    ["an issuer that could be mistaken for sessions of one's own", { issuer: "custom" }],
    ["an issuer that could be mistaken for the app's own code", { issuer: "flux" }],
    [
      "a public algorithm with a secret",
      { jwks: undefined, secret: "x".repeat(64), algorithms: ["RS256"] },
    ],
    ["keys over plain http", { jwks: new URL("http://idp.example.com/keys") }],
    [
      "keys of a host that only looks local",
      { jwks: new URL("http://127.0.0.1.example.com/keys") },
    ],
    ["discovery over plain http", { jwks: undefined, issuer: "http://idp.example.com" }],
    ["keys that are none", { jwks: { keys: ["x"] } as unknown as { keys: object[] } }],
  ])("%s", (_what, issuer) => {
    expect(() => setUp({ jwt: [{ ...idp.config, ...issuer }] })).toThrow(
      expect.objectContaining({ code: "config_invalid" }),
    );
  });

  it("the same issuer twice", () => {
    expect(() => setUp({ jwt: [idp.config, { ...idp.config, audience }] })).toThrow(
      expect.objectContaining({ code: "config_invalid" }),
    );
  });
});

test("a secret is copied: what becomes of the caller's bytes afterwards changes nothing", async () => {
  const secret = new TextEncoder().encode("s".repeat(32));
  const sign = (key: Uint8Array) =>
    new SignJWT({ iss: "https://idp.example.com", sub: "alice", exp: start / 1_000 + 60 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(key);
  const good = await sign(secret);
  const { identify } = setUp({
    jwt: [{ issuer: "https://idp.example.com", audience: false, secret }],
  });
  secret.fill(0);
  expect(await identify(bearer(await sign(secret)))).toMatchObject({ code: "invalid_token" });
  expect(await identify(bearer(good))).toMatchObject({ subject: "alice" });
});
