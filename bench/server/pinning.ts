/**
 * Servers on one processor, and what drives them on another, so that neither takes the other's time. By
 * taskset of util-linux, where it is installed.
 */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

export interface Pinning {
  /** Keeps a process and all its threads on the servers' processor. */
  server(pid: number): unknown;
  /** Keeps a process and all its threads on the drivers' processor. */
  driver(pid: number): unknown;
  /** Lets this process run where it ran before. */
  release(): unknown;
  /** Why nothing is pinned. */
  readonly remark?: string;
}

/** Pins this process as a driver. */
export function pinDriver(): Pinning {
  const idle = { server: () => undefined, driver: () => undefined, release: () => undefined };
  if (availableParallelism() < 2)
    return {
      ...idle,
      remark:
        "There is one processor: the servers shared it with what drove them, so latencies and requests per second are of both together.",
    };
  const [first, ...others] = processorsOf(process.pid);
  const second = others.at(-1);
  if (first === undefined || second === undefined || !pin(process.pid, [second]))
    return {
      ...idle,
      remark:
        "Nothing was pinned to a processor, for want of taskset (util-linux): servers and what drove them may have taken each other's time.",
    };
  return {
    server: (pid) => pin(pid, [first]),
    driver: (pid) => pin(pid, [second]),
    release: () => pin(process.pid, [first, ...others]),
  };
}

/** @returns whether it could. */
function pin(pid: number, processors: readonly number[]): boolean {
  return (
    taskset("--all-tasks", "--cpu-list", "--pid", processors.join(","), `${pid}`) !== undefined
  );
}

/** The processors that a process may run on; none where nobody can tell. */
function processorsOf(pid: number): number[] {
  // pid 7's current affinity list: 0,2-3
  const list = /: ([\d,-]+)\s*$/.exec(taskset("--cpu-list", "--pid", `${pid}`) ?? "")?.[1];
  return (list?.split(",") ?? []).flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function taskset(...args: string[]): string | undefined {
  try {
    return execFileSync("taskset", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}
