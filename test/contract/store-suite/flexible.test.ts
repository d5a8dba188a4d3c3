/** Limiters of rate-limiter-flexible: in memory, on Redis and on PostgreSQL. */
import { memoryStore, type Store } from "@flux/core";
import { flexibleStore, type MakeLimiter } from "@flux/core/flexible";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { type Backend, postgres, redis } from "../../flexible/backends.ts";
import { describeStore } from "./suite.ts";
import { runningClock } from "./target.ts";

const lacks = {
  atomic: "a limiter charges one counter at a time",
  gcra: "limiters count in fixed windows",
  conversion: "windows of different lengths are counted apart",
  settlesOthers: "only the process that charged knows in which window that was",
} as const;

/** Limits alone are the limiters': the metered features of the suite, which they refuse, count in memory. */
function store(make: MakeLimiter, features = memoryStore()): Store {
  const limits = flexibleStore(make, { timeout: "10s" });
  const of = (charges: readonly { policy: { kind: string } }[]) =>
    charges.every(({ policy }) => policy.kind === "quota") ? features : limits;
  return {
    atomic: false,
    refuses: (policy) => (policy.kind === "quota" ? undefined : limits.refuses(policy)),
    connect(host) {
      limits.connect(host);
      features.connect(host);
    },
    charge: (owner, charges, dryRun, at) => of(charges).charge(owner, charges, dryRun, at),
    settle: (receipt, actual) => of(receipt.charges).settle(receipt, actual),
  };
}

describeStore({
  name: "flexible in memory",
  clock: "running",
  lacks: { ...lacks, shared: "each limiter has a memory of its own" },
  make: () => ({
    clock: runningClock,
    open: () => store((window) => new RateLimiterMemory(window)),
    close: () => undefined,
  }),
});

for (const [name, start] of [
  ["Redis", redis],
  ["PostgreSQL", postgres],
] as [string, () => Promise<Backend>][])
  describeStore({
    name: `flexible on ${name}`,
    clock: "running",
    lacks,
    runs: 20,
    async make() {
      const backend = await start();
      const client = await backend.connect();
      const features = memoryStore();
      return {
        clock: runningClock,
        open: () => store((window) => client.make(window), features),
        async close() {
          await client.end();
          await backend.stop();
        },
      };
    },
  });
