import { describe, expect, it } from "vitest";
import { audience, setUp, TestIssuer } from "./test-issuer.ts";

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
