import fc from "fast-check";
import { base64url, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { AuthFailure } from "./auth-failure.ts";
import { audience, bearer, setUp, start, TestIssuer } from "./test-issuer.ts";

const idp = new TestIssuer();
const second = start / 1_000;

beforeAll(async () => {
  await idp.addKey("one");
  await idp.addKey("rsa", "RS256");
  await idp.addKey("ed", "EdDSA");
  for (const kid of ["one", "rsa", "ed"]) seen.push(await idp.token(kid));
});

/** By one that has seen no token yet, and alike by one that has seen good tokens with headers like it. */
async function judge(token: string, issuer: object = {}, config: object = {}) {
  const verdict = await setUp({ jwt: [{ ...idp.config, ...issuer }], ...config }).identify(
    bearer(token),
  );
  const given = { ...idp.config, fetch: undefined, jwks: idp.jwks, ...issuer };
  const seasoned = setUp({ jwt: [given], ...config });
  for (const good of seen) await seasoned.identify(bearer(good));
  expect(outcome(await seasoned.identify(bearer(token)))).toEqual(outcome(verdict));
  return verdict;
}

const outcome = (verdict: Awaited<ReturnType<ReturnType<typeof setUp>["identify"]>>) =>
  verdict instanceof AuthFailure ? verdict : verdict?.id;

const seen: string[] = [];

function refused(detail: RegExp) {
  return expect.objectContaining({ code: "invalid_token", detail: expect.stringMatching(detail) });
}

const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
const goodClaims = { iss: idp.issuer, aud: audience, sub: "alice", exp: second + 3_600 };

describe("a good token", () => {
  it.each(["one", "rsa", "ed"])(
    "of key %s is its issuer's and subject's principal",
    async (kid) => {
      const claims = {
        scope: "read write",
        roles: ["staff"],
        permissions: ["a:b"],
        org: { id: "o1" },
      };
      const principal = await judge(await idp.token(kid, claims));
      expect(principal).toMatchObject({
        id: "https://idp.example.com|alice",
        type: "jwt",
        issuer: "https://idp.example.com",
        subject: "alice",
        scopes: ["read", "write"],
        roles: ["staff"],
        permissions: ["a:b"],
        tenants: undefined,
        claims: { sub: "alice", org: { id: "o1" } },
      });
    },
  );

  it("cannot be changed, however deep, by who receives it", async () => {
    const principal = await judge(await idp.token("one", { roles: ["staff"], org: { ids: [1] } }));
    if (principal === undefined || principal instanceof AuthFailure) throw new Error("refused");
    expect(Object.isFrozen(principal)).toBe(true);
    expect(() => (principal.roles as string[]).push("admin")).toThrow(TypeError);
    expect(() => (principal.claims.org as { ids: number[] }).ids.push(2)).toThrow(TypeError);
  });

  it("may have been issued to several audiences, one of them this", async () => {
    const token = await idp.token("one", { aud: ["https://other.example.com", audience] });
    expect(await judge(token)).toMatchObject({ subject: "alice" });
    expect(await judge(token, { audience: ["x", audience] })).toMatchObject({ subject: "alice" });
  });

  it("needs no audience where the config says false", async () => {
    const token = await idp.token("one", { aud: undefined });
    expect(await judge(token, { audience: false })).toMatchObject({ subject: "alice" });
    expect(await judge(token)).toEqual(refused(/audience/));
  });

  it("of a shared secret is accepted by a config with a secret", async () => {
    const secret = "s".repeat(32);
    const token = await new SignJWT(goodClaims)
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(secret));
    const issuer = { jwks: undefined, secret };
    expect(await judge(token, issuer)).toMatchObject({ subject: "alice" });
    expect(await judge(token, { ...issuer, secret: "t".repeat(32) })).toEqual(refused(/signature/));
  });

  it("is not read for keys that it brings along", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await crypto.subtle.exportKey("jwk", publicKey);
    const forge = (header: object) =>
      new SignJWT(goodClaims).setProtectedHeader({ alg: "ES256", ...header }).sign(privateKey);
    expect(await judge(await forge({ kid: "one", jwk }))).toEqual(refused(/signature/));
    for (const header of [{ jku: "https://evil.example/k" }, { x5u: "https://evil.example/c" }])
      expect(await judge(await forge({ kid: "one", ...header }))).toEqual(refused(/signature/));
  });
});

