/** A span of time: `"250ms" | "30s" | "5m" | "1h" | "1d"`, or milliseconds. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}` | number;

/** In milliseconds. */
export const hour = 3_600_000;
export const day = 24 * hour;

const millisecondsPer = { ms: 1, s: 1_000, m: 60_000, h: hour, d: day } as const;

/** Milliseconds of a duration, or `undefined` where it is none (negative, fractional below 1 µs, unknown unit). */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value);
  if (match === null) return undefined;
  return Number(match[1]) * millisecondsPer[match[2] as keyof typeof millisecondsPer];
}
