/** `auth.failures` counts guesses: a good credential is none, however many requests bring it at once. */
import { defineFlux, generateApiKey } from "@flux/core";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";

const issuer = "https://idp.example.com";
const audience = "https://api.example.com";
const ip = "192.0.2.9";
const parallel = 40;
const quota = 20;

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let apiKey: Awaited<ReturnType<typeof generateApiKey>>;
beforeAll(async () => {
  keys = await generateKeyPair("ES256", { extractable: true });
  apiKey = await generateApiKey();
});

const tokenOf = (subject: string, key = keys.privateKey) =>
  new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid: "k" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setExpirationTime("1h")
    .sign(key);

async function define(now: () => number = Date.now) {
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k", alg: "ES256" };
  return defineFlux({
    auth: {
      jwt: { issuer, audience, jwks: { keys: [jwk] } },
      apiKeys: {
        header: "x-api-key",
        cacheFor: "30s",
        lookup: async (hash) => (hash === apiKey.hash ? { id: "k1" } : null),
      },
      failures: { quota, window: "1h" },
    },
    now,
  });
}

type Flux = Awaited<ReturnType<typeof define>>;
const ask = async (flux: Flux, headers: Record<string, string>) =>
  (await flux.decide({ method: "GET", url: "/x", headers, ip })).code;
const askAtOnce = async (flux: Flux, headers: Record<string, string>) => {
  const codes = await Promise.all(Array.from({ length: parallel }, () => ask(flux, headers)));
  return [...new Set(codes)];
};

describe("auth.failures", () => {
  it("lets a fresh good token pass in as many requests at once as come", async () => {
    const authorization = `Bearer ${await tokenOf("ann")}`;
    expect(await askAtOnce(await define(), { authorization })).toEqual(["allowed"]);
  });

  it("lets a good API key pass at once, also when what is known of it has aged", async () => {
    let now = Date.now();
    const flux = await define(() => now);
    for (let i = 0; i < 3; i++) {
      expect(await askAtOnce(flux, { "x-api-key": apiKey.key })).toEqual(["allowed"]);
      now += 31_000;
    }
  });

  it("counts guesses that come at once, each for itself", async () => {
    const flux = await define();
    const stranger = await generateKeyPair("ES256");
    const guesses = await Promise.all(
      Array.from({ length: parallel }, (_, i) => tokenOf(`guess-${i}`, stranger.privateKey)),
    );
    const codes = await Promise.all(
      guesses.map((guess) => ask(flux, { authorization: `Bearer ${guess}` })),
    );
    expect(codes.filter((code) => code === "invalid_token")).toHaveLength(quota);
    expect(codes.filter((code) => code === "rate_limited")).toHaveLength(parallel - quota);
  });

  it("lets what is known to be good pass when the guesses are used up, and nothing else", async () => {
    const flux = await define();
    const known = { authorization: `Bearer ${await tokenOf("ann")}` };
    expect(await ask(flux, known)).toBe("allowed");
    for (let i = 0; i < quota; i++) await ask(flux, { authorization: `Bearer bad.${i}.token` });
    expect(await ask(flux, { authorization: "Bearer one.more.guess" })).toBe("rate_limited");
    expect(await ask(flux, known)).toBe("allowed");
    expect(await ask(flux, { authorization: `Bearer ${await tokenOf("bob")}` })).toBe(
      "rate_limited",
    );
  });
});
