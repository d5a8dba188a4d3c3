/** Stands in for your database: tenants, their plans, and their keys by hash. */
import { type ApiKeyRecord, generateApiKey } from "@flux/core";

const tenants = { acorn: { plan: "starter" }, birch: { plan: "business" } } as const;
export type Tenant = keyof typeof tenants;

/** What Flux asks for once per tenant; it is cached. */
export const findTenant = (id: string) => tenants[id as Tenant];

/** By the SHA-256 of the key. The key itself is kept nowhere. */
const keys = new Map<string, ApiKeyRecord>();

/** What Flux asks for once per key; it is cached. */
export const findKey = (hash: string) => keys.get(hash);

/** Makes a key for a tenant, to be shown to them once. */
export async function issueKey(tenant: Tenant, ...scopes: string[]): Promise<string> {
  const { key, hash } = await generateApiKey({ prefix: "inv" });
  keys.set(hash, { id: `${tenant}:${scopes.join("+")}`, tenant, scopes });
  return key;
}
