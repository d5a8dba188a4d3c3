/**
 * `npm run bench`: measures what the README claims, on this machine, family by family, and writes
 * bench/RESULTS.md and bench/plots/. `npm run bench -- decide growth` measures those only, and writes with
 * `--write` alone. `--quick` takes fewer rounds and never writes. Exits 1 where a target is missed or a
 * family fails, 2 where a word is unknown.
 */
import { runInChild } from "./cli/child.ts";
import { families, parseWords } from "./cli/words.ts";
import { verdictOf } from "./results/format.ts";
import { readMachine } from "./results/machine.ts";
import type { Finished } from "./results/markdown.ts";
import { paintFor, renderFailure, renderFamily } from "./results/terminal.ts";
import { writeResults } from "./results/write.ts";

const asked = parseWords(process.argv.slice(2));
if (typeof asked === "string") {
  console.error(asked);
  process.exit(2);
}

const paint = paintFor(process.stdout);
// As it is when the measuring begins: files may change in the meantime.
const machine = readMachine();
const note = (text: string) => console.log(paint("overlay", text));
note(`Node ${machine.node}, V8 ${machine.v8}, ${machine.processor}`);
note(
  "Medians of rounds, with their quartiles; the targets are those that the project has set itself.",
);

const finished: Finished[] = [];
const failed: string[] = [];
for (const key of asked.chosen) {
  if (process.stderr.isTTY)
    console.error(paintFor(process.stderr)("overlay", `\nmeasuring ${key}`));
  try {
    const result = await runInChild(key, asked);
    finished.push({ key, result });
    console.log(renderFamily(result, paint));
  } catch (error) {
    failed.push(key);
    console.log(renderFailure(key, error, paint));
  }
}

const missed = finished
  .flatMap(({ result }) => result.rows)
  .filter((row) => verdictOf(row) === "missed").length;
console.log();
if (missed > 0) console.log(paint("red", `${missed} missed`));
if (failed.length > 0)
  console.log(
    paint("red", `failed: ${failed.join(", ")}${asked.write ? "; nothing is written" : ""}`),
  );
else if (asked.write) {
  const complete = finished.length === families.length;
  note(`written in bench/: ${writeResults(finished, machine, complete).join(", ")}`);
}
process.exitCode = missed > 0 || failed.length > 0 ? 1 : 0;
