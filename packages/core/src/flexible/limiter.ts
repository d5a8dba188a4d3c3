/**
 * What Flux asks of a limiter of rate-limiter-flexible 11. Told by shape, so that nothing of that package is
 * loaded, and its types are not needed to read Flux's.
 */

/** The options by which the library knows one limit: spread them into a limiter's own. */
export interface FlexibleWindow {
  /**
   * Lower-case letters, digits, `_` and `-`; at most 60 characters. It differs between limits, and between
   * windows of another length; what stands before it is yours (`keyPrefix: "prod_" + window.keyPrefix`).
   */
  readonly keyPrefix: string;
  /** Units a window: the limit's quota. */
  readonly points: number;
  /** Seconds, an integer of at least 1. */
  readonly duration: number;
}

/**
 * Makes the limiter of one limit in one plan's numbers. Called at start, once for each that differs.
 * @param limit the limit's name in the config, or `auth.failures`.
 */
export type MakeLimiter = (window: FlexibleWindow, limit: string) => FlexibleLimiter;

/** Both what `consume` resolves with and what it rejects with where it refuses: `RateLimiterRes`. */
export interface FlexibleResult {
  /** Units on the counter. */
  readonly consumedPoints: number;
  /** ms until the window or the block ends; negative where never. */
  readonly msBeforeNext: number;
}

/** The part of `RateLimiterAbstract` that Flux uses. */
export interface FlexibleLimiter {
  readonly keyPrefix: string;
  readonly points: number;
  readonly duration: number;
  consume(key: string, points?: number): Promise<FlexibleResult>;
  get(key: string): Promise<FlexibleResult | null>;
  reward(key: string, points?: number): Promise<FlexibleResult>;
  penalty(key: string, points?: number): Promise<FlexibleResult>;
}

/** Whether what a limiter rejected with is a refusal. Anything else is a failure. */
export function isResult(value: unknown): value is FlexibleResult {
  if (typeof value !== "object" || value === null || value instanceof Error) return false;
  const { consumedPoints, msBeforeNext } = value as Partial<FlexibleResult>;
  return Number.isFinite(consumedPoints) && Number.isFinite(msBeforeNext);
}
