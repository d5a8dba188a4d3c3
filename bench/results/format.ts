/** How figures are told: in words that the table, the plots and the terminal share. */
import { isMet, type Row, type Unit } from "./result.ts";

const threeDigits = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** Three significant digits, thousands apart: `12,300`, `0.333`. */
export const number = (value: number): string => threeDigits.format(value);

export const figure = (value: number, unit: Unit): string => `${number(value)} ${unit}`;

/** The quartiles; empty where there was one round. */
export const spreadOf = ({ spread }: Row): string =>
  spread === undefined ? "" : `${number(spread[0])} to ${number(spread[1])}`;

/** `at most 60 ns`; empty where nothing is promised. */
export function targetOf({ target, unit }: Row): string {
  if (target === undefined) return "";
  return "most" in target
    ? `at most ${figure(target.most, unit)}`
    : `at least ${figure(target.least, unit)}`;
}

/** `met`, `missed`; empty where nothing is promised. */
export function verdictOf(row: Row): "met" | "missed" | "" {
  const met = isMet(row);
  if (met === undefined) return "";
  return met ? "met" : "missed";
}
