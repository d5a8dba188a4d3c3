import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileClaimReaders } from "./claims.ts";

const claims = {
  sub: "alice",
  scope: "read  write",
  "https://example.com/roles": ["staff"],
  realm_access: { roles: ["admin"], "a.b": ["dotted"] },
  "realm_access.roles": undefined,
  orgs: ["acme", 7, "", "globex", null],
  org: "acme inc",
};

describe("where claims are", () => {
  it("is as OAuth has it, unless said otherwise", () => {
    const read = compileClaimReaders();
    expect(read.subject(claims)).toBe("alice");
    expect(read.scopes(claims)).toEqual(["read", "write"]);
    expect(read.scopes({ scope: ["read", "write"] })).toEqual(["read", "write"]);
    expect(read.roles({ roles: "billing admin" })).toEqual(["billing admin"]);
    expect(read.permissions({ permissions: ["a:b"] })).toEqual(["a:b"]);
    expect(read.tenants(claims)).toBeUndefined();
  });

  it("can be a name, a path or a function", () => {
    const roles = (locator: Parameters<typeof compileClaimReaders>[0]) =>
      compileClaimReaders(locator).roles(claims);
    expect(roles({ roles: "https://example.com/roles" })).toEqual(["staff"]);
    expect(roles({ roles: ["realm_access", "roles"] })).toEqual(["admin"]);
    expect(roles({ roles: ["realm_access", "a.b"] })).toEqual(["dotted"]);
    expect(roles({ roles: (all) => [all.org] })).toEqual(["acme inc"]);
    // A claim of exactly that name comes first, whatever it holds.
    expect(roles({ roles: "realm_access.roles" })).toEqual([]);
  });

  it("finds nothing where nothing is, or where it is of the wrong type", () => {
    const read = compileClaimReaders({ roles: "a.b.c", tenants: "orgs" });
    for (const wrong of [{}, { a: 1 }, { a: null }, { a: { b: [] } }, { a: { b: { c: 1 } } }])
      expect(read.roles(wrong)).toEqual([]);
    expect(read.tenants({})).toEqual([]);
    expect(read.tenants(claims)).toEqual(["acme", "globex"]);
    expect(read.tenants({ orgs: { acme: true } })).toEqual([]);
    const failing = compileClaimReaders({
      sub: () => {
        throw new Error("x");
      },
    });
    expect(failing.subject(claims)).toBeUndefined();
  });

  it("is never an inherited property", () => {
    for (const locator of [
      "constructor",
      "__proto__",
      "toString",
      "constructor.name",
      ["orgs", "length", "x"],
    ])
      expect(compileClaimReaders({ roles: locator }).roles({ orgs: [] })).toEqual([]);
    expect(compileClaimReaders({ sub: "constructor.name" }).subject({})).toBeUndefined();
  });

  it("gives strings or nothing, whatever the claims are", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom("sub", "scope", "roles", "orgs", "__proto__"),
          fc.jsonValue(),
        ),
        (any) => {
          const read = compileClaimReaders({ tenants: "orgs" });
          const subject = read.subject(any);
          expect(subject === undefined || (subject.length > 0 && subject.length <= 1_024)).toBe(
            true,
          );
          for (const list of [read.scopes(any), read.roles(any), read.tenants(any) ?? []])
            expect(list.every((item) => typeof item === "string" && item !== "")).toBe(true);
        },
      ),
    );
  });
});
