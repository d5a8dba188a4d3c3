/** The families as they finish, in the palette of Catppuccin Mocha; plain where NO_COLOR asks for it. */
import { figure, spreadOf, targetOf, verdictOf } from "./format.ts";
import type { FamilyResult } from "./result.ts";

const mocha = {
  mauve: "203;166;247",
  text: "205;214;244",
  subtext: "166;173;200",
  green: "166;227;161",
  red: "243;139;168",
  overlay: "127;132;156",
} as const;

type Paint = (colour: keyof typeof mocha, text: string) => string;

const inColour: Paint = (colour, text) => `\u001b[38;2;${mocha[colour]}m${text}\u001b[39m`;
export const plain: Paint = (_, text) => text;

export const paintFor = (stream: { readonly isTTY?: boolean }): Paint =>
  process.env.NO_COLOR || !stream.isTTY ? plain : inColour;

/** The family's title and its rows, one a line. */
export function renderFamily({ title, what, rows, remarks }: FamilyResult, paint: Paint): string {
  const cells = rows.map((row) => ({
    name: row.name,
    figure: figure(row.value, row.unit),
    spread: spreadOf(row),
    verdict: verdictOf(row),
    target: targetOf(row),
  }));
  const widest = (of: "name" | "figure" | "spread") =>
    Math.max(0, ...cells.map((cell) => cell[of].length));
  const [names, figures, spreads] = [widest("name"), widest("figure"), widest("spread")];
  const lines = cells.map((cell) => {
    const told = [
      paint("text", cell.name.padEnd(names)),
      paint("text", cell.figure.padStart(figures)),
      paint("overlay", cell.spread.padEnd(spreads)),
    ];
    if (cell.verdict !== "") {
      const colour = cell.verdict === "met" ? "green" : "red";
      told.push(paint(colour, `${cell.verdict.padEnd(6)}  ${cell.target}`));
    }
    return `  ${told.join("  ")}`.trimEnd();
  });
  return [
    "",
    paint("mauve", title),
    paint("overlay", what),
    ...lines,
    ...remarks.map((remark) => `  ${paint("subtext", remark)}`),
  ].join("\n");
}

/** A family that threw, with what it threw. */
export const renderFailure = (key: string, error: unknown, paint: Paint): string =>
  `\n${paint("red", `${key} failed`)}\n${error instanceof Error ? error.message : error}`;