describe("a forged token", () => {
  it("without a signature is refused, in every spelling of none", async () => {
    for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
      const unsigned = `${encode({ alg, kid: "one" })}.${encode(goodClaims)}`;
      expect(await judge(`${unsigned}.`)).toEqual(refused(/malformed/));
      expect(await judge(`${unsigned}.AA`)).toEqual(refused(/algorithm/));
    }
  });

  it("signed with a public key as if it were a secret is refused", async () => {
    const rsa = await generateKeyPair("RS256", { extractable: true });
    const pem = await exportSPKI(rsa.publicKey);
    const issuer = new TestIssuer();
    const key = await issuer.addKey("k", "RS256");
    for (const secret of [pem, pem.trim(), JSON.stringify(key.jwk), String(key.jwk.n)]) {
      const token = await new SignJWT(goodClaims)
        .setProtectedHeader({ alg: "HS256", kid: "k" })
        .sign(new TextEncoder().encode(secret));
      const { identify } = setUp({ jwt: [issuer.config] });
      expect(await identify(bearer(token))).toEqual(refused(/algorithm/));
    }
    expect(issuer.fetches).toBe(0);
  });

  it("signed by one issuer in another's name is refused, even under the other's kid", async () => {
    const other = new TestIssuer("https://other.example.com");
    await other.addKey("one");
    await other.addKey("theirs");
    const config = { jwt: [idp.config, other.config] };
    const stolenName = await other.token("one", { iss: idp.issuer });
    expect(await setUp(config).identify(bearer(stolenName))).toEqual(refused(/signature/));
    const foreignKid = await other.token("theirs", { iss: idp.issuer });
    expect(await setUp(config).identify(bearer(foreignKid))).toEqual(refused(/unknown key/));
  });

  it("is refused when any one character of it is changed", async () => {
    const token = await idp.token("one");
    const { identify } = setUp({ jwt: [idp.config] });
    await identify(bearer(token));
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: token.length - 2 }),
        fc.constantFrom(..."Aa0-_.+/= "),
        async (index, character) => {
          // The last character of a part may hold bits that decode to nothing.
          fc.pre(token[index] !== character && token[index + 1] !== ".");
          const forged = token.slice(0, index) + character + token.slice(index + 1);
          expect(await identify(bearer(forged))).toBeInstanceOf(AuthFailure);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is refused whatever stands in its parts", async () => {
    const { identify, events } = setUp({ jwt: [idp.config] });
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.json(), fc.base64String(), async (header, payload, rest) => {
        const token = `${base64url.encode(header)}.${base64url.encode(payload)}.${rest}`;
        expect(await identify(bearer(token))).toMatchObject({
          code: expect.stringMatching(/invalid_token|bad_request/),
        });
      }),
      { numRuns: 300 },
    );
    expect(events).toEqual([]);
  });

  it.each([
    ["__proto__", "one"],
    ["constructor", "one"],
    ["toString", "one"],
  ])("that names the issuer or key %s is refused", async (name) => {
    const { signing } = idp;
    const key = signing.get("one");
    if (key === undefined) throw new Error("no key");
    const sign = (claims: object, kid: string) =>
      new SignJWT({ ...goodClaims, ...claims })
        .setProtectedHeader({ alg: "ES256", kid })
        .sign(key.privateKey);
    expect(await judge(await sign({ iss: name }, "one"))).toEqual(refused(/issuer/));
    expect(await judge(await sign({}, name))).toEqual(refused(/unknown key/));
  });
});

