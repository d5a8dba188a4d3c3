/** How long each stack takes to start, in fresh processes that take turns. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** ms. */
export interface Start {
  readonly imported: number;
  readonly defined: number;
}

const ways = ["flux", "assembled"] as const;

export async function starts(rounds: number): Promise<Record<(typeof ways)[number], Start[]>> {
  const measured: Record<(typeof ways)[number], Start[]> = { flux: [], assembled: [] };
  // The first round reads the files from the disk.
  for (let round = -1; round < rounds; round++)
    for (const way of ways) {
      const file = fileURLToPath(new URL(`./${way}.mjs`, import.meta.url));
      const { stdout } = await run(process.execPath, [file]);
      if (round >= 0) measured[way].push(JSON.parse(stdout) as Start);
    }
  return measured;
}
