/** What goes wrong: each with how it is done, how it ends, and what a user sees. */
import { setTimeout as pause } from "node:timers/promises";
import { sentinelSite } from "./sentinel-site.ts";
import { oneServer, type Site } from "./site.ts";

/** Who decides while a fault lasts: the store, each limit's `onError`, or now the one, now the other. */
export type Decider = "store" | "onError" | "both";

export interface Fault {
  readonly name: string;
  /** How it was done, for the table. */
  readonly injected: string;
  readonly decider: Decider;
  /** For the reader: what a user of the app sees, and what is charged. */
  readonly seen: string;
  /** Whether the server forgets what it had counted: then it may end with less than was charged. */
  readonly forgets?: boolean;
  /** The site; default: one server behind a proxy. */
  site?(): Promise<Site>;
  inject(site: Site): Promise<void> | void;
  /** Called again and again while it lasts. */
  repeat?(site: Site): Promise<unknown>;
  heal(site: Site): Promise<void> | void;
}

const keepsKeys = ["--appendonly", "yes"];

export const faults: readonly Fault[] = [
  {
    name: "Connection refused",
    injected: "the port closes, connections break",
    decider: "onError",
    seen: "Decisions without the store come at once: nobody waits for a connection that does not stand.",
    inject: ({ proxy }) => proxy.refuse(),
    heal: ({ proxy }) => proxy.accept(),
  },
  {
    name: "Server frozen",
    injected: "SIGSTOP, then SIGCONT",
    decider: "onError",
    seen: "The first calls wait for the whole budget. Then the circuit breaker is open, and only a probe now and then waits. What was sent to the frozen server has a deadline by the server's own clock, and is not charged when it wakes.",
    inject: ({ redis }) => redis.freeze(),
    heal: ({ redis }) => redis.thaw(),
  },
  {
    name: "Server killed, and back with its keys",
    injected: "SIGKILL, then started anew with its append-only file",
    decider: "onError",
    seen: "As with a refused connection. The counters go on where they were.",
    site: () => oneServer(keepsKeys),
    inject: ({ redis }) => redis.kill(),
    heal: ({ redis }) => redis.restart(),
  },
  {
    name: "Server killed, and back empty",
    injected: "SIGKILL, then started anew without its keys",
    decider: "onError",
    forgets: true,
    seen: "The counters begin anew: a limit admits its burst again, a quota its period's units. The scripts are loaded again by themselves. Where quotas must outlive a server, let it keep its keys.",
    inject: ({ redis }) => redis.kill(),
    heal: ({ redis }) => redis.restart(),
  },
  {
    name: "SCRIPT FLUSH",
    injected: "all scripts forgotten, again and again",
    decider: "store",
    seen: "Nothing. A call whose script is unknown has done nothing, and is made with the script's text.",
    async inject({ redis }) {
      await redis.command("SCRIPT", "FLUSH");
    },
    repeat: ({ redis }) => redis.command("SCRIPT", "FLUSH"),
    heal: () => undefined,
  },
  {
    name: "Primary becomes a replica",
    injected: "REPLICAOF, then REPLICAOF NO ONE",
    decider: "onError",
    seen: "The server refuses to write, so nothing is charged. The connection is made anew each time, in case the address leads to another primary by now. A limit that is used up goes on being refused by what the replica knows.",
    async inject({ redis }) {
      // A primary that there is not, so that the replica keeps its keys.
      await redis.command("REPLICAOF", "127.0.0.1", 1);
    },
    async heal({ redis }) {
      await redis.command("REPLICAOF", "NO", "ONE");
    },
  },
  {
    name: "Primary lost, failover by Sentinel",
    injected: "SIGKILL; the sentinel, 200 ms away, promotes the replica",
    decider: "both",
    forgets: true,
    seen: "Decisions without the store until the sentinel names the new primary. Replication in Redis is asynchronous: what the replica had not yet received is forgotten.",
    site: sentinelSite,
    async inject({ redis, untilPromoted }) {
      await redis.kill();
      await untilPromoted?.();
    },
    heal: () => undefined,
  },
  {
    name: "Primary replaced by Sentinel",
    injected: "SENTINEL FAILOVER; the primary stays up, the sentinel is 200 ms away",
    decider: "both",
    forgets: true,
    seen: "The store hears of it from the sentinel, and leaves the old primary at once. The sentinel only says so some time after it has promoted the replica: what is charged to the old primary in between is forgotten.",
    site: sentinelSite,
    async inject({ failOver, untilPromoted }) {
      await failOver?.();
      await untilPromoted?.();
    },
    heal: () => undefined,
  },
  {
    name: "Reply lost, connection cut",
    injected: "each call reaches the server and is done, the connection breaks before the reply",
    decider: "onError",
    seen: "The call is not made again, so it is charged once, for a request that was decided without the store.",
    inject: ({ proxy }) => proxy.loseReplies(true),
    heal: ({ proxy }) => proxy.loseReplies(false),
  },
  {
    name: "Replies swallowed",
    injected: "calls reach the server and are done, nothing comes back, connections stay",
    decider: "onError",
    seen: "As with a frozen server, but what was sent has been done: charged once, for requests that were decided without the store. The circuit breaker keeps them few.",
    inject: ({ proxy }) => proxy.silence(true),
    heal: ({ proxy }) => proxy.silence(false),
  },
  {
    name: "Slow replies, within the budget",
    injected: "replies 15 ms late",
    decider: "store",
    seen: "Slower decisions, all of them by the store.",
    inject: ({ proxy }) => proxy.delay({ there: 0, back: 15 }),
    heal: ({ proxy }) => proxy.delay({ there: 0, back: 0 }),
  },
  {
    name: "Slow replies, beyond the budget",
    injected: "replies 200 ms late",
    decider: "onError",
    seen: "The request is decided without the store, and what was charged for it is given back when the reply comes after all.",
    inject: ({ proxy }) => proxy.delay({ there: 0, back: 200 }),
    heal: ({ proxy }) => proxy.delay({ there: 0, back: 0 }),
  },
  {
    name: "Slow way to the server",
    injected: "calls arrive 200 ms late",
    decider: "onError",
    seen: "What arrives after its deadline is not done: nothing is charged for what was decided without the store.",
    inject: ({ proxy }) => proxy.delay({ there: 200, back: 0 }),
    heal: ({ proxy }) => proxy.delay({ there: 0, back: 0 }),
  },
  {
    name: "Connections killed",
    injected: "CLIENT KILL, again and again",
    decider: "both",
    seen: "What was under way is decided without the store, and so is all until the connection stands again, some 25 ms later.",
    async inject({ redis }) {
      await redis.command("CLIENT", "KILL", "TYPE", "normal");
    },
    repeat: ({ redis }) => redis.command("CLIENT", "KILL", "TYPE", "normal"),
    heal: () => undefined,
  },
  {
    name: "Out of memory",
    injected: "`maxmemory 1`, then none",
    decider: "onError",
    seen: "The server refuses to write, so nothing is charged, and nobody waits.",
    async inject({ redis }) {
      await redis.command("CONFIG", "SET", "maxmemory", "1");
    },
    async heal({ redis }) {
      await redis.command("CONFIG", "SET", "maxmemory", "0");
    },
  },
  {
    name: "FLUSHALL",
    injected: "all keys dropped, once",
    decider: "store",
    forgets: true,
    seen: "The counters begin anew. What was charged before and is given back now gives no credit.",
    inject: ({ redis }) => redis.flush(),
    heal: () => undefined,
  },
];

/** ms */
const spans = { between: 100 } as const;

/** Lets a fault last. */
export async function lasting(fault: Fault, site: Site, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    await pause(Math.min(spans.between, Math.max(0, until - performance.now())));
    await fault.repeat?.(site).catch(() => undefined);
  }
}