it("a token of a key that is too weak is refused, and the owner is told", async () => {
  const weak = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { ...weak, modulusLength: 1_024, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const input = `${encode({ alg: "RS256", kid: "weak" })}.${encode(goodClaims)}`;
  const signature = await crypto.subtle.sign(weak, privateKey, new TextEncoder().encode(input));
  const jwk = { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: "weak" };
  const { events, identify } = setUp({ jwt: [{ ...idp.config, jwks: { keys: [jwk] } }] });
  const token = `${input}.${base64url.encode(new Uint8Array(signature))}`;
  expect(await identify(bearer(token))).toEqual(refused(/key that is not accepted/));
  expect(events).toMatchObject([{ source: "jwks", message: expect.stringMatching(/2,048 bits/) }]);
});

describe("a token that is refused for what it says", () => {
  it.each([
    ["expired", { exp: second - 6 }, /expired/],
    ["expired at the very second", { exp: second - 5 }, /expired/],
    ["without an expiry", { exp: undefined }, /no expiry/],
    ["with an expiry that is no number", { exp: "tomorrow" as unknown as number }, /malformed/],
    ["not valid yet", { nbf: second + 6 }, /not valid yet/],
    ["with a start that is no number", { nbf: "now" as unknown as number }, /malformed/],
    ["for another audience", { aud: "https://other.example.com" }, /audience/],
    ["for a longer audience", { aud: `${audience}/` }, /audience/],
    ["without an audience", { aud: undefined }, /audience/],
    ["of an unknown issuer", { iss: "https://evil.example.com" }, /issuer/],
    ["of an issuer with a slash more", { iss: `${idp.issuer}/` }, /issuer/],
    ["of a list of issuers", { iss: [idp.issuer] as unknown as string }, /issuer/],
    ["without an issuer", { iss: undefined }, /issuer/],
    ["without a subject", { sub: undefined }, /subject/],
    ["with an empty subject", { sub: "" }, /subject/],
    ["with a number as subject", { sub: 7 as unknown as string }, /subject/],
    ["with an endless subject", { sub: "a".repeat(1_025) }, /subject/],
  ])("%s", async (_what, claims, detail) => {
    expect(await judge(await idp.token("one", claims))).toEqual(refused(detail));
  });

  it("whose expiry overflows to infinity never passes", async () => {
    const token = await idp.sign(
      "one",
      `{"iss":"${idp.issuer}","aud":"${audience}","sub":"alice","exp":1e999}`,
    );
    expect(await judge(token)).toEqual(refused(/no expiry/));
  });

  it("expired by its own word causes no fetch", async () => {
    const quiet = new TestIssuer();
    await quiet.addKey("one");
    const { identify } = setUp({ jwt: [quiet.config] });
    expect(await identify(bearer(await quiet.token("one", { exp: 1 })))).toEqual(
      refused(/expired/),
    );
    expect(quiet.fetches).toBe(0);
  });

  it("is judged with the tolerance for clocks that are off", async () => {
    expect(await judge(await idp.token("one", { exp: second - 4 }))).toMatchObject({ type: "jwt" });
    expect(await judge(await idp.token("one", { nbf: second + 5 }))).toMatchObject({ type: "jwt" });
    const strict = { clockTolerance: 0 };
    expect(await judge(await idp.token("one", { exp: second - 4 }), {}, strict)).toEqual(
      refused(/expired/),
    );
  });

  it("of another type is refused where the config names one", async () => {
    const typed = await idp.token("one", {}, { typ: "at+jwt" });
    expect(await judge(typed, { typ: "at+jwt" })).toMatchObject({ subject: "alice" });
    expect(await judge(typed, { typ: "application/at+jwt" })).toMatchObject({ subject: "alice" });
    expect(await judge(await idp.token("one"), { typ: "at+jwt" })).toEqual(refused(/type/));
  });

  it("whose claims hold names of Object.prototype gains nothing by them", async () => {
    const claims = JSON.stringify(goodClaims).slice(0, -1);
    const hostile = await idp.sign(
      "one",
      `${claims},"__proto__":{"roles":["admin"],"scope":"admin"},"constructor":{"roles":["admin"]}}`,
    );
    expect(await judge(hostile)).toMatchObject({ subject: "alice", roles: [], scopes: [] });
    expect(({} as Record<string, unknown>).roles).toBeUndefined();
  });

  it("of an algorithm that the config leaves out is refused", async () => {
    const token = await idp.token("rsa");
    expect(await judge(token, { algorithms: ["ES256"] })).toEqual(refused(/algorithm/));
  });

  it("needs an extension is refused, that of unencoded payloads too", async () => {
    const header = { alg: "ES256", kid: "one" };
    for (const extension of [
      { crit: ["exp"], exp: 1 },
      { crit: ["b64"], b64: true },
      { crit: ["b64"], b64: false },
      { b64: false },
      { crit: [] },
    ])
      expect(
        await judge(`${encode({ ...header, ...extension })}.${encode(goodClaims)}.AAAA`),
      ).toEqual(refused(/extension/));
  });
});

describe("a token that is no token", () => {
  it.each([
    ["nothing", ""],
    ["one part", "abc"],
    ["two parts", "a.b"],
    ["four parts", "a.b.c.d"],
    ["five parts, encrypted", "a.b.c.d.e"],
    ["no base64url", "ä.b.c"],
    ["whitespace inside", "a.b. c"],
    ["padding", "YQ==.YQ==.YQ=="],
    ["a header that is an array", `${base64url.encode("[]")}.${encode({})}.AA`],
    ["a payload that is null", `${encode({ alg: "ES256" })}.${encode(null)}.AA`],
    ["a kid that is no string", `${encode({ alg: "ES256", kid: 1 })}.${encode(goodClaims)}.AA`],
  ])("%s", async (_what, token) => {
    const before = idp.fetches;
    expect(await judge(token)).toEqual(refused(/malformed/));
    expect(idp.fetches).toBe(before);
  });

  it("a megabyte long is refused before it is read", async () => {
    const { authenticator, walkOf } = setUp({ jwt: [idp.config] });
    const huge = `${encode({ alg: "ES256" })}.${encode(goodClaims)}.${"A".repeat(1_000_000)}`;
    expect(authenticator.recall(walkOf(bearer(huge)))).toEqual(refused(/too long/));
    const withCookie = setUp({ jwt: [idp.config], cookie: "session" });
    const cookie = { method: "GET", url: "/", headers: { cookie: `session=${huge}` } };
    expect(withCookie.authenticator.recall(walkOf(cookie))).toEqual(refused(/too long/));
  });

  it("that nests as deep as it is long is frozen without exhausting the stack", async () => {
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    const claims = `${JSON.stringify(goodClaims).slice(0, -1)},"deep":${deep}}`;
    const principal = await judge(await idp.sign("one", claims));
    expect(principal).toMatchObject({ subject: "alice" });
  });
});

it("no refusal holds anything of the token or the config", async () => {
  const secretive = { iss: "https://SECRETIVE.example", sub: "SECRETIVE", aud: "SECRETIVE" };
  const tokens = [
    await idp.token("one", { ...secretive, iss: idp.issuer }),
    await idp.token("one", secretive),
    await idp.token("one", { ...secretive, exp: 1 }),
    `${encode({ alg: "SECRETIVE" })}.${encode({ iss: idp.issuer })}.SECRETIVE`,
  ];
  for (const token of tokens) {
    const failure = await judge(token);
    expect(failure).toBeInstanceOf(AuthFailure);
    expect(JSON.stringify(failure)).not.toMatch(/SECRETIVE|example/);
  }
});
