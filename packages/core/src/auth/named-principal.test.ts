import { describe, expect, test } from "vitest";
import { namedKinds, namedPrincipal } from "./named-principal.ts";

const { custom, internal } = namedKinds;

test("a subject is enough", () => {
  expect(namedPrincipal({ subject: "ann" }, custom)).toEqual({
    id: "custom|ann",
    type: "custom",
    issuer: "custom",
    subject: "ann",
    scopes: [],
    roles: [],
    permissions: [],
    tenant: undefined,
    tenants: undefined,
    claims: { subject: "ann" },
  });
  expect(namedPrincipal({ subject: "a|b" }, internal)).toMatchObject({
    id: "flux|a|b",
    type: "internal",
    issuer: "flux",
  });
});

test("an issuer makes it another principal", () => {
  expect(namedPrincipal({ subject: "ann", issuer: "https://idp.test" }, internal)).toMatchObject({
    id: "https://idp.test|ann",
    type: "internal",
    issuer: "https://idp.test",
  });
});

describe("lists", () => {
  test("scopes are separated by spaces, other names are whole", () => {
    expect(
      namedPrincipal({ subject: "a", scopes: "a  b", roles: "a b", permissions: "p" }, custom),
    ).toMatchObject({ scopes: ["a", "b"], roles: ["a b"], permissions: ["p"] });
    expect(namedPrincipal({ subject: "a", scopes: ["a b", "", "c"] }, custom).scopes).toEqual([
      "a b",
      "c",
    ]);
  });

  test("the tenant that it acts for is one that it belongs to", () => {
    const tenants = (given: object) => namedPrincipal({ subject: "a", ...given }, custom).tenants;
    expect(tenants({ tenant: "acorn" })).toEqual(["acorn"]);
    expect(tenants({ tenant: "acorn", tenants: ["birch"] })).toContain("acorn");
    expect(tenants({ tenants: [] })).toEqual([]);
    expect(tenants({ tenants: ["birch"] })).toEqual(["birch"]);
  });
});

test("nothing of it can be changed, neither by what was given nor by whoever gets it", () => {
  const given = { subject: "ann", roles: ["a"], tenants: ["acorn"], claims: { plan: "x" } };
  const principal = namedPrincipal(given, custom);
  given.roles.push("admin");
  given.tenants.push("birch");
  given.claims.plan = "y";
  expect(principal).toMatchObject({ roles: ["a"], tenants: ["acorn"], claims: { plan: "x" } });
  for (const part of [principal, principal.roles, principal.tenants, principal.claims])
    expect(Object.isFrozen(part)).toBe(true);
});

test.each([
  [null, "it is no object"],
  ["ann", "it is no object"],
  [{}, "its subject"],
  [{ subject: "" }, "its subject"],
  [{ subject: 1 }, "its subject"],
  [{ subject: "a".repeat(1_025) }, "its subject"],
  [{ subject: "a", issuer: "" }, "its issuer"],
  [{ subject: "a", issuer: "a|b" }, "its issuer"],
  [{ subject: "a", issuer: null }, "its issuer"],
  [{ subject: "a", tenant: 1 }, "its tenant is no string"],
  [{ subject: "a", tenant: "" }, "its tenant is no string"],
  [{ subject: "a", scopes: [1] }, "its scopes is no list"],
  [{ subject: "a", roles: {} }, "its roles is no list"],
  [{ subject: "a", permissions: null }, "its permissions is no list"],
  [{ subject: "a", tenants: 1 }, "its tenants is no list"],
  [{ subject: "a", claims: 1 }, "its claims are no object"],
  [{ subject: "a", claims: null }, "its claims are no object"],
])("%j is none, and the message says whose word it is", (given, message) => {
  expect(() => namedPrincipal(given as never, custom)).toThrow(
    `what auth.custom gave is no principal: ${message}`,
  );
  expect(() => namedPrincipal(given as never, internal)).toThrow(
    `what flux.as was given is no principal: ${message}`,
  );
});
