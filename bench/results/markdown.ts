/** bench/RESULTS.md: what all families found, what was promised, and where Flux loses. */
import { figure, spreadOf, targetOf, verdictOf } from "./format.ts";
import type { Machine } from "./machine.ts";
import type { FamilyResult, Row } from "./result.ts";

export interface Finished {
  /** The family's word on the command line, and its plot's file name. */
  readonly key: string;
  readonly result: FamilyResult;
}

/** @param complete whether these are all the families there are. */
export function renderMarkdown(
  families: readonly Finished[],
  machine: Machine,
  complete: boolean,
): string {
  const parts = [
    intro(families, machine, complete),
    facts(machine),
    summary(families),
    ...families.map(section),
    losses(families),
  ];
  return `${parts.join("\n\n")}\n`;
}

function intro(
  families: readonly Finished[],
  { date, revision }: Machine,
  complete: boolean,
): string {
  const words = families.map(({ key }) => key).join(" ");
  const command = complete ? "npm run bench" : `npm run bench -- ${words} --write`;
  const at = revision === undefined ? "" : `, at revision ${inline(revision)}`;
  return [
    "# Results of the benchmarks",
    `Written by the command below on ${date}${at}; edits are lost when it runs again.${
      complete ? "" : " It was asked for some of the families only."
    }`,
    `\`\`\`sh\nnpm ci\n${command}\n\`\`\``,
    "It needs redis-server on the PATH, takes some minutes, and wants the machine for itself. Each family " +
      "runs in a process of its own. A figure is the median of its rounds, and the quartiles beside it say how far " +
      "rounds differ; most ratios are taken within each round. Targets are those that the project has set itself. " +
      "All figures are of one machine: yours will differ, ratios less than times.",
  ].join("\n\n");
}

function facts(machine: Machine): string {
  return [
    "## The machine",
    table(
      ["", ""],
      [
        ["Node", machine.node],
        ["V8", machine.v8],
        ["Processor", machine.processor],
        ["Memory", machine.memory],
        ["Kernel", machine.kernel],
        ["Packages", machine.packages.map((package_) => package_.join(" ")).join(", ")],
      ],
    ),
  ].join("\n\n");
}

function summary(families: readonly Finished[]): string {
  const rows = families.flatMap(({ result }) =>
    result.rows.filter(({ target }) => target !== undefined).map((row) => [result, row] as const),
  );
  if (rows.length === 0) return "## Targets\n\nNo row of these families has a target.";
  const missed = rows.filter(([, row]) => verdictOf(row) === "missed").length;
  const told =
    missed === 0 ? `All ${rows.length} are met.` : `Of ${rows.length}, ${missed} missed.`;
  return [
    "## Targets",
    told,
    table(
      ["Family", "Row", "Figure (quartiles)", "Target", "Verdict"],
      rows.map(([{ title }, row]) => [
        title,
        row.name,
        figureWithSpread(row),
        targetOf(row),
        verdict(row),
      ]),
      [2, 3],
    ),
  ].join("\n\n");
}

function section({ key, result }: Finished): string {
  const { title, what, rows, plot, remarks } = result;
  return [
    `## ${inline(title)}`,
    inline(what),
    table(
      ["", "Median", "Quartiles", "Target", "Verdict"],
      rows.map((row) => [
        row.name,
        figure(row.value, row.unit),
        spreadOf(row),
        targetOf(row),
        verdict(row),
      ]),
      [1, 2, 3],
    ),
    `![${inline(plot.title)}](plots/${key}.svg)`,
    ...(remarks.length === 0 ? [] : [remarks.map((remark) => `- ${inline(remark)}`).join("\n")]),
  ].join("\n\n");
}

function losses(families: readonly Finished[]): string {
  const missed = families.flatMap(({ result: { title, rows } }) =>
    rows
      .filter((row) => verdictOf(row) === "missed")
      .map(
        (row) =>
          `- ${inline(title)}, ${inline(row.name)}: ${figureWithSpread(row)}, where ${targetOf(row)} is the target.`,
      ),
  );
  const lost = sentences(families, ({ losses = [] }) => losses);
  const remarks = sentences(families, (result) => result.remarks);
  return [
    "## Where Flux loses",
    missed.length === 0
      ? "No target is missed in this run."
      : `Targets that are missed in this run:\n\n${missed.join("\n")}`,
    ...(lost.length === 0 ? [] : [`What others do better:\n\n${lost.join("\n")}`]),
    ...(remarks.length === 0 ? [] : ["## What the figures do not say", remarks.join("\n")]),
  ].join("\n\n");
}

function sentences(
  families: readonly Finished[],
  of: (result: FamilyResult) => readonly string[],
): string[] {
  return families.flatMap(({ result }) =>
    of(result).map((sentence) => `- ${inline(result.title)}: ${inline(sentence)}`),
  );
}

function figureWithSpread(row: Row): string {
  const spread = spreadOf(row);
  return figure(row.value, row.unit) + (spread === "" ? "" : ` (${spread})`);
}

const verdict = (row: Row): string => (verdictOf(row) === "missed" ? "**missed**" : verdictOf(row));

/** @param right the columns of figures. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  // A verdict is the one cell that brings markup of its own.
  const cell = (text: string) => (text === "**missed**" ? text : inline(text));
  return [
    line(head),
    line(head.map((_, i) => (right.includes(i) ? "--:" : "---"))),
    ...rows.map((cells) => line(cells.map(cell))),
  ].join("\n");
}

/** Text on one line that means itself, but for `code`. */
const inline = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 === 1 ? part.replaceAll("|", "\\|") : escaped(part)))
    .join("");

const escaped = (text: string): string =>
  text
    .replace(/[\\|*_`[\]]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
