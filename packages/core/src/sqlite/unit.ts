import type { Period, Policy } from "../limits/policy.ts";

/** The kinds of period as numbers: not those of this process, since other processes read them. */
const units = { hour: -1, day: -2, month: -3 } as const satisfies Record<Period, number>;
const periods: readonly Period[] = ["hour", "day", "month"];

/** What a counter of this policy is counted in: µs a unit of a rate, the kind of period of a quota. */
export function unitOf(policy: Policy): number {
  return policy.kind === "rate" ? policy.interval : units[policy.per];
}

/** The kind of period that a quota's unit stands for. */
export function perOf(unit: number): Period {
  return periods[-1 - unit] as Period;
}
