/** Who asks: programs with a token of the identity provider, and API keys, most of them of a tenant of their own. */
import { type ApiKeyRecord, hashApiKey } from "@flux/core";

export const audience = "https://api.example.com";

/** The programs that the identity provider knows. */
export const clients = {
  staff: {
    scopes: ["reports:read", "reports:write"],
    claims: { org_id: "pro-staff", roles: ["staff"], permissions: ["things:do"] },
  },
  member: { scopes: ["reports:read"], claims: { org_id: "free-member" } },
  tenantless: { scopes: ["reports:read"] },
  stolen: { claims: { org_id: "stolen" } },
  suspended: { claims: { org_id: "suspended" } },
  unloadable: { claims: { org_id: "unloadable" } },
  malformed: { claims: { org_id: "malformed" } },
  unknown: { claims: { org_id: "unknown" } },
  revoked: { claims: { org_id: "free-member" } },
};
export type ClientName = keyof typeof clients;

/** Tenants that count for one case alone; the first word of each is its plan. */
export const tenants = [
  "free-limited",
  "pro-limited",
  "free-costly",
  "free-head",
  "free-both",
  "free-chat",
  "free-hourly",
  "free-peeks",
  "free-settles",
  "free-guarded",
  "free-refused",
  "free-two-limits",
  "free-order",
  "free-jobs",
  "free-fails",
  "free-huge",
  "pro-guarded",
  "free-throws",
  "free-streams",
  "free-leaves",
  "free-stays",
  "free-broken-cost",
  "free-preflight",
  "free-forged",
  "free-prefetch",
  "scale-chat",
  "special-grants",
] as const;
export type TenantName = (typeof tenants)[number];

const holders: Readonly<Record<string, Omit<ApiKeyRecord, "id">>> = {
  ...Object.fromEntries(tenants.map((tenant) => [tenant, { tenant }])),
  disabled: { tenant: "free-member", disabled: true },
  lapsed: { tenant: "free-member", expiresAt: "2020-01-01T00:00:00Z" },
};

/** The key of a tenant, or of whoever else has one. */
export const keyOf = (holder: string) => `contract-key-of-${holder}`;

let records: Promise<ReadonlyMap<string, ApiKeyRecord>> | undefined;

/** The record of a key's hash; the database is down for one of them. */
export async function findKey(hash: string): Promise<ApiKeyRecord | undefined> {
  records ??= readRecords();
  const record = (await records).get(hash);
  if (record?.id === "unlisted") throw new Error("the database of keys is down");
  return record;
}

async function readRecords(): Promise<ReadonlyMap<string, ApiKeyRecord>> {
  const all = Object.entries({ ...holders, unlisted: {} });
  return new Map(
    await Promise.all(
      all.map(async ([id, record]) => [await hashApiKey(keyOf(id)), { id, ...record }] as const),
    ),
  );
}
