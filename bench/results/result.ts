/** What a family of measurements found: rows for the tables, and one plot. */

export type Unit = "ns" | "µs" | "ms" | "bytes" | "kB" | "×" | "a second" | "calls" | "pauses";

export interface Row {
  readonly name: string;
  /** The median of the rounds. */
  readonly value: number;
  readonly unit: Unit;
  /** The quartiles of the rounds, where there were several. */
  readonly spread?: readonly [low: number, high: number];
  /** What the project has set itself; absent: the figure is told, and nothing is promised. */
  readonly target?: { readonly most: number } | { readonly least: number };
}

/** Whose figure it is, which decides its colour. */
export type Side = "flux" | "others" | "bare";

export interface Bar {
  readonly label: string;
  readonly side: Side;
  readonly value: number;
}

export interface Series {
  readonly label: string;
  readonly side: Side;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One plot a family; axes of growth are logarithmic. */
export type Plot =
  | {
      readonly kind: "bars";
      readonly title: string;
      readonly unit: Unit;
      readonly logarithmic: boolean;
      readonly bars: readonly Bar[];
    }
  | {
      readonly kind: "lines";
      readonly title: string;
      readonly x: string;
      readonly y: string;
      readonly series: readonly Series[];
    };

export interface FamilyResult {
  readonly title: string;
  /** What was measured, in a sentence or two. */
  readonly what: string;
  readonly rows: readonly Row[];
  readonly plot: Plot;
  /** Where Flux loses to what it is compared with; each a sentence. */
  readonly losses?: readonly string[];
  /** What the figures do not say; each a sentence. */
  readonly remarks: readonly string[];
}

export function isMet({ value, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return "most" in target ? value <= target.most : value >= target.least;
}
