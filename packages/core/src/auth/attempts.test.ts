import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApiKeyRecord } from "../config/auth-types.ts";
import type { Facts } from "../facts/facts.ts";
import { Attempts } from "./attempts.ts";
import { AuthFailure } from "./auth-failure.ts";
import { Credential } from "./credential.ts";
import { generateApiKey } from "./generate-api-key.ts";
import { bearer, facts, setUp, TestClock, TestIssuer } from "./test-issuer.ts";

const idp = new TestIssuer();
let token: string;
let key: string;
/** What the database says of every key. */
let record: ApiKeyRecord | null;
let clock: TestClock;
let permits: number;
/** How many permits there are. */
let most: number;

beforeAll(async () => {
  await idp.addKey("one");
  token = await idp.token("one");
  ({ key } = await generateApiKey());
});
beforeEach(() => {
  record = { id: "k1" };
  clock = new TestClock();
  permits = 0;
  most = Infinity;
});

function setUpPermits(cacheFor = 30_000) {
  const lookup = async () => record;
  const { authenticator, walkOf } = setUp(
    { jwt: [idp.config], apiKeys: { header: "x-api-key", lookup, cacheFor } },
    clock,
  );
  /** The store answers later, as one across the network does. */
  const permit = async () => {
    const number = ++permits;
    await new Promise((resolve) => setImmediate(resolve));
    return number <= most;
  };
  return async (request: Facts) => {
    const walk = walkOf(request);
    const recalled = await authenticator.recall(walk);
    const verdict =
      recalled instanceof Credential
        ? await authenticator.verify(recalled, walk, permit)
        : recalled;
    return verdict instanceof AuthFailure ? verdict.code : verdict?.subject;
  };
}

/** Thirty requests, the later ones while the first wait. */
async function thirty(send: () => Promise<unknown>): Promise<unknown[]> {
  const answers: Promise<unknown>[] = [];
  for (let index = 0; index < 30; index++) {
    answers.push(send());
    if (index % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
  }
  return Promise.all(answers);
}

const withKey = (value: string) => facts({ "x-api-key": value });
const same = (answer: unknown) => Array.from({ length: 30 }, () => answer);

describe("a credential that many requests bring at once takes one permit", () => {
  it("a good token", async () => {
    const send = setUpPermits();
    expect(await thirty(() => send(bearer(token)))).toEqual(same("alice"));
    expect(permits).toBe(1);
  });

  it("a good API key", async () => {
    const send = setUpPermits();
    expect(await thirty(() => send(withKey(key)))).toEqual(same("k1"));
    expect(permits).toBe(1);
  });

  it("a bad one: it is one guess, and each later time another", async () => {
    record = null;
    const send = setUpPermits();
    expect(await Promise.all(same(0).map(() => send(withKey(key))))).toEqual(same("invalid_token"));
    expect(permits).toBe(1);
    await send(withKey(key));
    expect(permits).toBe(2);
  });

  it("and different ones take one each", async () => {
    record = null;
    const send = setUpPermits();
    const keys = await Promise.all(same(0).map(() => generateApiKey()));
    await Promise.all(keys.map((each) => send(withKey(each.key))));
    expect(permits).toBe(30);
  });
});

describe("without a permit", () => {
  it("nothing is judged, for whoever waits on one that is refused neither", async () => {
    most = 0;
    const send = setUpPermits();
    const before = idp.fetches;
    expect(await thirty(() => send(bearer(token)))).toEqual(same("unavailable"));
    expect(permits).toBe(30);
    expect(idp.fetches).toBe(before);
  });

  it("a refused one holds nobody up later", async () => {
    most = 0;
    const send = setUpPermits();
    await send(bearer(token));
    most = 2;
    expect(await send(bearer(token))).toBe("alice");
  });

  it("where the first client has none left, the next one's own counts", async () => {
    const attempts = new Attempts();
    let judged = 0;
    const judge = async () => ++judged;
    const answers = [false, true].map((permitted) =>
      attempts.judge("secret", async () => permitted, judge),
    );
    expect(await Promise.all(answers)).toEqual([undefined, 1]);
  });

  it("a permit that fails is none", async () => {
    const attempts = new Attempts();
    const failing = () => Promise.reject(new Error("no store"));
    expect(await attempts.judge("secret", failing, async () => "judged")).toBeUndefined();
    expect(
      await attempts.judge(
        "secret",
        async () => true,
        async () => "judged",
      ),
    ).toBe("judged");
  });
});

describe("an API key that was good a short while ago takes none", () => {
  it("when its record has aged, however many bring it", async () => {
    const send = setUpPermits();
    await send(withKey(key));
    most = 0;
    for (let round = 0; round < 3; round++) {
      clock.pass(30_000);
      expect(await thirty(() => send(withKey(key)))).toEqual(same("k1"));
    }
    expect(permits).toBe(1);
  });

  it("where nothing may be cached", async () => {
    const send = setUpPermits(0);
    await send(withKey(key));
    expect(await send(withKey(key))).toBe("k1");
    expect(permits).toBe(1);
  });

  it("until ten minutes have passed", async () => {
    const send = setUpPermits();
    await send(withKey(key));
    clock.pass(600_000);
    await send(withKey(key));
    expect(permits).toBe(2);
  });

  it("until it is found to be bad: from then on it is a guess", async () => {
    const send = setUpPermits();
    await send(withKey(key));
    clock.pass(30_000);
    record = null;
    expect(await send(withKey(key))).toBe("invalid_token");
    expect(permits).toBe(1);
    await send(withKey(key));
    expect(permits).toBe(2);
  });
});
