// Type-checks what is a program of its own beside the root's: each for a reason that its tsconfig.json tells.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const programs = [
  "packages/core",
  "test/nest",
  "test/types/registered",
  "examples/fastify",
  "examples/nest",
];

function check(program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, "-p", program], { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`tsc -p ${program} found mistakes`));
    });
  });
}

/** As many at a time as there are processors. */
async function checkInTurn(waiting: string[]): Promise<void> {
  for (let program = waiting.shift(); program !== undefined; program = waiting.shift())
    await check(program);
}

const waiting = [...programs];
const turns = Array.from({ length: availableParallelism() }, () => checkInTurn(waiting));
for (const result of await Promise.allSettled(turns))
  if (result.status === "rejected") {
    console.error(result.reason.message);
    process.exitCode = 1;
  }
