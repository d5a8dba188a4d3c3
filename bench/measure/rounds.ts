/** Medians and spreads of rounds, and the processor's time. */
import type { Row } from "../results/result.ts";

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One row of the medians of rounds, with their quartiles. */
export function rowOf(
  name: string,
  rounds: readonly number[],
  unit: Row["unit"],
  target?: Row["target"],
): Row {
  return {
    name,
    value: median(rounds),
    unit,
    spread: [quantile(rounds, 0.25), quantile(rounds, 0.75)],
    ...(target === undefined ? {} : { target }),
  };
}

/** Ratios of two ways measured in the same rounds, round by round: a machine's mood changes between rounds. */
export const ratios = (over: readonly number[], under: readonly number[]): number[] =>
  over.map((value, i) => value / (under[i] as number));

/** Differences of two ways measured in the same rounds. */
export const differences = (of: readonly number[], less: readonly number[]): number[] =>
  of.map((value, i) => value - (less[i] as number));

/** CPU time of the whole process, all threads, µs, that some work takes; in user and kernel mode. */
export async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
