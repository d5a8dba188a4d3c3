/** Stands in for your database: the keys as it keeps them, by their SHA-256 and never themselves. */
const keys: Record<string, { id: string; tenant?: string; scopes?: string[]; roles?: string[] }> = {
  // acorn-app-demo-key
  cef07803a4a6d1e7c58350293e8456975c57bfed9fb0592a998a9654d79645d6: {
    id: "acorn-app",
    tenant: "acorn",
    scopes: ["reports:read", "exports:write"],
  },
  // birch-app-demo-key
  ccf083e1d87e6ae2c2e62255956cdb15a43f7a6db0d9f0032fe78b322f80a55b: {
    id: "birch-app",
    tenant: "birch",
    scopes: ["reports:read", "exports:write"],
  },
  // staff-console-demo-key
  "1e3d2d07d61937feadd947a0e3726d8c74cf53ddb7fe03041a3bbc1687174c53": {
    id: "staff-console",
    roles: ["staff"],
  },
};

/** What Flux asks once per key, and then keeps for 30 seconds. */
export async function findKey(hash: string) {
  return Object.hasOwn(keys, hash) ? keys[hash] : undefined;
}

const tenants = { acorn: { plan: "free" }, birch: { plan: "pro" } } as const;

/** What Flux asks once per tenant: the plan it is on, or `undefined` if there is none. */
export async function findTenant(id: string) {
  return Object.hasOwn(tenants, id) ? tenants[id as keyof typeof tenants] : undefined;
}
