/**
 * Runs one family in a process of its own, so that its heap, and what the compiler has learned from it, do
 * not colour the next one's figures. Its result comes back as a message.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { FamilyResult } from "../results/result.ts";
import type { FamilyName } from "./words.ts";

export interface Options {
  /** Whether fewer rounds will do. */
  readonly quick: boolean;
}

/** What bench/families/<name>.ts exports. */
export interface FamilyModule {
  run(options: Options): Promise<FamilyResult>;
}

export type Message = { readonly result: FamilyResult } | { readonly failure: string };

/** Rejects where the family throws, ends without a result, or has a figure that is none. */
export async function runInChild(name: FamilyName, { quick }: Options): Promise<FamilyResult> {
  const words = [name, ...(quick ? ["--quick"] : [])];
  const child = fork(new URL("in-child.ts", import.meta.url), words, {
    execArgv: ["--expose-gc"],
    // JSON would turn NaN into null, and null is below every target.
    serialization: "advanced",
    // Standard output is the report's.
    stdio: ["ignore", 2, 2, "ipc"],
  });
  let message: Message | undefined;
  child.once("message", (received) => {
    message = received as Message;
  });
  // The exit may be told before what the process has sent is read.
  const [[code, signal]] = await Promise.all([once(child, "exit"), once(child, "disconnect")]);
  if (message === undefined)
    throw new Error(`it ended without a result (${signal ?? `exit code ${code}`})`);
  if ("failure" in message) throw new Error(message.failure);
  checkFigures(message.result);
  return message.result;
}

/** What is no number would be neither met nor missed, and could not be drawn. */
export function checkFigures({ rows, plot }: FamilyResult): void {
  if (rows.length === 0) throw new Error("it has no rows");
  const figures = [
    ...rows.map(({ name, value, spread = [] }) => ({ name, values: [value, ...spread] })),
    ...(plot.kind === "bars"
      ? plot.bars.map(({ label, value }) => ({ name: label, values: [value] }))
      : plot.series.map(({ label, points }) => ({ name: label, values: points.flat() }))),
  ];
  const none = figures.filter(({ values }) => !values.every(Number.isFinite));
  if (none.length > 0) throw new Error(`not a number: ${none.map(({ name }) => name).join("; ")}`);
}
