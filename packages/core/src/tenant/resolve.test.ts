import { describe, expect, test } from "vitest";
import type { Principal } from "../decision/principal.ts";
import type { Facts } from "../facts/facts.ts";
import { compileResolveTenant } from "./resolve.ts";
import { TenantFailure } from "./tenant.ts";

const principal = (more: Partial<Principal> = {}): Principal => ({
  id: "i|s",
  type: "jwt",
  issuer: "i",
  subject: "s",
  scopes: [],
  roles: [],
  permissions: [],
  tenants: undefined,
  tenant: undefined,
  claims: {},
  ...more,
});
const facts = (headers: Record<string, string | string[]> = {}, url = "/"): Facts => ({
  method: "GET",
  url,
  headers,
});
const shown = (value: unknown) => (value instanceof TenantFailure ? value.code : value);

describe("from a claim", () => {
  const resolve = compileResolveTenant({ claim: "org_id" });
  const of = (org_id: unknown, tenants?: string[], type: "jwt" | "apiKey" | "custom" = "jwt") =>
    shown(resolve(facts(), principal({ claims: { org_id }, tenants, type })));

  test("the issuer's word counts by itself", () => {
    expect(of("acorn")).toBe("acorn");
  });
  test("where memberships are listed, it must be one of them", () => {
    expect(of("acorn", ["birch", "acorn"])).toBe("acorn");
    expect(of("acorn", ["birch"])).toBe("forbidden");
    expect(of("acorn", [])).toBe("forbidden");
  });
  test.each([undefined, null, ""])("%j names none", (claim) => {
    expect(of(claim)).toBeUndefined();
  });
  test.each([[3], [["acorn"]], [{ id: "acorn" }], [true], ["x".repeat(257)]])(
    "%j cannot be read safely",
    (claim) => {
      expect(of(claim)).toBe("bad_request");
    },
  );
  test("a claim that a function reads", () => {
    const reader = compileResolveTenant({ claim: ({ org }) => (org as { id: string }).id });
    expect(shown(reader(facts(), principal({ claims: { org: { id: "acorn" } } })))).toBe("acorn");
    // It throws where there is no org.
    expect(shown(reader(facts(), principal()))).toBe("bad_request");
  });
  test.each(["apiKey", "custom"] as const)(
    "for an %s: the one tenant that it belongs to",
    (type) => {
      expect(of("ignored", ["birch"], type)).toBe("birch");
      expect(of("ignored", ["birch", "acorn"], type)).toBeUndefined();
      expect(of("ignored", undefined, type)).toBeUndefined();
    },
  );
});

describe("from a header", () => {
  const resolve = compileResolveTenant({ header: "X-Tenant" });
  const of = (
    value: string | string[] | undefined,
    tenants?: string[],
    type: "jwt" | "apiKey" = "jwt",
  ) =>
    shown(
      resolve(
        facts(value === undefined ? {} : { "x-tenant": value }),
        principal({ tenants, type }),
      ),
    );

  test("it is believed of members only", () => {
    expect(of("acorn", ["acorn"])).toBe("acorn");
    expect(of("acorn", ["birch"])).toBe("forbidden");
    expect(of("acorn", undefined)).toBe("forbidden");
    expect(of("Acorn", ["acorn"])).toBe("forbidden");
  });
  test("two of them are ambiguous", () => {
    expect(of(["acorn", "birch"], ["acorn", "birch"])).toBe("bad_request");
    expect(of("acorn, birch", ["acorn", "birch"])).toBe("forbidden");
  });
  test("none: a key's own tenant, and nobody's for a token", () => {
    expect(of(undefined, ["acorn"])).toBeUndefined();
    expect(of("", ["acorn"])).toBeUndefined();
    expect(of(undefined, ["acorn"], "apiKey")).toBe("acorn");
  });
});

describe("from the host", () => {
  const resolve = compileResolveTenant({ host: ":tenant.Example.com" });
  const of = (host: string | string[]) =>
    shown(resolve(facts({ host }), principal({ tenants: ["acorn"] })));

  test.each([
    "acorn.example.com",
    "ACORN.example.COM",
    "acorn.example.com:8443",
    "acorn.example.com.",
    "acorn.example.com.:80",
  ])("%s", (host) => {
    expect(of(host)).toBe("acorn");
  });
  test.each([
    "example.com",
    ".example.com",
    "a.acorn.example.com",
    "acorn.example.com.evil.com",
    "acornexample.com",
  ])("%s names none", (host) => {
    expect(of(host)).toBeUndefined();
  });
  test("others and several are refused", () => {
    expect(of("birch.example.com")).toBe("forbidden");
    expect(of(["acorn.example.com", "birch.example.com"])).toBe("bad_request");
  });
});

test("from the path: what the reader gives is checked like anything that anyone can write", () => {
  const resolve = compileResolveTenant(
    { path: "/t/:tenant" },
    { readPath: (url) => (url === "/odd" ? { detail: "ambiguous" } : url.split("/")[2]) },
  );
  const of = (url: string) => shown(resolve(facts({}, url), principal({ tenants: ["acorn"] })));
  expect(of("/t/acorn/x")).toBe("acorn");
  expect(of("/t/birch")).toBe("forbidden");
  expect(of("/t")).toBeUndefined();
  expect(of("/odd")).toBe("bad_request");
});

test("an issuer that may speak for some tenants speaks for no other", () => {
  const speaksFor = (issuer: string, tenant: string) =>
    issuer !== "https://partner.example" || tenant === "birch";
  const resolve = compileResolveTenant({ claim: "org_id" }, { speaksFor });
  const of = (issuer: string, org_id: string) =>
    shown(resolve(facts({}), principal({ issuer, tenants: undefined, claims: { org_id } })));
  expect(of("https://partner.example", "birch")).toBe("birch");
  expect(of("https://partner.example", "acorn")).toBe("forbidden");
  expect(of("https://idp.example", "acorn")).toBe("acorn");
});
