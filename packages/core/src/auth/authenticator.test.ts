import { beforeAll, describe, expect, it } from "vitest";
import type { AuthConfig } from "./auth-config.ts";
import { Credential } from "./credential.ts";
import { facts, setUp, TestIssuer } from "./test-issuer.ts";

const idp = new TestIssuer();
const apiKey = "sk_live_0123456789abcdef";
let token: string;

beforeAll(async () => {
  await idp.addKey("one");
  token = await idp.token("one");
});

const jwt: Partial<AuthConfig> = { jwt: [idp.config], cookie: "session" };
const apiKeys: Partial<AuthConfig> = {
  apiKeys: { header: "x-api-key", lookup: () => ({ id: "k1" }) },
};
const custom: Partial<AuthConfig> = { custom: () => ({ subject: "carol" }) };
const all = { ...jwt, ...apiKeys, ...custom };

const alice = expect.objectContaining({ id: "https://idp.example.com|alice" });
const key = expect.objectContaining({ id: "apikey|k1" });
const carol = expect.objectContaining({ id: "custom|carol" });
const badRequest = expect.objectContaining({ code: "bad_request" });
const invalidToken = expect.objectContaining({ code: "invalid_token" });

describe("which credential counts", () => {
  it("none: nobody", async () => {
    for (const config of [{}, jwt, apiKeys, { ...jwt, ...apiKeys }])
      expect(await setUp(config).identify(facts({}))).toBeUndefined();
  });

  it.each([
    ["a bearer token", "all", { authorization: "T" }, alice],
    ["a bearer token before a cookie", "all", { authorization: "T", cookie: "session=x" }, alice],
    ["an API key", "all", { "x-api-key": apiKey }, key],
    ["an API key before a cookie", "all", { "x-api-key": apiKey, cookie: "session=T" }, key],
    ["a cookie", "all", { cookie: "session=T" }, alice],
    ["a cookie in quotes, among others", "all", { cookie: 'a=b; session="T"; c=d' }, alice],
    ["a custom session where nothing else is", "all", { cookie: "session2=T" }, carol],
    ["a custom session where the cookie is empty", "all", { cookie: "session=" }, carol],
    [
      "an invalid bearer token, although the cookie is good",
      "all",
      { authorization: "Bearer x", cookie: "session=T" },
      invalidToken,
    ],
    [
      "an invalid cookie, although a custom session may exist",
      "all",
      { cookie: "session=x" },
      invalidToken,
    ],
    [
      "an invalid API key, although the cookie is good",
      "all",
      { "x-api-key": "x", cookie: "session=T" },
      invalidToken,
    ],
    ["an empty API key", "all", { "x-api-key": "" }, invalidToken],
    ["an empty Authorization header", "jwt", { authorization: "" }, invalidToken],
    ["Bearer without a token", "all", { authorization: "Bearer" }, invalidToken],
    ["Bearer with spaces for a token", "all", { authorization: "Bearer   " }, invalidToken],
    [
      "another scheme: nobody who reads tokens only",
      "jwt",
      { authorization: "Basic YTpi" },
      invalidToken,
    ],
    ["another scheme: asked of the custom session", "all", { authorization: "Basic YTpi" }, carol],
    [
      "another scheme before a good cookie",
      "jwt",
      { authorization: "Basic YTpi", cookie: "session=T" },
      invalidToken,
    ],
    [
      "a scheme that only begins like Bearer",
      "jwt",
      { authorization: "Bearerish T" },
      invalidToken,
    ],
    ["a scheme that nobody reads", "apiKeys", { authorization: "Basic YTpi" }, undefined],
    [
      "a scheme that nobody reads, beside an API key",
      "apiKeys",
      { authorization: "Basic YTpi", "x-api-key": apiKey },
      key,
    ],
    ["a token that stands alone in a list", "all", { authorization: ["T"] }, alice],
    [
      "parameters behind commas",
      "all",
      { authorization: 'Digest username="a", realm="b", qop=auth' },
      carol,
    ],
    ["two Authorization values in a list", "all", { authorization: ["T", "T"] }, badRequest],
    ["no Authorization value in a list", "all", { authorization: [] }, badRequest],
    ["two tokens joined", "all", { authorization: "T, T" }, badRequest],
    ["two tokens joined without a space", "all", { authorization: "T,T" }, badRequest],
    ["a token and another scheme joined", "all", { authorization: "T, Basic YTpi" }, badRequest],
    ["another scheme and a token joined", "all", { authorization: "Basic YTpi, T" }, badRequest],
    ["a token and an API key", "all", { authorization: "T", "x-api-key": apiKey }, badRequest],
    [
      "a token and an API key where tokens are not read",
      "apiKeys",
      { authorization: "T", "x-api-key": apiKey },
      badRequest,
    ],
    [
      "another scheme and an API key",
      "all",
      { authorization: "Basic YTpi", "x-api-key": apiKey },
      badRequest,
    ],
    ["two API keys in a list", "all", { "x-api-key": [apiKey, apiKey] }, badRequest],
    ["two API keys joined", "all", { "x-api-key": `${apiKey}, ${apiKey}` }, badRequest],
    ["a cookie twice", "all", { cookie: "session=T; session=T" }, badRequest],
    ["a cookie twice in two headers", "all", { cookie: ["session=T", "session=x"] }, badRequest],
  ] as [string, "all" | "jwt" | "apiKeys", Record<string, string | string[]>, unknown][])(
    "%s",
    async (_what, config, headers, expected) => {
      const full = { all, jwt, apiKeys }[config];
      const fill = (name: string, value: string) =>
        value.replaceAll("T", name === "authorization" ? `Bearer ${token}` : token);
      const sent = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          typeof value === "string" ? fill(name, value) : value.map((one) => fill(name, one)),
        ]),
      );
      const { identify } = setUp(full);
      expect(await identify(facts(sent))).toEqual(expected);
      await identify(facts({ authorization: `Bearer ${token}` }));
      await identify(facts({ "x-api-key": apiKey }));
      // The same with what the first time left in the caches.
      expect(await identify(facts(sent))).toEqual(expected);
    },
  );

  it("is read from Headers alike", async () => {
    const headers = new Headers({ authorization: `Bearer ${token}` });
    const { identify } = setUp(all);
    expect(await identify({ method: "GET", url: "/", headers })).toEqual(alice);
    headers.append("authorization", `Bearer ${token}`);
    expect(await identify({ method: "GET", url: "/", headers })).toEqual(badRequest);
  });

  it("cannot be an API key in a header that holds something else", () => {
    for (const name of ["authorization", "cookie"])
      expect(() => setUp({ apiKeys: { header: name, lookup: () => null } })).toThrow(
        expect.objectContaining({ code: "config_invalid" }),
      );
  });
});

