import { FluxError } from "../errors.ts";
import { isAmount } from "./amounts.ts";

/** What a counter is held to. Policies are numbered, so that a store remembers them by number. */
export type Policy = RatePolicy | QuotaPolicy;

/** What a variant's number stands for: all of a rate, but of a quota not how many units it is. */
export type Variant = RatePolicy | QuotaVariant;

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
  /** The number of this definition of the id, dense over all variants, process-wide. */
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
  readonly lease: Lease | undefined;
}

/** How many units a store may debit ahead for one process, and for how long. */
export interface Lease {
  /** Units at most, an integer of at least 2. */
  readonly size: number;
  /** µs. */
  readonly ttl: number;
}

/** A metered feature counted by a kind of period of the UTC calendar. */
export interface QuotaVariant {
  readonly kind: "quota";
  /** The feature's name in the config. */
  readonly name: string;
  /** `feature:` and the name: what a store keys counters by. */
  readonly id: string;
  /** The number of the id, dense, process-wide. */
  readonly index: number;
  /** The number of this id in this kind of period, dense over all variants, process-wide. */
  readonly variant: number;
  readonly per: Period;
}

/** A metered feature's quota within a period. */
export interface QuotaPolicy extends QuotaVariant {
  /** Units per period; `Infinity` where unlimited (still counted). */
  readonly quota: number;
  readonly lease: Lease | undefined;
}

export type Period = "hour" | "day" | "month";

/** A lease as configured. */
export interface LeaseDefinition {
  readonly size: number;
  /** ms. */
  readonly ttl: number;
}

/** A rate limit as configured. */
export interface RateDefinition {
  readonly name: string;
  /** Units per window: an integer, at least 1. */
  readonly quota: number;
  /** In ms, a whole number of µs, at least 1 µs a unit of the quota. */
  readonly window: number;
  /** Units admitted at once: an integer, at least 1; default: the quota. */
  readonly burst?: number | undefined;
  readonly lease?: LeaseDefinition | undefined;
}

/** A metered feature's quota as configured. */
export interface QuotaDefinition {
  readonly name: string;
  readonly per: Period;
  /** Units per period: a non-negative safe integer, or `Infinity`. */
  readonly quota: number;
  readonly lease?: LeaseDefinition | undefined;
}

/**
 * The longest time that a full burst may take to refill, in µs: 142 years. A moment plus this is a
 * safe integer until the year 2112, so that every sum of the algorithm is exact.
 */
export const longestRefill = 2 ** 52;

/**
 * Every variant by its number, kept for the life of the process. Only a config makes variants: a
 * quota's units, of which every tenant may have its own, are no part of one.
 */
const variants: Variant[] = [];
/** The index of each variant's id. */
const indexOfVariant: number[] = [];
/** The variants of each id by what tells them apart, and the index of each id. */
const interned = new Map<
  string,
  { readonly index: number; readonly known: Map<string, Variant> }
>();

/** What a number stands for that a policy of this process had as its `variant`. */
export function variantOf(variant: number): Variant {
  return variants[variant] as Variant;
}

/** The `index` of a variant: the same for all variants of an id. */
export function indexOf(variant: number): number {
  return indexOfVariant[variant] as number;
}

/** How many variants the process has seen. */
export function variantCount(): number {
  return variants.length;
}

/** What is wrong with a rate limit's numbers, for the config's list of mistakes, or `undefined`. */
export function rateProblem({
  quota,
  window,
  burst = quota,
}: Omit<RateDefinition, "name">): string | undefined {
  if (!isPositiveInteger(quota)) return `quota must be an integer of at least 1, got ${quota}`;
  if (!isPositiveInteger(burst)) return `burst must be an integer of at least 1, got ${burst}`;
  const microseconds = wholeMicroseconds(window);
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
  throwIfWrong(definition.name, rateProblem(definition));
  const { name, quota, burst = quota } = definition;
  const window = wholeMicroseconds(definition.window);
  const interval = Math.ceil(window / quota);
  const lease = leaseOf(definition);
  const numbers = [quota, window, burst, lease?.size, lease?.ttl].join("/");
  return intern(`limit:${name}`, numbers, (id, index, variant) => ({
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
    lease,
  }));
}

/** What is wrong with a quota, for the config's list of mistakes, or `undefined`. */
export function quotaProblem({ quota }: Pick<QuotaDefinition, "quota">): string | undefined {
  if (quota === Infinity || isAmount(quota)) return undefined;
  return `quota must be a non-negative safe integer, or unlimited, got ${quota}`;
}

/**
 * The policy of a metered feature: a new object, which nothing here remembers.
 * @throws FluxError `config_invalid` where `quotaProblem` finds something.
 */
export function quotaPolicy(definition: QuotaDefinition): QuotaPolicy {
  throwIfWrong(definition.name, quotaProblem(definition));
  const { name, per, quota } = definition;
  const { id, index, variant } = intern(`feature:${name}`, per, (id, index, variant) => ({
    kind: "quota",
    name,
    id,
    index,
    variant,
    per,
  }));
  const lease = leaseOf(definition);
  return Object.freeze({ kind: "quota", name, id, index, variant, per, quota, lease });
}

function leaseOf({ lease }: Pick<RateDefinition, "lease">): Lease | undefined {
  return lease && Object.freeze({ size: lease.size, ttl: Math.round(lease.ttl * 1_000) });
}

function intern<V extends Variant>(
  id: string,
  numbers: string,
  make: (id: string, index: number, variant: number) => V,
): V {
  let ofId = interned.get(id);
  if (ofId === undefined) {
    ofId = { index: interned.size, known: new Map() };
    interned.set(id, ofId);
  }
  const known = ofId.known.get(numbers);
  if (known !== undefined) return known as V;
  const variant = make(id, ofId.index, variants.length);
  Object.freeze(variant);
  ofId.known.set(numbers, variant);
  indexOfVariant.push(ofId.index);
  variants.push(variant);
  return variant;
}

/** Units that can be spent at once, of a counter that nobody has used. */
export const mostOf = (policy: Policy): number =>
  policy.kind === "quota" ? policy.quota : policy.burst;

function throwIfWrong(name: string, problem: string | undefined): void {
  if (problem === undefined) return;
  throw new FluxError("config_invalid", `${JSON.stringify(name)}: ${problem}`);
}

/** Milliseconds to µs, exact for decimal fractions such as 0.1 ms; NaN where it is no whole number of µs. */
function wholeMicroseconds(milliseconds: number): number {
  const microseconds = Math.round(milliseconds * 1_000);
  return Math.abs(microseconds / 1_000 - milliseconds) <= milliseconds * Number.EPSILON
    ? microseconds
    : Number.NaN;
}

function isPositiveInteger(value: number): boolean {
  return isAmount(value) && value > 0;
}
