import { memoryStore } from "@flux/core";
import { describeStore } from "./suite.ts";
import { stillClock } from "./target.ts";

const alone = "it counts in the memory of its process";

describeStore({
  name: "memoryStore",
  clock: "still",
  lacks: { shared: alone, settlesOthers: alone },
  runs: 500,
  make: () => ({ clock: stillClock(), open: () => memoryStore(), close: () => undefined }),
});
