import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { AuthFailure } from "./auth-failure.ts";
import * as keyAges from "./key-ages.ts";
import { bearer, setUp, TestIssuer } from "./test-issuer.ts";

const second = 1_000;
const minute = 60_000;
let idp: TestIssuer;

beforeEach(async () => {
  idp = new TestIssuer();
  await idp.addKey("one");
});

const goDown = () => {
  idp.answer = () => Promise.reject(new TypeError("fetch failed"));
};
const comeBack = () => {
  idp.answer = () => Response.json(idp.jwks);
};
/** Lets a fetch in the background come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Each use is of a token that no cache knows. */
function setUpKeys(staleKeys?: number) {
  const flux = setUp({ jwt: [{ ...idp.config, staleKeys }] });
  let count = 0;
  const use = async (kid = "one") => {
    count += 1;
    const exp = flux.clock.time / 1_000 + 3_600;
    return flux.identify(bearer(await idp.token(kid, { jti: `t${count}`, exp })));
  };
  return { ...flux, use };
}

const accepted = expect.objectContaining({ subject: "alice" });
const unavailable = expect.objectContaining({ code: "unavailable" });
const unknownKey = expect.objectContaining({
  code: "invalid_token",
  detail: "the token was signed with an unknown key",
});

describe("while the issuer is up", () => {
  it("its keys are fetched when the first token comes, and once", async () => {
    const { use } = setUpKeys();
    expect(idp.fetches).toBe(0);
    expect(await Promise.all([use(), use(), use()])).toEqual([accepted, accepted, accepted]);
    expect(idp.fetches).toBe(1);
  });

  it("they are fetched in the background after five minutes", async () => {
    const { clock, use } = setUpKeys();
    await use();
    clock.pass(5 * minute - 1);
    await use();
    expect(idp.fetches).toBe(1);

    clock.pass(1);
    let release: () => void = () => undefined;
    idp.answer = () =>
      new Promise((resolve) => {
        release = () => resolve(Response.json(idp.jwks));
      });
    expect(await use()).toEqual(accepted);
    expect(await use()).toEqual(accepted);
    expect(idp.fetches).toBe(2);
    release();
    await settled();
    expect(await use()).toEqual(accepted);
    expect(idp.fetches).toBe(2);
  });

  it("they answer nothing after ten minutes before they were fetched anew", async () => {
    const { clock, use } = setUpKeys();
    await use();
    await idp.addKey("two");
    idp.answer = () => Response.json({ keys: idp.jwks.keys.filter(({ kid }) => kid === "two") });
    clock.pass(10 * minute);
    expect(await use("one")).toEqual(unknownKey);
    expect(await use("two")).toEqual(accepted);
  });

  it("a new key is found at once", async () => {
    const { use } = setUpKeys();
    await use();
    await idp.addKey("two");
    expect(await use("two")).toEqual(accepted);
    expect(idp.fetches).toBe(2);
  });

  it("unknown keys cause one fetch in thirty seconds, however many come", async () => {
    const { clock, use } = setUpKeys();
    await use();
    const stranger = await idp.addKey("stranger");
    idp.answer = () =>
      Response.json({ keys: idp.jwks.keys.filter(({ kid }) => kid !== "stranger") });
    expect(stranger.alg).toBe("ES256");
    expect(await Promise.all(Array.from({ length: 50 }, () => use("stranger")))).toEqual(
      Array.from({ length: 50 }, () => unknownKey),
    );
    expect(idp.fetches).toBe(2);
    clock.pass(keyAges.unknownKey - 1);
    expect(await use("stranger")).toEqual(unknownKey);
    expect(idp.fetches).toBe(2);
    clock.pass(1);
    expect(await use("stranger")).toEqual(unknownKey);
    expect(idp.fetches).toBe(3);
    expect(await use()).toEqual(accepted);
  });

  it("an unknown key in the very first token causes one fetch, not two", async () => {
    const { use } = setUpKeys();
    await idp.addKey("stranger");
    idp.answer = () => Response.json({ keys: [] });
    expect(await use("stranger")).toEqual(unknownKey);
    expect(idp.fetches).toBe(1);
  });

  it("a token that names no key is accepted if one fits, and refused if several do", async () => {
    const { identify } = setUp({ jwt: [idp.config] });
    const nameless = () => idp.token("one", {}, { kid: undefined });
    expect(await identify(bearer(await nameless()))).toEqual(accepted);
    await idp.addKey("rsa", "RS256");
    expect(await setUp({ jwt: [idp.config] }).identify(bearer(await nameless()))).toEqual(accepted);
    await idp.addKey("two");
    expect(await setUp({ jwt: [idp.config] }).identify(bearer(await nameless()))).toMatchObject({
      code: "invalid_token",
      detail: "the token does not say which key it was signed with",
    });
  });
});

