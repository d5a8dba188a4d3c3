import { expect, onTestFinished, test, vi } from "vitest";
import { accountOwner } from "../../packages/core/src/engine/account.ts";
import { ownerKey } from "../../packages/core/src/redis/keys.ts";
import { slotOf } from "../../packages/core/src/redis/slot.ts";
import { startCluster } from "../servers/cluster.ts";
import { asking, charged, clean } from "./app.ts";
import { aReadyApp, margin, timed, untilClean } from "./support.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A tenant whose counters live on each of the three nodes. */
const tenants = [0, 1, 2].map((node) => {
  for (let i = 0; ; i++) {
    const slot = slotOf(ownerKey("flux", accountOwner(`tenant-${i}`, true)));
    if (slot >= Math.ceil((node * 16_384) / 3) && slot < Math.ceil(((node + 1) * 16_384) / 3))
      return `tenant-${i}`;
  }
});

async function aCluster() {
  const cluster = await startCluster();
  onTestFinished(() => cluster.stop());
  return cluster;
}

test("a node of a cluster that is silent, then killed, takes nobody else's counters with it", async () => {
  const cluster = await aCluster();
  const options = { cluster: cluster.urls };
  const flux = await aReadyApp(options);
  const asks = tenants.map((tenant) => asking(flux, "deny", tenant));
  for (const ask of asks) expect(clean(await untilClean(ask))).toBe(true);
  for (const fault of ["frozen", "killed"] as const) {
    const [node] = cluster.nodes;
    if (fault === "frozen") node?.freeze();
    else await node?.kill();
    const [lost, ...others] = await Promise.all(asks.map((ask) => timed(ask, 80)));
    // A call that is under way when a connection breaks may be decided without its store.
    const unclean = others.flat().filter(({ decision }) => !clean(decision)).length;
    expect(unclean, fault).toBeLessThanOrEqual(8);
    const missed = lost?.filter(({ decision }) => decision.status === 503).length ?? 0;
    expect(missed, fault).toBe(80);
    expect(Math.max(...(lost ?? []).map(({ took }) => took))).toBeLessThan(50 + margin);
    expect((lost ?? []).filter(({ took }) => took > 25).length, fault).toBeLessThanOrEqual(10);
    if (fault === "frozen") {
      node?.thaw();
      for (const ask of asks) await untilClean(ask);
    }
  }
  const own = await charged(cluster.nodes[1]?.url ?? "", [["deny", tenants[1] as string]]);
  expect(own[0]).toBeGreaterThanOrEqual(160 - 16);
});
