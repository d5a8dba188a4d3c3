/** Stands in for your database: customers, their plans, and their keys by hash. */
import { type ApiKeyRecord, generateApiKey } from "@flux/core";

const tenants = { acorn: { plan: "free" }, birch: { plan: "pro" } } as const;
export type Customer = keyof typeof tenants;

/** What Flux asks for once per tenant; it is cached. */
export const findTenant = (id: string) =>
  Object.hasOwn(tenants, id) ? tenants[id as Customer] : undefined;

/** By the SHA-256 of the key. The key itself is kept nowhere. */
const keys = new Map<string, ApiKeyRecord>();

/** What Flux asks for once per key; it is cached. */
export const findKey = (hash: string) => keys.get(hash);

/** Makes a key for a customer, to be shown to them once. */
export async function issueKey(customer: Customer): Promise<string> {
  const { key, hash } = await generateApiKey({ prefix: "draft" });
  keys.set(hash, { id: `key-of-${customer}`, tenant: customer });
  return key;
}
