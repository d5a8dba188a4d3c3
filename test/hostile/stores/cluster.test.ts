/** On a cluster: one node is silent from the start, a slot moves. */
import { setTimeout as sleep } from "node:timers/promises";
import { redisStore } from "@flux/core/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { accountOwner } from "../../../packages/core/src/engine/account.ts";
import { ownerKey } from "../../../packages/core/src/redis/keys.ts";
import { slotOf } from "../../../packages/core/src/redis/slot.ts";
import { app, asking, charged, clean } from "../../faults/app.ts";
import { startCluster } from "../../servers/cluster.ts";
import type { RedisServer } from "../../servers/redis.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A tenant whose counters are on the node of that number. */
function tenantOn(node: number): string {
  for (let i = 0; ; i++) {
    const slot = slotOf(ownerKey("flux", accountOwner(`tenant-${i}`, true)));
    if (slot >= Math.ceil((node * 16_384) / 3) && slot < Math.ceil(((node + 1) * 16_384) / 3))
      return `tenant-${i}`;
  }
}

test("a process that starts while one node is silent serves the tenants of the others", async () => {
  const cluster = await startCluster(["--cluster-require-full-coverage", "no"]);
  onTestFinished(() => cluster.stop());
  cluster.nodes[2]?.freeze();
  const flux = app(redisStore({ cluster: cluster.urls.slice(0, 2), timeout: "500ms" }));
  onTestFinished(() => flux.close());
  // One node does not answer: that may be told, or take a while, and keeps nobody else from being served.
  await Promise.race([flux.ready().catch(() => undefined), sleep(10_000)]);
  const served = asking(flux, "deny", tenantOn(0));
  const lost = asking(flux, "deny", tenantOn(2));
  const until = performance.now() + 4_000;
  let unclean = 0;
  const load = async (ask: typeof served, told: boolean) => {
    while (performance.now() < until) {
      const decision = await ask();
      if (told && !clean(decision)) unclean++;
      await sleep(5);
    }
  };
  await Promise.all([load(lost, false), ...Array.from({ length: 20 }, () => load(served, true))]);
  cluster.nodes[2]?.thaw();
  expect(unclean).toBe(0);
});

test("requests while a slot is moved to another node are charged exactly once", async () => {
  const cluster = await startCluster();
  onTestFinished(() => cluster.stop());
  const flux = app(redisStore({ cluster: cluster.urls, timeout: "1s" }));
  onTestFinished(() => flux.close());
  await flux.ready();
  const tenant = tenantOn(0);
  const ask = asking(flux, "deny", tenant);
  const slot = slotOf(ownerKey("flux", accountOwner(tenant, true)));
  const [a, b, c] = cluster.nodes as readonly RedisServer[] as [
    RedisServer,
    RedisServer,
    RedisServer,
  ];
  const ida = `${await a.command("CLUSTER", "MYID")}`;
  const idb = `${await b.command("CLUSTER", "MYID")}`;
  let running = true;
  let allowed = 0;
  const load = Promise.all(
    [1, 2, 3, 4].map(async () => {
      while (running) {
        const decision = await ask();
        if (clean(decision) && decision.allowed) allowed++;
      }
    }),
  );
  for (let round = 0; round < 3; round++) {
    const [from, to, fromId, toId] = round % 2 ? [b, a, idb, ida] : [a, b, ida, idb];
    await to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
    await from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
    await sleep(100);
    const keys = (await from.command("CLUSTER", "GETKEYSINSLOT", slot, 100)) as string[];
    for (const key of keys) await from.command("MIGRATE", to.host, to.port, key, 0, 1000);
    await sleep(100);
    for (const node of [to, from, c]) await node.command("CLUSTER", "SETSLOT", slot, "NODE", toId);
    await sleep(300);
  }
  running = false;
  await load;
  const [used] = await charged({ cluster: cluster.urls }, [["deny", tenant]]);
  expect(used).toBe(allowed);
});
