/** What the collector does in a process that decides steadily, and in one that only makes the requests. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Steady {
  readonly made: number;
  /** ms of each of the collector's pauses. */
  readonly pauses: readonly number[];
}

const load = fileURLToPath(new URL("./load.ts", import.meta.url));

export function steady(way: "flux" | "bare", seconds: number): Promise<Steady> {
  return new Promise((resolve, reject) => {
    const child = fork(load, [way, String(seconds)], { execArgv: ["--expose-gc"] });
    let told: Steady | undefined;
    child.once("message", (message) => {
      told = message as Steady;
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (told !== undefined && code === 0) resolve(told);
      else reject(new Error(`the steady load ended with ${code}, and told nothing`));
    });
  });
}