describe("while the issuer is down", () => {
  it("nobody is let in on keys that never came, and nobody is refused for good", async () => {
    goDown();
    const { events, use } = setUpKeys();
    expect(await use()).toEqual(unavailable);
    expect(events).toMatchObject([{ source: "jwks", error: { message: "fetch failed" } }]);
  });

  it("a thousand requests at once cause one fetch, and none during the back-off", async () => {
    goDown();
    const { use } = setUpKeys();
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => use()));
    expect(answers.every((answer) => answer instanceof AuthFailure)).toBe(true);
    expect(idp.fetches).toBe(1);
    await Promise.all(Array.from({ length: 1_000 }, () => use()));
    expect(idp.fetches).toBe(1);
  });

  it("the back-off doubles from one second to sixty, and the answer says how long it is", async () => {
    goDown();
    const { clock, use } = setUpKeys();
    const waits = [1, 2, 4, 8, 16, 32, 60, 60];
    for (const [index, wait] of waits.entries()) {
      expect(await use()).toMatchObject({ code: "unavailable", retryAfter: wait });
      expect(idp.fetches).toBe(index + 1);
      clock.pass(wait * second - 1);
      expect(await use()).toMatchObject({ code: "unavailable", retryAfter: 1 });
      expect(idp.fetches).toBe(index + 1);
      clock.pass(1);
    }
    comeBack();
    expect(await use()).toEqual(accepted);
    goDown();
    clock.pass(2 * 60 * minute);
    expect(await use()).toMatchObject({ code: "unavailable", retryAfter: 1 });
  });

  it("the last good keys serve for an hour after they came, then nothing does", async () => {
    const { clock, use } = setUpKeys();
    await use();
    goDown();
    clock.pass(60 * minute - 1);
    expect(await use()).toEqual(accepted);
    clock.pass(1);
    expect(await use()).toEqual(unavailable);
    comeBack();
    clock.pass(minute);
    expect(await use()).toEqual(accepted);
  });

  it.each([
    [0, 10 * minute],
    [5 * minute, 10 * minute],
    [3 * 60 * minute, 3 * 60 * minute],
  ])("staleKeys: %i ms ends the service after %i ms", async (staleKeys, end) => {
    const { clock, use } = setUpKeys(staleKeys);
    await use();
    goDown();
    clock.pass(end - 1);
    expect(await use()).toEqual(accepted);
    clock.pass(1);
    await settled();
    expect(await use()).toEqual(unavailable);
  });

  it("a request waits for one look only; the next ones are answered while the issuer is tried again", async () => {
    const { clock, use } = setUpKeys();
    await use();
    goDown();
    clock.pass(20 * minute);
    expect(await use()).toEqual(accepted);
    const fetches = idp.fetches;
    clock.pass(minute);
    idp.answer = () => new Promise(() => undefined);
    expect(await use()).toEqual(accepted);
    expect(await use()).toEqual(accepted);
    expect(idp.fetches).toBe(fetches + 1);
  });

  it("a key that nobody knows yet is no reason to refuse for good", async () => {
    const { clock, use } = setUpKeys();
    await use();
    await idp.addKey("two");
    goDown();
    expect(await use("two")).toEqual(unavailable);
    const fetches = idp.fetches;
    expect(await use("two")).toEqual(unavailable);
    expect(await use()).toEqual(accepted);
    expect(idp.fetches).toBe(fetches);
    comeBack();
    clock.pass(second);
    expect(await use("two")).toEqual(accepted);
  });

  it("and its answers make no sense, that is an outage too", async () => {
    const broken: (() => Response)[] = [
      () => new Response("{", { status: 200 }),
      () => new Response("", { status: 200 }),
      () => Response.json({}),
      () => Response.json({ keys: {} }),
      () => Response.json({ keys: ["x"] }),
      () => Response.json([]),
      () => Response.json(null),
      () => Response.json(idp.jwks, { status: 500 }),
      () => Response.json(idp.jwks, { status: 201 }),
      () => new Response(null, { status: 304 }),
      () => new Response(null, { status: 302, headers: { location: "https://evil.example.com" } }),
    ];
    const { clock, use } = setUpKeys();
    await use();
    for (const answer of broken) {
      idp.answer = answer;
      expect(await setUpKeys().use()).toEqual(unavailable);
      clock.pass(5 * minute);
      expect(await use()).toEqual(accepted);
      await settled();
    }
    expect(await use()).toEqual(accepted);
  });

  it("a key that cannot be used is reported, and the others serve", async () => {
    await idp.addKey("two");
    const broken = { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA", kid: "two", alg: "ES256" };
    idp.answer = () => Response.json({ keys: [idp.jwks.keys[0], broken, { kty: "new" }, {}] });
    const { events, use } = setUpKeys();
    expect(await use("two")).toEqual(unavailable);
    expect(events).toMatchObject([{ source: "jwks" }]);
    expect(await use()).toEqual(accepted);
  });

  it("ready says what failed, and succeeds when there is nothing to fetch", async () => {
    goDown();
    const { authenticator } = setUpKeys();
    await expect(authenticator.ready()).rejects.toMatchObject({
      message: "the keys of https://idp.example.com could not be fetched",
      cause: { message: "fetch failed" },
    });
    comeBack();
    await authenticator.ready();
    const fetches = idp.fetches;
    await authenticator.ready();
    expect(idp.fetches).toBe(fetches);
    await setUp({ jwt: [{ ...idp.config, jwks: idp.jwks }] }).authenticator.ready();
    await setUp({}).authenticator.ready();
  });
});

