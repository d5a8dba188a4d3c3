import { beforeEach, describe, expect, it } from "vitest";
import { Credential } from "./credential.ts";
import { bearer, facts, setUp, start, TestClock, TestIssuer } from "./test-issuer.ts";

const minute = 60_000;
let idp: TestIssuer;

beforeEach(async () => {
  idp = new TestIssuer();
  await idp.addKey("one");
});

/** As an HTTP parser would hand it over: equal, and never the same string. */
const fresh = (token: string) => bearer(`${token.slice(0, 5)}${token.slice(5)}`);

describe("a verified token", () => {
  it("is answered synchronously from then on, with the same principal each time", async () => {
    const { authenticator, identify, walkOf } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    expect(authenticator.recall(walkOf(fresh(token)))).toBeInstanceOf(Credential);
    const principal = await identify(fresh(token));
    expect(principal).toMatchObject({ subject: "alice" });
    expect(authenticator.recall(walkOf(fresh(token)))).toBe(principal);
    expect(authenticator.recall(walkOf(fresh(token)))).toBe(principal);
  });

  it("is refused from the moment it expires, the tolerance included", async () => {
    const { authenticator, clock, identify, walkOf } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one", { exp: start / 1_000 + 60 });
    const principal = await identify(fresh(token));
    clock.time = start + 64_999;
    expect(authenticator.recall(walkOf(fresh(token)))).toBe(principal);
    clock.time = start + 65_000;
    const expired = { code: "invalid_token", detail: "the token expired" };
    expect(authenticator.recall(walkOf(fresh(token)))).toEqual(expect.objectContaining(expired));
    expect(await identify(fresh(token))).toMatchObject(expired);
  });

  it("is verified once however many bring it at the same time", async () => {
    const { identify } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    const principals = await Promise.all(Array.from({ length: 100 }, () => identify(fresh(token))));
    expect(principals[0]).toMatchObject({ subject: "alice" });
    expect(new Set(principals).size).toBe(1);
  });

  it("is known in any spelling of its scheme, and only with one", async () => {
    const { authenticator, identify, walkOf } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    const principal = await identify(fresh(token));
    for (const scheme of ["bearer ", "BEARER ", "Bearer   "])
      expect(authenticator.recall(walkOf(facts({ authorization: scheme + token })))).toBe(
        principal,
      );
    expect(authenticator.recall(walkOf(facts({ authorization: token })))).toMatchObject({
      code: "invalid_token",
    });
  });

  it("that came as a cookie is not found by a header without its scheme", async () => {
    const { authenticator, identify, walkOf } = setUp({ jwt: [idp.config], cookie: "session" });
    const token = await idp.token("one");
    await identify(facts({ cookie: `session=${token}` }));
    expect(authenticator.recall(walkOf(facts({ authorization: token })))).toMatchObject({
      code: "invalid_token",
    });
  });

  it("dies with its key, and not before", async () => {
    const { authenticator, clock, identify, walkOf } = setUp({ jwt: [idp.config] });
    await idp.addKey("two");
    const first = await idp.token("one");
    const second = await idp.token("two", { sub: "bob" });
    await identify(fresh(first));
    const bob = await identify(fresh(second));

    idp.signing.delete("one");
    clock.pass(5 * minute);
    // The one that begins the fetch in the background is still answered.
    expect(authenticator.recall(walkOf(fresh(first)))).toMatchObject({ subject: "alice" });
    await authenticator.ready();
    expect(authenticator.recall(walkOf(fresh(first)))).toBeInstanceOf(Credential);
    expect(await identify(fresh(first))).toMatchObject({
      code: "invalid_token",
      detail: "the token was signed with an unknown key",
    });
    expect(authenticator.recall(walkOf(fresh(second)))).toBe(bob);
  });

  it("dies with its key also when that key outlived a fetch", async () => {
    const { authenticator, clock, identify, walkOf } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    const principal = await identify(fresh(token));
    clock.pass(5 * minute);
    await authenticator.ready();
    expect(authenticator.recall(walkOf(fresh(token)))).toBe(principal);
    idp.signing.delete("one");
    clock.pass(5 * minute);
    await authenticator.ready();
    expect(await identify(fresh(token))).toMatchObject({ code: "invalid_token" });
  });

  it("dies when another key takes its key's name", async () => {
    const { authenticator, clock, identify } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    await identify(fresh(token));
    await idp.addKey("one");
    clock.pass(5 * minute);
    await authenticator.ready();
    expect(await identify(fresh(token))).toMatchObject({
      code: "invalid_token",
      detail: "the token's signature is wrong",
    });
  });

  it("waits for its keys when nobody looked at them for ten minutes, and is the same then", async () => {
    const { authenticator, clock, identify, walkOf } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    const principal = await identify(fresh(token));
    clock.pass(10 * minute);
    const waiting = authenticator.recall(walkOf(fresh(token)));
    expect(waiting).toMatchObject({ type: "token", recentlyGood: true });
    expect(await authenticator.verify(waiting as Credential, walkOf(fresh(token)))).toBe(principal);
    expect(authenticator.recall(walkOf(fresh(token)))).toBe(principal);
    expect(idp.fetches).toBe(2);
  });

  it("whose key was withdrawn meanwhile is not let in by that wait", async () => {
    const { clock, identify } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    await identify(fresh(token));
    idp.signing.delete("one");
    await idp.addKey("two");
    clock.pass(10 * minute);
    expect(await identify(fresh(token))).toMatchObject({ code: "invalid_token" });
  });

  it("that expires during that wait is refused", async () => {
    const { clock, identify } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one", { exp: start / 1_000 + 601 });
    await identify(fresh(token));
    clock.pass(10 * minute);
    idp.answer = () => {
      clock.pass(10_000);
      return Response.json(idp.jwks);
    };
    expect(await identify(fresh(token))).toMatchObject({ detail: "the token expired" });
  });

  it("served on keys that could not be looked at says so, until the clean answer is back", async () => {
    const { authenticator, clock, identify, walkOf } = setUp({ jwt: [idp.config] });
    const token = await idp.token("one");
    await identify(fresh(token));
    idp.answer = () => new Response("down", { status: 503 });
    clock.pass(11 * minute);

    const walk = walkOf(fresh(token));
    expect(await identify(fresh(token), walk)).toMatchObject({ subject: "alice" });
    expect(walk.sources).toEqual(["jwks"]);
    const next = walkOf(fresh(token));
    expect(authenticator.recall(next)).toMatchObject({ subject: "alice" });
    expect(next.sources).toEqual(["jwks"]);

    idp.answer = () => Response.json(idp.jwks);
    clock.pass(minute);
    await authenticator.ready();
    const clean = walkOf(fresh(token));
    expect(authenticator.recall(clean)).toMatchObject({ subject: "alice" });
    expect(clean.sources).toEqual([]);
  });
});

