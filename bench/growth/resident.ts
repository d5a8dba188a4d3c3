/** Resident memory of a process by what it holds, measured in processes of their own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../measure/rounds.ts";

const run = promisify(execFile);
const holder = fileURLToPath(new URL("./holder.ts", import.meta.url));

/** Bytes by which the process's resident memory grew, a thing held: the median of three processes. */
async function held(kind: "counter" | "tenant", count: number): Promise<number> {
  const grown: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { stdout } = await run(process.execPath, ["--expose-gc", holder, kind, String(count)]);
    grown.push(Number(stdout));
  }
  return median(grown);
}

/** @param tenants that are decided for, each with a record that was loaded and one counter. */
export async function bytesPer(tenants: number): Promise<{ counter: number; tenant: number }> {
  return { counter: await held("counter", 1_000_000), tenant: await held("tenant", tenants) };
}
