/**
 * Compares two bundles in fresh processes, one after the other: what V8 makes of a program, and where its
 * memory lies, differs from process to process by more than what the gate is to see.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { median, quantile } from "../measure/rounds.ts";
import { GateError } from "./baseline.ts";
import type { SignedIdentity } from "./cases.ts";
import type { Figures, Order, Side } from "./child.ts";

/** One thing that is gated of one case. */
export interface Verdict {
  readonly name: string;
  /** A call's. */
  readonly unit: "ns" | "bytes";
  readonly baseline: number;
  readonly tree: number;
  /** The tree's over the baseline's, and what it may be at most. */
  readonly ratio: number;
  readonly limit: number;
}

/** Even: each side goes first in as many processes as the other. */
const processes = 10;
/**
 * Half-way between a build against itself and the 20 % that must be seen. On two cores with up to six busy
 * processes, in 16 runs of each, the first came to 0.985 to 1.023 and the second to 1.172 to 1.218.
 */
const mostTime = 1.1;
/** An allocation is a multiple of 8 bytes; one small object more is no regression. */
const mostBytes = (baseline: number) => 1.1 * baseline + 16;
/** ms: what takes seconds, and longer only where it hangs. */
const patience = 120_000;

export const isSlower = ({ ratio, limit }: Verdict): boolean => !(ratio <= limit);

/** Whether 20 % must be seen here: where little is allocated, the 16 bytes are nearly as much. */
export const isSharp = ({ limit }: Verdict): boolean => limit <= 1.15;

/** @param planted slows the tree's side by 20 %. */
export async function compare(
  bundles: { readonly baseline: string; readonly tree: string },
  identity: SignedIdentity,
  planted = false,
): Promise<Verdict[]> {
  const baseline: Side = { name: "baseline", bundle: bundles.baseline, planted: false };
  const tree: Side = { name: "tree", bundle: bundles.tree, planted };
  const all: Figures[][] = [];
  for (let i = 0; i < processes; i++) {
    const sides = i % 2 === 0 ? ([baseline, tree] as const) : ([tree, baseline] as const);
    all.push(await measureOnce({ sides, identity }));
  }
  return (all[0] as Figures[]).flatMap(({ name }, i) =>
    verdictsOf(
      name,
      all.map((figures) => figures[i] as Figures),
    ),
  );
}

function verdictsOf(name: string, figures: readonly Figures[]): Verdict[] {
  const ns = (side: Side["name"]) => median(figures.map((one) => one.ns[side]));
  // In some processes V8 spares itself less than in most.
  const bytes = (side: Side["name"]) =>
    quantile(
      figures.map((one) => one.bytes[side]),
      0.25,
    );
  const allocated = { baseline: bytes("baseline"), tree: bytes("tree") };
  return [
    {
      name,
      unit: "ns",
      baseline: ns("baseline"),
      tree: ns("tree"),
      ratio: middle(figures.map(({ ratio }) => ratio)),
      limit: mostTime,
    },
    {
      name,
      unit: "bytes",
      ...allocated,
      ratio: allocated.tree / allocated.baseline,
      limit: mostBytes(allocated.baseline) / allocated.baseline,
    },
  ];
}

/** The mean of the middle half: as deaf to a process out of line as the median, and steadier. */
function middle(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4);
  const half = values.toSorted((a, b) => a - b).slice(cut, values.length - cut);
  return half.reduce((sum, value) => sum + value, 0) / half.length;
}

function measureOnce(order: Order): Promise<Figures[]> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "child.ts"), { timeout: patience });
    let figures: Figures[] | undefined;
    child.once("message", (message) => {
      figures = message as unknown as Figures[];
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (figures !== undefined) resolve(figures);
      else
        reject(
          new GateError(
            `A process of the gate ended with ${code ?? signal}; its error is above. Where the baseline's core cannot do what bench/gate/cases.ts asks of it, move the baseline.`,
          ),
        );
    });
    child.send(order);
  });
}