it("a clock that was set back does not make old keys young", async () => {
  const { clock, use } = setUpKeys();
  await use();
  clock.pass(-60 * minute);
  expect(await use()).toEqual(accepted);
  expect(idp.fetches).toBe(2);
});

it("a clock that was set back does not prolong a back-off", async () => {
  goDown();
  const { clock, use } = setUpKeys();
  expect(await use()).toEqual(unavailable);
  comeBack();
  clock.pass(-60 * minute);
  expect(await use()).toEqual(accepted);
});

it("whatever happens, fetches keep their distance and old keys let nobody in", async () => {
  const action = fc.oneof(
    fc.record({
      pass: fc.constantFrom(10, 500, second, 20 * second, 5 * minute, 11 * minute, 61 * minute),
    }),
    fc.constantFrom("use" as const, "stranger" as const, "down" as const, "up" as const),
  );
  await idp.addKey("stranger");
  const served = () =>
    Response.json({ keys: idp.jwks.keys.filter(({ kid }) => kid !== "stranger") });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      idp.answer = served;
      const { clock, use } = setUpKeys();
      let up = true;
      let lastSuccess = -Infinity;
      const failedAt: number[] = [];
      const watch = () => {
        if (up) lastSuccess = clock.time;
        else failedAt.push(clock.time);
      };
      idp.answer = () => {
        watch();
        if (!up) throw new TypeError("fetch failed");
        return served();
      };
      for (const step of actions) {
        if (typeof step === "object") clock.pass(step.pass);
        else if (step === "up" || step === "down") up = step === "up";
        else {
          const answer = await use(step === "use" ? "one" : "stranger");
          await settled();
          const isIn = answer !== undefined && !(answer instanceof AuthFailure);
          if (isIn) expect(clock.time - lastSuccess).toBeLessThan(60 * minute);
          if (step === "stranger") expect(isIn).toBe(false);
          if (up && step === "use" && !isIn) {
            // Only the end of a back-off is waited for.
            expect(clock.time - (failedAt.at(-1) ?? 0)).toBeLessThan(60 * second);
          }
        }
      }
      for (let index = 1; index < failedAt.length; index++)
        expect((failedAt[index] ?? 0) - (failedAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(second);
    }),
    { numRuns: 60 },
  );
});
