/** The customers' plans; in a real app a table. */
const plans = new Map([
  ["acorn", "free"],
  ["birch", "pro"],
] as const);

export const findTenant = async (id: string) => {
  const plan = plans.get(id as "acorn" | "birch");
  return plan === undefined ? undefined : { plan };
};
