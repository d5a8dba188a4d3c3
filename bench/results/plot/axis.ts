/** Where values lie on an axis, and where its gridlines are. */
import { number } from "../format.ts";
import { size, widthOf } from "./frame.ts";

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** From 0 (`low`) to 1 (`high`). */
  share(value: number): number;
}

/** From 0 on, in steps of 1, 2 or 5. */
export function linearAxis(most: number): Axis {
  const rough = (most > 0 ? most : 1) / 5;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5].find((times) => times * decade >= rough) ?? 10);
  const steps = Math.ceil((most > 0 ? most : 1) / step - 1e-9);
  const high = steps * step;
  return {
    low: 0,
    high,
    ticks: Array.from({ length: steps + 1 }, (_, i) => i * step),
    share: (value) => Math.max(0, value) / high,
  };
}

/**
 * Whole decades around the values, one at least: a curve looks as flat as it is.
 * @param values greater than 0. @param room whether the least lies clear of `low`, as a bar must.
 */
export function logAxis(values: readonly number[], room: boolean): Axis {
  const least = Math.log10(Math.min(...values));
  const most = Math.log10(Math.max(...values));
  // A hair: logarithms of whole decades need not be whole.
  let from = Math.floor(least + 1e-9);
  if (room && least - from < 0.25) from--;
  const to = Math.max(from + 1, Math.ceil(most - 1e-9));
  const between = to - from > 2 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = from; decade <= to; decade++)
    for (const times of decade === to ? [1] : between) ticks.push(times * 10 ** decade);
  return {
    low: 10 ** from,
    high: 10 ** to,
    ticks,
    share: (value) => Math.min(1, Math.max(0, (Math.log10(value) - from) / (to - from))),
  };
}

export const isDecade = (value: number): boolean =>
  Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;

/** Those ticks of a horizontal axis that get a label, so that none runs into the next. @param length px. */
export function labelled(ticks: readonly number[], length: number): ReadonlySet<number> {
  const apart = length / Math.max(1, ticks.length - 1);
  const widest = Math.max(...ticks.map((tick) => widthOf(number(tick), size.tick)));
  const every = Math.max(1, Math.ceil((widest + 10) / apart));
  return new Set(ticks.filter((_, i) => i % every === 0));
}
