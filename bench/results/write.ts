/** bench/RESULTS.md and a plot a family: rendered all before the first is written, so that they belong together. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Machine } from "./machine.ts";
import { type Finished, renderMarkdown } from "./markdown.ts";
import { renderPlot } from "./plot.ts";

/** The files' names, from bench/ on. */
export function writeResults(
  families: readonly Finished[],
  machine: Machine,
  complete: boolean,
): string[] {
  const files: [name: string, text: string][] = [
    ...families.map(({ key, result }): [string, string] => [
      `plots/${key}.svg`,
      renderPlot(result.plot),
    ]),
    ["RESULTS.md", renderMarkdown(families, machine, complete)],
  ];
  const bench = new URL("../", import.meta.url);
  mkdirSync(new URL("plots/", bench), { recursive: true });
  for (const [name, text] of files) writeFileSync(new URL(name, bench), text);
  return files.map(([name]) => name);
}
