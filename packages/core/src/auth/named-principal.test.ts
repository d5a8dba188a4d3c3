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
  [undefined, "it is nothing, and not an object."],
  [null, "it is null, and not an object."],
  ["sk-secret", "it is a string of 9 characters, and not an object."],
  [7, "it is 7, and not an object."],
  [{}, "its subject is nothing, and not a string of 1 to 1,024 characters."],
  [{ subject: "" }, 'its subject is "", and not'],
  [{ subject: 1 }, "its subject is 1, and not"],
  [{ subject: "a".repeat(1_025) }, "its subject is a string of 1025 characters, and not"],
  [{ subject: "a", issuer: "" }, 'its issuer is "", and not a name without "|".'],
  [{ subject: "a", issuer: "a|b" }, 'its issuer is "a|b", and not'],
  [{ subject: "a", issuer: null }, "its issuer is null, and not"],
  [{ subject: "a", tenant: 1 }, "its tenant is 1, and not a tenant's id."],
  [{ subject: "a", tenant: "" }, 'its tenant is "", and not a tenant\'s id.'],
  [{ subject: "a", scopes: [1] }, "its scopes hold 1, and not strings alone."],
  [{ subject: "a", roles: {} }, "its roles are an object, and not strings alone."],
  [{ subject: "a", permissions: null }, "its permissions are null, and not strings alone."],
  [{ subject: "a", tenants: 1 }, "its tenants are 1, and not strings alone."],
  [{ subject: "a", claims: 1 }, "its claims are 1, and not an object."],
  [{ subject: "a", claims: null }, "its claims are null, and not an object."],
  [
    { subject: "a", claims: "sk-secret" },
    "its claims are a string of 9 characters, and not an object.",
  ],
])("%j is none, and the message says whose word it is", (given, message) => {
  expect(() => namedPrincipal(given as never, custom)).toThrow(
    `what auth.custom gave is no principal: ${message}`,
  );
  expect(() => namedPrincipal(given as never, internal)).toThrow(
    `what flux.as was given is no principal: ${message}`,
  );
});
