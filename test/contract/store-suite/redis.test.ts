import { redisStore } from "@flux/core/redis";
import { startRedis } from "../../servers/redis.ts";
import { describeStore } from "./suite.ts";

describeStore({
  name: "redisStore",
  clock: "movable",
  runs: 50,
  async make() {
    const server = await startRedis({ clock: true });
    // The server's clock and the host's go together.
    let offset = 0;
    return {
      clock: {
        now: () => Date.now() + offset,
        async advance(ms) {
          offset += ms;
          await server.setClock(offset / 1_000);
        },
      },
      open: () => redisStore({ url: server.url, prefix: "suite", timeout: "10s" }),
      close: () => server.stop(),
    };
  },
});
