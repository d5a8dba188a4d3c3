import type { Period } from "./policy.ts";

/** µs of the periods that all have one length: UTC has no daylight saving time. */
const lengths = { hour: 3_600_000_000, day: 86_400_000_000 } as const;

/** The month last asked for, in µs, at first January 1970: a clock seldom leaves it. One object: two variables are read slower. */
const month = { start: 0, end: 31 * lengths.day };

/**
 * When the period that a moment belongs to began, by the UTC calendar.
 * @param at µs since the epoch, an integer.
 * @returns µs since the epoch.
 */
export function periodStart(per: Period, at: number): number {
  if (per !== "month") return at - (at % lengths[per]);
  if (at < month.start || at >= month.end) findMonth(at);
  return month.start;
}

/**
 * When a period ends, which is when the next begins.
 * @param start its start, as `periodStart` gave it.
 * @returns µs since the epoch.
 */
export function periodEnd(per: Period, start: number): number {
  if (per !== "month") return start + lengths[per];
  return start === month.start ? month.end : startOfMonth(start, 1);
}

/** What is left at a moment of the units used in a period: none once it is over. */
export function usedStill(used: number, per: Period, period: number, now: number): number {
  return now < periodEnd(per, period) ? used : 0;
}

/**
 * The period that a counter goes on in, whatever kind of period it was in until now. One that is later
 * than the clock's, after the clock stepped back, stays.
 * @param per the kind of period that is asked for.
 * @param period the start of the counter's period, µs.
 */
export function periodFrom(per: Period, period: number, now: number): number {
  return periodStart(per, period > now ? period : now);
}

function findMonth(at: number): void {
  month.start = startOfMonth(at, 0);
  month.end = startOfMonth(at, 1);
}

/** When the month of a moment began, or the one that is so many months later. */
function startOfMonth(at: number, later: number): number {
  const date = new Date(Math.floor(at / 1_000));
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later) * 1_000;
}
