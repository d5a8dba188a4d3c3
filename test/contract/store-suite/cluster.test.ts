import { redisStore } from "@flux/core/redis";
import { startCluster } from "../../servers/cluster.ts";
import { describeStore } from "./suite.ts";
import { runningClock } from "./target.ts";

describeStore({
  name: "redisStore on a cluster",
  clock: "running",
  runs: 50,
  async make() {
    const cluster = await startCluster();
    return {
      clock: runningClock,
      open: () => redisStore({ cluster: cluster.urls, prefix: "suite", timeout: "10s" }),
      close: () => cluster.stop(),
    };
  },
});
