/** Where a fault happens. */
import type { RedisStoreOptions } from "@flux/core/redis";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { FaultyProxy } from "./proxy.ts";

/** A server and a way to it. */
export interface Site {
  readonly redis: RedisServer;
  readonly proxy: FaultyProxy;
  /** Of Redis. */
  readonly version: string;
  /** What the store is given to find it. */
  readonly options: RedisStoreOptions;
  /** What a reader of the counters is given, when all is well again. */
  readonly direct: RedisStoreOptions;
  /** Where there is a sentinel: has it promote the replica. */
  failOver?(): Promise<unknown>;
  /** Waits until the sentinel names the replica as the primary. */
  untilPromoted?(): Promise<void>;
  stop(): Promise<void>;
}

/** One server behind a proxy. @param args of redis-server. */
export async function oneServer(args: readonly string[] = []): Promise<Site> {
  const redis = await startRedis({ args });
  const proxy = await FaultyProxy.start(redis);
  return {
    redis,
    proxy,
    version: await versionOf(redis),
    options: { url: proxy.url },
    direct: { url: redis.url },
    async stop() {
      await proxy.stop();
      await redis.stop();
    },
  };
}

export async function versionOf(redis: RedisServer): Promise<string> {
  return /redis_version:(\S+)/.exec(`${await redis.command("INFO", "server")}`)?.[1] ?? "";
}
