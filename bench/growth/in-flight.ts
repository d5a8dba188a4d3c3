/** Decisions a second on Redis as more of them are under way at once. */
import { defineFlux } from "@flux/core";
import { redisStore } from "@flux/core/redis";
import { startRedis } from "../../test/servers/redis.ts";
import type { Growth } from "./sizes.ts";

const inFlight = [1, 4, 16, 64] as const;

/** @param milliseconds that each part of a round lasts. @returns decisions a second. */
export async function inFlightOnRedis(rounds: number, milliseconds: number): Promise<Growth[]> {
  const server = await startRedis();
  const limit = (quota: number) => ({ quota, window: "1m", by: "tenant" }) as const;
  const flux = defineFlux({
    tenant: { from: { header: "x-tenant" } },
    auth: { claims: { tenants: "orgs" } },
    limits: { api: limit(50_000_000), search: limit(40_000_000) },
    // A pause of the machine is not what is measured.
    store: redisStore({ url: server.url, timeout: "1s" }),
  });
  try {
    await flux.ready();
    const requirement = flux.prepare({ limit: ["api", "search"] });
    const callers = Array.from({ length: 100 }, (_, i) =>
      flux.as({ tenant: `tenant-${i}`, subject: "u" }),
    );
    const drive = async (count: number) => {
      let decided = 0;
      const started = performance.now();
      const ends = started + milliseconds;
      await Promise.all(
        Array.from({ length: count }, async (_, worker) => {
          for (let i = worker; performance.now() < ends; i++) {
            const decision = await callers[i % 100]?.decide(requirement);
            if (decision?.allowed !== true || decision.degraded.length > 0)
              throw new Error("refused, or decided without Redis: what is measured is no decision");
            decided++;
          }
        }),
      );
      return (decided * 1_000) / (performance.now() - started);
    };
    const measured = inFlight.map((size) => ({ size, rounds: [] as number[] }));
    for (let round = -2; round < rounds; round++)
      for (const each of measured) {
        const perSecond = await drive(each.size);
        if (round >= 0) each.rounds.push(perSecond);
      }
    return measured;
  } finally {
    await flux.close();
    await server.stop();
  }
}
