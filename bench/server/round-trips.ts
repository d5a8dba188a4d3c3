/** How often a server asks Redis, as Redis counts it. */
import type { RedisServer } from "../../test/servers/redis.ts";
import { drive } from "./drive.ts";
import type { Server } from "./server.ts";

/** Scripts that Redis ran for one request. */
export async function scriptsPerRequest(
  redis: RedisServer,
  server: Server,
  tokens: readonly string[],
): Promise<number> {
  const before = await scripts(redis);
  const { requests } = await server.used();
  await drive(server.url, tokens, { amount: 640 });
  const driven = (await server.used()).requests - requests;
  return ((await scripts(redis)) - before) / driven;
}

/** cmdstat_evalsha:calls=17,usec=231,… */
async function scripts(redis: RedisServer): Promise<number> {
  const lines = `${await redis.command("INFO", "commandstats")}`;
  const calls = lines.matchAll(/^cmdstat_(?:evalsha|eval|fcall)(?:_ro)?:calls=(\d+),/gm);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
