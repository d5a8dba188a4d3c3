/** A real Redis Cluster for one test: three primaries on loopback that share all slots. */
import { type RedisServer, startRedis } from "./redis.ts";

export interface RedisCluster {
  /** Three; each knows the others by 127.0.0.1. */
  readonly nodes: readonly RedisServer[];
  readonly urls: readonly string[];
  /** Drops all keys of all nodes. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const slots = 16_384;
const size = 3;

/** Starts it, and waits until every node says that the cluster is well. */
export async function startCluster(args: readonly string[] = []): Promise<RedisCluster> {
  const clustered = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"];
  const started = await Promise.allSettled(
    Array.from({ length: size }, () =>
      startRedis({ clustered: true, args: [...clustered, ...args] }),
    ),
  );
  const nodes = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (const each of started) if (each.status === "rejected") throw each.reason;
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    urls: nodes.map((node) => node.url),
    stop,
    async flush() {
      await Promise.all(nodes.map((node) => node.flush()));
    },
  };
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node, i) => {
      await node.command("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
      const from = Math.ceil((i * slots) / size);
      const to = Math.ceil(((i + 1) * slots) / size);
      const own = Array.from({ length: to - from }, (_, slot) => from + slot);
      await node.command("CLUSTER", "ADDSLOTS", ...own);
    }),
  );
  // Every pair, since to hear of each other from a third takes seconds.
  for (const [i, node] of nodes.entries())
    for (const other of nodes.slice(i + 1))
      await node.command("CLUSTER", "MEET", other.host, other.port);
  await Promise.all(nodes.map(untilWell));
}

async function untilWell(node: RedisServer): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    const info = `${await node.command("CLUSTER", "INFO")}`;
    if (info.includes("cluster_state:ok") && info.includes(`cluster_size:${size}`)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the cluster does not come together:\n${await node.command("CLUSTER", "INFO")}`);
}
