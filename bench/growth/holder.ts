/** Holds so many counters or tenants, and prints by how many bytes each made the process grow. */
import { defineFlux, memoryStore } from "@flux/core";

const [kind, given] = process.argv.slice(2);
const count = Number(given);
const rest = () => {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage.rss();
};

const store = memoryStore({ maxKeys: 2 * count + 32 });
const flux = defineFlux({
  store,
  auth: {
    custom: (facts) => ({
      subject: "u",
      tenant: (facts.headers as Record<string, string>)["x-tenant"] as string,
    }),
  },
  tenant: {
    from: { claim: "tenant" },
    ...(kind === "tenant"
      ? {
          load: () => ({ plan: "pro" }),
          cache: { max: 2 * count },
        }
      : {}),
  },
  plans: { pro: { features: {} } },
  defaultPlan: "pro",
  limits: { api: { quota: 1_000_000, window: "1m", by: "tenant" } },
  routes: { "GET /x": { limit: "api" } },
});
const decide = async (i: number) => {
  const headers = { "x-tenant": `tenant-${i}` };
  const decided = flux.decide({ method: "GET", url: "/x", headers });
  const { allowed } = decided instanceof Promise ? await decided : decided;
  if (!allowed) throw new Error("refused");
};
// The code is warm, and the heap has its first size.
for (let i = 0; i < 20_000; i++) await decide(i % 10);
const before = rest();
for (let i = 10; i < count + 10; i++) await decide(i);
if (store.size < count) throw new Error(`${store.size} counters are held, not ${count}`);
console.log((rest() - before) / count);
await flux.close();
