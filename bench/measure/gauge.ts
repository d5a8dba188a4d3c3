/**
 * The machine has slow phases, of seconds to minutes, in which all that runs on it takes up to twice its time. Beside
 * each round a fixed piece of work is timed that has nothing to do with what is measured, so that no figure picks its
 * own rounds.
 */
import { median } from "./rounds.ts";

const text = JSON.stringify(
  Array.from({ length: 40 }, (_, i) => ({ id: `item-${i}`, count: i * 7, tags: ["a", "b"] })),
);

/** How long the fixed piece of work takes now: about 10 ms. */
export function gauge(): number {
  const started = performance.now();
  let length = 0;
  for (let i = 0; i < 400; i++) length += JSON.parse(text).length;
  if (length === 0) throw new Error("the gauge has done nothing");
  return performance.now() - started;
}

/** What was measured between two looks at the gauge. */
export interface Gauged {
  /** ms that the fixed work took before and after. */
  readonly gauged: number;
}

/** The half of the rounds in which the fixed work took least. */
export function quieterHalf<T extends Gauged>(rounds: readonly T[]): T[] {
  const isQuiet = quietRounds(rounds.map(({ gauged }) => gauged));
  return rounds.filter((_round, i) => isQuiet(i));
}

/** @param gauged of each round, what tells how busy the machine was. @returns whether a round is in the quieter half. */
export function quietRounds(gauged: readonly number[]): (round: number) => boolean {
  const middle = median(gauged);
  return (round) => (gauged[round] as number) <= middle;
}
