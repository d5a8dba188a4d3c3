/**
 * Three limits and a quota on a real Redis: by one decision of Flux, by one of Flux with leases, and by four
 * limiters of rate-limiter-flexible in turn, in interleaved rounds of one run on one server.
 */
import { startRedis } from "../../test/servers/redis.ts";
import { median } from "../measure/rounds.ts";
import { byFlux, byLimiters, type Decide, type Leases, tenants } from "./redis-ways.ts";

/** Of one way in one round. */
export interface RedisRound {
  /** Decisions a second with 64 in flight. */
  readonly perSecond: number;
  /** µs of a decision with one in flight: the round's median. */
  readonly alone: number;
  /** µs of a decision with 64 in flight, likewise. */
  readonly together: number;
}

export interface RedisRounds {
  /** As Redis tells it. */
  readonly version: string;
  readonly flux: readonly RedisRound[];
  readonly leased: readonly RedisRound[];
  readonly limiters: readonly RedisRound[];
}

const inFlight = 64;
const warming = 5;
const leases: Leases = { size: 100, ttl: "1s" };

/** @param rounds of each, at least 7. @param milliseconds that each part of a round lasts. */
export async function benchRedis(rounds: number, milliseconds: number): Promise<RedisRounds> {
  const server = await startRedis();
  const closing: (() => unknown)[] = [() => server.stop()];
  try {
    const ways = [
      { name: "flux", decide: await byFlux(server.url, "flux", undefined, closing) },
      { name: "limiters", decide: await byLimiters(server.url, closing) },
      { name: "leased", decide: await byFlux(server.url, "leased", leases, closing) },
    ] as const;
    const measured = {
      flux: [] as RedisRound[],
      leased: [] as RedisRound[],
      limiters: [] as RedisRound[],
    };
    // The first rounds warm up.
    for (let round = -warming; round < rounds; round++)
      for (const { name, decide } of ways) {
        const one = await measure(decide, milliseconds);
        if (round >= 0) measured[name].push(one);
      }
    const facts = `${await server.command("INFO", "server")}`;
    return { version: /^redis_version:(\S+)/m.exec(facts)?.[1] ?? "unknown", ...measured };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function measure(decide: Decide, milliseconds: number): Promise<RedisRound> {
  const alone = await drive(decide, 1, milliseconds);
  const together = await drive(decide, inFlight, milliseconds);
  return {
    perSecond: together.length / (milliseconds / 1_000),
    alone: median(alone),
    together: median(together),
  };
}

/** µs of each decision. */
async function drive(decide: Decide, callers: number, milliseconds: number): Promise<number[]> {
  const took: number[] = [];
  const ends = performance.now() + milliseconds;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let i = caller; performance.now() < ends; i++) {
        const started = performance.now();
        if (!(await decide(tenants[i % tenants.length] as string)))
          throw new Error("refused, or decided without Redis: what is measured is no decision");
        took.push((performance.now() - started) * 1_000);
      }
    }),
  );
  return took;
}
