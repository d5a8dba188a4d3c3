import { beforeEach, describe, expect, it } from "vitest";
import { bearer, setUp, TestIssuer } from "./test-issuer.ts";

let idp: TestIssuer;

beforeEach(async () => {
  idp = new TestIssuer();
  await idp.addKey("one");
});

describe("auth.revoked", () => {
  it("is asked on every use, synchronously", async () => {
    const revoked = new Set<unknown>();
    const { authenticator, identify, walkOf } = setUp({
      jwt: [idp.config],
      revoked: (claims) => revoked.has(claims.jti),
    });
    const token = await idp.token("one", { jti: "t1" });
    const principal = await identify(bearer(token));
    expect(authenticator.recall(walkOf(bearer(token)))).toBe(principal);
    revoked.add("t1");
    expect(authenticator.recall(walkOf(bearer(token)))).toMatchObject({
      code: "invalid_token",
      detail: "the token was revoked",
    });
    revoked.delete("t1");
    expect(authenticator.recall(walkOf(bearer(token)))).toBe(principal);
  });

  it("is asked about a token that is new, too", async () => {
    const { identify } = setUp({ jwt: [idp.config], revoked: () => true });
    expect(await identify(bearer(await idp.token("one")))).toMatchObject({ code: "invalid_token" });
  });

  it("is not asked about a token that is not good", async () => {
    const asked: unknown[] = [];
    const { identify } = setUp({
      jwt: [idp.config],
      revoked: (claims) => {
        asked.push(claims);
        return false;
      },
    });
    await identify(bearer(`${await idp.token("one")}A`));
    await identify(bearer(await idp.token("one", { exp: 1 })));
    expect(asked).toEqual([]);
  });

  it("may answer later", async () => {
    let revoked = false;
    const { authenticator, identify, walkOf } = setUp({
      jwt: [idp.config],
      revoked: async () => revoked,
    });
    const token = await idp.token("one");
    const principal = await identify(bearer(token));
    const later = authenticator.recall(walkOf(bearer(token)));
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(principal);
    revoked = true;
    expect(await authenticator.recall(walkOf(bearer(token)))).toMatchObject({
      code: "invalid_token",
    });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no database"))],
  ])("that %s lets nobody in and is reported", async (_how, revoked) => {
    const { authenticator, events, identify, walkOf } = setUp({ jwt: [idp.config], revoked });
    const token = await idp.token("one");
    expect(await identify(bearer(token))).toMatchObject({ code: "unavailable" });
    expect(await authenticator.recall(walkOf(bearer(token)))).toMatchObject({
      code: "unavailable",
    });
    expect(events).toMatchObject([{ source: "revoked" }, { source: "revoked" }]);
    expect(events[0]?.error).toMatchObject({ message: "no database" });
  });
});
