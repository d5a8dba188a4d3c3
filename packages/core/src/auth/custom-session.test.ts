import { describe, expect, it } from "vitest";
import type { CustomPrincipal } from "../config/auth-types.ts";
import { facts, setUp } from "./test-issuer.ts";

const answer = (given: unknown, headers: Record<string, string> = {}) => {
  const flux = setUp({ custom: () => given as CustomPrincipal });
  const walk = flux.walkOf(facts(headers));
  return { ...flux, walk, principal: flux.authenticator.recall(walk) };
};

describe("a custom session", () => {
  it("is the principal that it names", () => {
    const given = {
      subject: "u|1",
      issuer: "lucia",
      scopes: "read write",
      roles: ["staff"],
      permissions: ["a:b"],
      tenants: ["acme", "globex"],
      claims: { plan: "pro" },
    };
    expect(answer(given).principal).toEqual({
      id: "lucia|u|1",
      type: "custom",
      issuer: "lucia",
      subject: "u|1",
      scopes: ["read", "write"],
      roles: ["staff"],
      permissions: ["a:b"],
      tenants: ["acme", "globex"],
      claims: { plan: "pro" },
    });
  });

  it("names little where there is little to name", () => {
    expect(answer({ subject: "u1" }).principal).toEqual({
      id: "custom|u1",
      type: "custom",
      issuer: "custom",
      subject: "u1",
      scopes: [],
      roles: [],
      permissions: [],
      tenants: undefined,
      claims: { subject: "u1" },
    });
    expect(answer({ subject: "u1", tenant: "acme" }).principal).toMatchObject({
      tenants: ["acme"],
    });
  });

  it("is no credential where there is none", async () => {
    expect(answer(null).principal).toBeUndefined();
    expect(answer(undefined).principal).toBeUndefined();
    expect(await answer(Promise.resolve(null)).principal).toBeUndefined();
  });

  it("is answered synchronously unless it has to be waited for", async () => {
    const { principal } = answer(Promise.resolve({ subject: "u1" }));
    expect(principal).toBeInstanceOf(Promise);
    expect(await principal).toMatchObject({ id: "custom|u1" });
  });

  it.each([
    ["a request with cookies", { subject: "u" }, { cookie: "sid=1" }, true],
    ["a request without", { subject: "u" }, {}, false],
    [
      "a session that says it came otherwise",
      { subject: "u", cookie: false },
      { cookie: "a=b" },
      false,
    ],
    ["a session that says the browser sends it", { subject: "u", cookie: true }, {}, true],
    ["no session", null, { cookie: "sid=1" }, false],
  ] as [string, unknown, Record<string, string>, boolean][])(
    "counts as sent by the browser itself: %s",
    async (_what, given, headers, expected) => {
      expect(answer(given, headers).walk.viaCookie).toBe(expected);
      const late = answer(Promise.resolve(given), headers);
      await late.principal;
      expect(late.walk.viaCookie).toBe(expected);
    },
  );
});

describe("what is no session lets nobody in, and is reported", () => {
  it.each([
    [
      "a thrown error",
      () => {
        throw new Error("down");
      },
    ],
    ["a rejection", () => Promise.reject(new Error("down"))],
    [
      "a throwing then",
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: what some query builders give.
        then: () => {
          throw new Error("down");
        },
      }),
    ],
    ["a string", () => "u1"],
    ["true", () => true],
    ["a list", () => [{ subject: "u1" }]],
    ["no subject", () => ({})],
    ["an empty subject", () => ({ subject: "" })],
    ["a number as subject", () => ({ subject: 1 })],
    ["an endless subject", () => ({ subject: "a".repeat(1_025) })],
    [
      "an issuer that could be mistaken for a part of the id",
      () => ({ subject: "u", issuer: "a|b" }),
    ],
    ["an empty issuer", () => ({ subject: "u", issuer: "" })],
    ["roles that are a number", () => ({ subject: "u", roles: 1 })],
    ["tenants with a number", () => ({ subject: "u", tenants: [1] })],
    ["a number as tenant", () => ({ subject: "u", tenant: 1 })],
    ["claims that are a string", () => ({ subject: "u", claims: "x" })],
    ["a cookie that is a word", () => ({ subject: "u", cookie: "no" })],
    [
      "a getter that throws",
      () => ({
        get subject() {
          throw new Error("down");
        },
      }),
    ],
  ])("%s", async (_what, custom) => {
    const { events, identify } = setUp({ custom: custom as () => CustomPrincipal });
    expect(await identify(facts({}))).toMatchObject({ code: "unavailable" });
    expect(events).toMatchObject([{ source: "custom", error: expect.any(Error) }]);
  });
});