describe("several issuers", () => {
  it("keep their subjects, their keys and their tokens apart", async () => {
    const other = new TestIssuer("https://other.example.com");
    await other.addKey("one");
    const { authenticator, identify, walkOf } = setUp({ jwt: [idp.config, other.config] });
    const token = await other.token("one");
    expect(await identify(fresh(await idp.token("one")))).toMatchObject({
      id: "https://idp.example.com|alice",
    });
    expect(await identify(fresh(token))).toMatchObject({ id: "https://other.example.com|alice" });
    expect(authenticator.recall(walkOf(fresh(token)))).toMatchObject({ issuer: other.issuer });
    expect([idp.fetches, other.fetches]).toEqual([1, 1]);
  });

  it("fail apart", async () => {
    const other = new TestIssuer("https://other.example.com");
    await other.addKey("one");
    other.answer = () => Promise.reject(new TypeError("fetch failed"));
    const { authenticator, identify } = setUp({ jwt: [idp.config, other.config] });
    expect(await identify(fresh(await idp.token("one")))).toMatchObject({ subject: "alice" });
    expect(await identify(fresh(await other.token("one")))).toMatchObject({ code: "unavailable" });
    await expect(authenticator.ready()).rejects.toThrow("https://other.example.com");
  });
});

describe("invalidate", () => {
  it("forgets a token, a principal or a tenant, and nobody else", async () => {
    const { authenticator, identify, walkOf } = setUp({
      jwt: [idp.config],
      cookie: "session",
      claims: { tenants: "orgs" },
    });
    const alice = await idp.token("one", { orgs: ["acme"] });
    const bob = await idp.token("one", { sub: "bob", orgs: ["acme", "globex"] });
    const carol = await idp.token("one", { sub: "carol", orgs: [] });
    const known = async () => {
      const tokens = [alice, bob, carol];
      const recalled = tokens.map((token) => authenticator.recall(walkOf(fresh(token))));
      for (const token of tokens) await identify(fresh(token));
      return recalled.map((one) => !(one instanceof Credential));
    };
    await known();
    authenticator.invalidate({ token: alice });
    expect(await known()).toEqual([false, true, true]);
    authenticator.invalidate({ principal: `${idp.issuer}|bob` });
    expect(await known()).toEqual([true, false, true]);
    authenticator.invalidate({ tenant: "acme" });
    expect(await known()).toEqual([false, false, true]);
    authenticator.invalidate({});
    expect(await known()).toEqual([true, true, true]);

    await identify(facts({ cookie: `session=${alice}` }));
    authenticator.invalidate({ token: alice });
    expect(authenticator.recall(walkOf(facts({ cookie: `session=${alice}` })))).toBeInstanceOf(
      Credential,
    );
  });
});

describe("the cache", () => {
  it("remembers nothing of what was refused", async () => {
    const { authenticator, identify, walkOf } = setUp({ jwt: [idp.config] });
    const forged = await idp.token("one", { aud: "https://other.example.com" });
    await identify(fresh(forged));
    expect(authenticator.recall(walkOf(fresh(forged)))).toBeInstanceOf(Credential);
  });
});

it("a listener that throws decides nothing", async () => {
  const { createAuthenticator } = await import("./authenticator.ts");
  const clock = new TestClock();
  idp.answer = () => new Response("", { status: 500 });
  const authenticator = createAuthenticator(
    { jwt: [idp.config], clockTolerance: 0 },
    {
      now: clock.now,
      onEvent: () => {
        throw new Error("listener");
      },
    },
  );
  const walk = {
    facts: fresh(await idp.token("one")),
    now: start,
    viaCookie: false,
    known: undefined,
    degrade() {},
  };
  const credential = authenticator.recall(walk);
  expect(await authenticator.verify(credential as Credential, walk)).toMatchObject({
    code: "unavailable",
  });
});
