/** A process of its own that decides for a while, and must live: `node victim.ts <url>`. */
import { defineFlux } from "../../../packages/core/src/index.ts";
import { redisStore } from "../../../packages/core/src/redis/index.ts";

const [url = ""] = process.argv.slice(2);
const flux = defineFlux({
  limits: { api: { quota: 1_000, window: "1h", by: "ip" } },
  routes: { "GET /": { auth: "none", limit: "api" } },
  store: redisStore(url),
});
await flux.ready();
for (let i = 0; i < 3; i++) {
  const decision = await flux.decide({ method: "GET", url: "/", headers: {}, ip: "192.0.2.1" });
  process.stdout.write(`${decision.allowed} ${decision.status} ${decision.degraded}\n`);
  try {
    const headers = decision.allowed
      ? undefined
      : await flux.respond(decision, { method: "GET", url: "/", headers: {} });
    process.stdout.write(`${JSON.stringify([headers, decision.limits ?? null])}\n`);
  } catch (error) {
    process.stdout.write(`threw ${error}\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, 150));
}
process.stdout.write(`alive\n`);
await flux.close();
