/** The gate's table, in the palette of Catppuccin Mocha; plain where NO_COLOR or a pipe asks for it. */
import { paintFor } from "../results/terminal.ts";
import { isSlower, type Verdict } from "./measure.ts";

export const paint = paintFor(process.stdout);

/** @param baseline what the left column's figures are of. */
export function tableOf(title: string, baseline: string, verdicts: readonly Verdict[]): string {
  const head = ["", "a call", baseline, "tree", "ratio", "at most"];
  const rows = verdicts.map((verdict) => {
    const { name, unit, ratio, limit } = verdict;
    const figures = [verdict.baseline.toFixed(0), verdict.tree.toFixed(0), ratio.toFixed(3)];
    const cells = line([name, unit, ...figures, limit.toFixed(3)]);
    const more = unit === "ns" ? "slower" : "larger";
    return `${paint("text", cells)}  ${isSlower(verdict) ? paint("red", more) : paint("green", "ok")}`;
  });
  return ["", paint("mauve", title), paint("overlay", line(head)), ...rows].join("\n");
}

const line = ([name = "", unit = "", ...figures]: readonly string[]): string =>
  `  ${name.padEnd(18)}${unit.padEnd(8)}${figures.map((figure) => figure.padStart(11)).join("")}`;