describe("a credential that the browser sends by itself", () => {
  it("is told from one that a program sends, known or not", async () => {
    const { identify, walkOf } = setUp(all);
    const ambient = async (headers: Record<string, string>) => {
      const walk = walkOf(facts(headers));
      await identify(walk.facts, walk);
      return walk.viaCookie;
    };
    for (let round = 0; round < 2; round++) {
      expect(await ambient({ cookie: `session=${token}` })).toBe(true);
      expect(await ambient({ authorization: `Bearer ${token}` })).toBe(false);
      expect(await ambient({ authorization: `Bearer ${token}`, cookie: "session=x" })).toBe(false);
      expect(await ambient({ "x-api-key": apiKey, cookie: "session=x" })).toBe(false);
    }
  });
});

describe("a cookie credential that is verified on another walk", () => {
  it("is still told from one that a program sends", async () => {
    const { authenticator, walkOf } = setUp(jwt);
    const request = facts({ cookie: `session=${token}` });
    const credential = authenticator.recall(walkOf(request)) as Credential;
    const walk = walkOf(request);
    expect(await authenticator.verify(credential, walk)).toEqual(alice);
    expect(walk.viaCookie).toBe(true);
  });
});

describe("a credential on its way", () => {
  it("does not show itself in a log", () => {
    const { authenticator, walkOf } = setUp(all);
    const credential = authenticator.recall(walkOf(facts({ authorization: `Bearer ${token}` })));
    expect(credential).toBeInstanceOf(Credential);
    expect(JSON.stringify(credential)).not.toContain(token);
    expect(Object.values(credential as object)).not.toContain(token);
  });
});
