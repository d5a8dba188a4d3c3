/** Stands in for your database: three customers on three plans. */
const tenants = {
  acorn: { plan: "free" },
  birch: { plan: "pro" },
  cedar: { plan: "scale" },
} as const;

/** What Flux asks once per tenant, and then keeps: the plan it is on, or `undefined` if there is none. */
export async function findTenant(id: string) {
  return Object.hasOwn(tenants, id) ? tenants[id as keyof typeof tenants] : undefined;
}
