import { FluxError } from "../errors.ts";

/**
 * What a counter is held to. Policies are interned: equal definitions give the same object, so that
 * a store compares and remembers them by number.
 */
export type Policy = RatePolicy | QuotaPolicy;

/**
 * A rate limit, counted by the generic cell rate algorithm (ITU-T I.371, GCRA) on integer
 * microseconds: at most `burst` units at once, refilled one unit every `interval`.
 */
export interface RatePolicy {
  readonly kind: "rate";
  /** The limit's name in the config. */
  readonly name: string;
  /** `limit:` and the name: what a store keys counters by. */
  readonly id: string;
  /** The number of the id, dense, process-wide. */
  readonly index: number;
  /** The number of this definition of the id, dense over all policies, process-wide. */
  readonly variant: number;
  /** Units refilled per window. */
  readonly quota: number;
  /** The window, in µs. */
  readonly window: number;
  /** Units admitted at once. */
  readonly burst: number;
  /** µs a unit, `window / quota` rounded up: never in the caller's favour. */
  readonly interval: number;
  /** µs of debt a caller may have: `burst × interval`. */
  readonly tolerance: number;
}

/** A metered feature's quota within a period of the UTC calendar. */
export interface QuotaPolicy {
  readonly kind: "quota";
  /** The feature's name in the config. */
  readonly name: string;
  /** `feature:` and the name: what a store keys counters by. */
  readonly id: string;
  /** The number of the id, dense, process-wide. */
  readonly index: number;
  /** The number of this definition of the id, dense over all policies, process-wide. */
  readonly variant: number;
  readonly per: Period;
  /** Units per period; `Infinity` where unlimited (still counted). */
  readonly quota: number;
}

export type Period = "hour" | "day" | "month";

/** A rate limit as configured. */
export interface RateDefinition {
  readonly name: string;
  /** Units per window: an integer, at least 1. */
  readonly quota: number;
  /** In ms, a whole number of µs, at least 1 µs a unit of the quota. */
  readonly window: number;
  /** Units admitted at once: an integer, at least 1; default: the quota. */
  readonly burst?: number | undefined;
}

/** A metered feature's quota as configured. */
export interface QuotaDefinition {
  readonly name: string;
  readonly per: Period;
  /** Units per period: a non-negative safe integer, or `Infinity`. */
  readonly quota: number;
}

/**
 * The longest time that a full burst may take to refill, in µs: 142 years. A moment plus this is a
 * safe integer until the year 2112, so that every sum of the algorithm is exact.
 */
export const longestRefill = 2 ** 52;

/** Every policy by its variant, and the index of each: what a store that kept a variant looks up. */
const policies: Policy[] = [];
const indexes = new Map<string, number>();
const interned = new Map<string, Map<string, Policy>>();

/** The policy that a variant numbers; the variant must have come from a policy of this process. */
export function policyOf(variant: number): Policy {
  return policies[variant] as Policy;
}

/** What is wrong with a rate limit's numbers, for the config's list of mistakes, or `undefined`. */
export function rateProblem({
  quota,
  window,
  burst = quota,
}: Omit<RateDefinition, "name">): string | undefined {
  if (!isPositiveInteger(quota)) return `quota must be an integer of at least 1, got ${quota}`;
  if (!isPositiveInteger(burst)) return `burst must be an integer of at least 1, got ${burst}`;
  const microseconds = toMicroseconds(window);
  if (!isPositiveInteger(microseconds)) {
    return `window must be a whole number of microseconds, at least 1 µs and at most 285 years, got ${window} ms`;
  }
  if (microseconds < quota) {
    return `quota must be at most one unit per microsecond, got ${quota} in ${window} ms`;
  }
  if (burst * Math.ceil(microseconds / quota) > longestRefill) {
    return `burst × window / quota must be at most 142 years, got a burst of ${burst} at ${quota} in ${window} ms`;
  }
  return undefined;
}

/**
 * The policy of a rate limit. Equal definitions give the same object.
 * @throws FluxError `config_invalid` where `rateProblem` finds something.
 */
export function ratePolicy(definition: RateDefinition): RatePolicy {
  const problem = rateProblem(definition);
  if (problem !== undefined) refuse(definition.name, problem);
  const { name, quota, burst = quota } = definition;
  const window = toMicroseconds(definition.window);
  const interval = Math.ceil(window / quota);
  return intern(`limit:${name}`, `${quota}/${window}/${burst}`, (id, index, variant) => ({
    kind: "rate",
    name,
    id,
    index,
    variant,
    quota,
    window,
    burst,
    interval,
    tolerance: burst * interval,
  }));
}

/** What is wrong with a quota, for the config's list of mistakes, or `undefined`. */
export function quotaProblem({ quota }: Pick<QuotaDefinition, "quota">): string | undefined {
  if (quota === Number.POSITIVE_INFINITY) return undefined;
  if (Number.isSafeInteger(quota) && quota >= 0) return undefined;
  return `quota must be a non-negative safe integer, or unlimited, got ${quota}`;
}

/**
 * The policy of a metered feature. Equal definitions give the same object.
 * @throws FluxError `config_invalid` where `quotaProblem` finds something.
 */
export function quotaPolicy(definition: QuotaDefinition): QuotaPolicy {
  const problem = quotaProblem(definition);
  if (problem !== undefined) refuse(definition.name, problem);
  const { name, per, quota } = definition;
  return intern(`feature:${name}`, `${per}/${quota}`, (id, index, variant) => ({
    kind: "quota",
    name,
    id,
    index,
    variant,
    per,
    quota,
  }));
}

function intern<P extends Policy>(
  id: string,
  numbers: string,
  make: (id: string, index: number, variant: number) => P,
): P {
  let variants = interned.get(id);
  if (variants === undefined) {
    variants = new Map();
    interned.set(id, variants);
    indexes.set(id, indexes.size);
  }
  const known = variants.get(numbers);
  if (known !== undefined) return known as P;
  const policy = make(id, indexes.get(id) as number, policies.length);
  Object.freeze(policy);
  variants.set(numbers, policy);
  policies.push(policy);
  return policy;
}

function refuse(name: string, problem: string): never {
  throw new FluxError("config_invalid", `${JSON.stringify(name)}: ${problem}`);
}

/** Milliseconds to µs, exact for decimal fractions such as 0.1 ms; NaN where it is no whole number of µs. */
function toMicroseconds(milliseconds: number): number {
  const microseconds = Math.round(milliseconds * 1_000);
  return Math.abs(microseconds / 1_000 - milliseconds) <= milliseconds * Number.EPSILON
    ? microseconds
    : Number.NaN;
}

function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
