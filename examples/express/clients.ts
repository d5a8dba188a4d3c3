import type { Client } from "./identity-provider.ts";

/** The API that the tokens are for: what `aud` in a token must say. */
export const audience = "https://api.example.com";

const everything = ["reports:read", "exports:write"];

/** The programs that act for the customers, as their identity provider knows them. */
export const customers = {
  "acorn-app": { scopes: everything, claims: { org_id: "acorn" } },
  "birch-app": { scopes: everything, claims: { org_id: "birch" } },
  "birch-reader": { scopes: ["reports:read"], claims: { org_id: "birch" } },
  "cedar-app": { scopes: everything, claims: { org_id: "cedar" } },
} satisfies Record<string, Client>;

/** The people who run the service sign in elsewhere, and belong to no customer. */
export const staff = {
  "staff-console": { claims: { roles: ["staff"] } },
} satisfies Record<string, Client>;
