/** A primary, its replica, and a sentinel that watches them. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { findProgram } from "../servers/find.ts";
import { freePort } from "../servers/free-port.ts";
import { type RedisServer, startRedis, startReplica } from "../servers/redis.ts";
import { removeDirectory, ServerProcess } from "../servers/server-process.ts";
import { FaultyProxy } from "./proxy.ts";
import { type Site, versionOf } from "./site.ts";

const name = "flux";

export async function sentinelSite(): Promise<Site> {
  const primary = await startRedis();
  const replica = await startReplica(primary);
  await untilFollowed(primary);
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "flux-sentinel-"));
  const file = join(directory, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${directory}`,
    `sentinel monitor ${name} ${primary.host} ${primary.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 10000`,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const sentinel = new ServerProcess({
    program: findProgram("redis-server"),
    args: [file, "--sentinel"],
    directory,
    endSignal: "SIGKILL",
  });
  const client = new Redis({ host: "127.0.0.1", port, lazyConnect: true });
  client.on("error", () => undefined);
  const ask = (...words: readonly string[]) => client.call("SENTINEL", ...words);
  await sentinel.ready(async () => ((await ask("REPLICAS", name)) as unknown[]).length === 1);
  // Stores reach the sentinel by it, and the server by themselves. A slow sentinel is one that speaks while
  // it is being asked.
  const proxy = await FaultyProxy.start({ host: "127.0.0.1", port });
  proxy.delay({ there: 0, back: 200 });
  const options = { sentinels: [{ host: proxy.host, port: proxy.port }], name };
  return {
    redis: primary,
    proxy,
    version: await versionOf(primary),
    options,
    direct: options,
    failOver: () => ask("FAILOVER", name),
    async untilPromoted() {
      const primaryNow = async () => ((await ask("GET-MASTER-ADDR-BY-NAME", name)) as string[])[1];
      for (let i = 0; (await primaryNow()) !== `${replica.port}`; i++) {
        if (i > 1_000) throw new Error("the sentinel does not fail over");
        await pause(20);
      }
    },
    async stop() {
      client.disconnect();
      await sentinel.end();
      await Promise.all([proxy.stop(), replica.stop(), primary.stop()]);
      await removeDirectory(directory);
    },
  };
}

/** A new replica is sent nothing until it has said once that it is there, up to a second later. */
async function untilFollowed(primary: RedisServer): Promise<void> {
  await primary.command("SET", "anything", "1");
  for (let i = 0; i < 1_000; i++) {
    const said = /,offset=(\d+),/.exec(`${await primary.command("INFO", "replication")}`)?.[1];
    if (Number(said) > 0) return;
    await pause(10);
  }
  throw new Error("the replica does not follow its primary");
}
