/** On a cluster, an owner's keys are on one node, and the first call is as good as any. */
import { redisStore } from "@flux/core/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { periodEnd, periodStart } from "../../packages/core/src/limits/period.ts";
import { quotaPolicy } from "../../packages/core/src/limits/policy.ts";
import type { Charge } from "../../packages/core/src/limits/store.ts";
import { counterKey, ownerKey, settledKey } from "../../packages/core/src/redis/keys.ts";
import { slotOf } from "../../packages/core/src/redis/slot.ts";
import { type RedisCluster, startCluster } from "../servers/cluster.ts";

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster?.stop());

test("all keys of an owner are in one slot, told as the server tells it", async () => {
  const [node] = cluster.nodes;
  for (const owner of [
    "tenant:acorn",
    "ip:2001:db8::",
    "",
    "}",
    "{",
    "a}b{c",
    "tenant:ä\u{1F600}",
    "\ud800",
  ]) {
    const own = ownerKey("flux", owner);
    const keys = [
      own,
      counterKey(own, "ann}{"),
      settledKey(own, "ann}{", 1_795_378_071_411_347, 3),
    ];
    for (const key of keys) {
      expect(slotOf(key)).toBe(await node?.command("CLUSTER", "KEYSLOT", key));
      expect(slotOf(key)).toBe(slotOf(own));
    }
  }
});

test.each(["hour", "day", "month"] as const)(
  "a charge made while it connects is in the period of the server's clock: %s",
  async (per) => {
    const store = redisStore({ cluster: cluster.urls, prefix: per, timeout: "10s" });
    try {
      const connected = store.connect({ now: Date.now });
      const charge: Charge = {
        policy: quotaPolicy({ name: "units", per, quota: 10 }),
        partition: "",
        cost: 6,
      };
      const { at, marks } = await store.charge("tenant:acorn", [charge]);
      expect(marks).toEqual([6, periodStart(per, at)]);
      await connected;
      const again = await store.charge("tenant:acorn", [charge]);
      expect(again.allowed || again.at >= periodEnd(per, periodStart(per, at))).toBe(false);
    } finally {
      await store.close();
    }
  },
);
