import { periodStart } from "./period.ts";
import { type Period, type QuotaPolicy, type RatePolicy, variantOf } from "./policy.ts";
import { RowSet } from "./row-set.ts";

/** What of a quota's policy goes into a row. */
export type Quota = Pick<QuotaPolicy, "variant" | "per" | "quota">;

/** Whether at least half of a rate's burst is used at a moment. */
export function isRateNear({ tolerance }: RatePolicy, tat: number, at: number): boolean {
  return tat - at >= tolerance / 2;
}

/** Whether at least half of a quota is used. */
export function isQuotaNear({ quota }: Pick<QuotaPolicy, "quota">, used: number): boolean {
  return used > 0 && used * 2 >= quota;
}

/**
 * Which rows are near their limit, and which are not, so that a full table can give up one of the
 * latter without looking for it.
 *
 * A counter is near its limit while at least half of its burst or quota is used. A quota stays near
 * until its period is over, and a rate until a moment that is known when it is charged: half its
 * refill before its TAT. So a near rate lies on the shelf of the tick in which that moment is. When
 * the tick is over, the whole shelf moves to the light rates at once. A tick is an eighth to a
 * quarter of the burst's refill: a rate passes for near until a quarter of it is used, or less.
 */
export class Shelves {
  /** Rates of which less than half is used, and quotas whose period is over. */
  readonly light = new RowSet();
  /** The near rates, by the length of their ticks. */
  readonly #wheels: (Wheel | undefined)[] = [];
  /** The quotas, by the kind of their period. */
  readonly #periods = {
    hour: new PeriodShelves(),
    day: new PeriodShelves(),
    month: new PeriodShelves(),
  };

  /** Quotas of which less than half is used, those first whose period ends first. */
  readonly lightQuotas = [
    this.#periods.hour.light,
    this.#periods.day.light,
    this.#periods.month.light,
  ] as const;

  /** The shelf for a rate's row. */
  ofRate(policy: RatePolicy, tat: number, at: number): RowSet {
    if (!isRateNear(policy, tat, at)) return this.light;
    const size = sizeOf(policy.tolerance);
    this.#wheels[size] ??= new Wheel(size);
    const wheel = this.#wheels[size] as Wheel;
    wheel.turn(at, this.light);
    return wheel.shelf(tat - policy.tolerance / 2);
  }

  /** The shelf for a quota's row. */
  ofQuota(per: Period, isNear: boolean, period: number, at: number): RowSet {
    const shelves = this.#periods[per];
    if (period !== shelves.start) shelves.turn(periodStart(per, at), this.light);
    if (period < shelves.start) return this.light;
    return isNear ? shelves.near : shelves.light;
  }

  /** Takes a row off the shelf that it came to with these numbers. */
  remove(row: number, variant: number, value: number): void {
    const policy = variantOf(variant);
    this.light.delete(row);
    if (policy.kind === "quota") {
      this.#periods[policy.per].light.delete(row);
      this.#periods[policy.per].near.delete(row);
    } else {
      const until = value - policy.tolerance / 2;
      this.#wheels[sizeOf(policy.tolerance)]?.shelf(until).delete(row);
    }
  }

  /** Moves to the light ones what is no longer near. */
  turn(at: number): void {
    for (const wheel of this.#wheels) wheel?.turn(at, this.light);
    for (const per of ["hour", "day", "month"] as const) {
      this.#periods[per].turn(periodStart(per, at), this.light);
    }
  }
}

/** The quotas of one kind of period: all of them are over at the same moment. */
class PeriodShelves {
  readonly near = new RowSet();
  readonly light = new RowSet();
  /** The start of the current period, µs. */
  start = 0;

  turn(start: number, over: RowSet): void {
    if (start > this.start) {
      this.near.moveTo(over);
      this.light.moveTo(over);
    }
    this.start = start;
  }
}

/**
 * Near rates by the tick in which they cease to be near. A charge reaches at most four ticks ahead.
 * What a settlement overran by more than most of a burst shares a shelf with an earlier tick, so that
 * it passes for light too early: whoever takes a row for light looks at it first.
 */
class Wheel {
  /** µs. */
  readonly #tick: number;
  readonly #shelves: readonly RowSet[] = Array.from({ length: 8 }, () => new RowSet());
  /** The number of the current tick. */
  #now = 0;

  constructor(size: number) {
    this.#tick = 2 ** size;
  }

  shelf(until: number): RowSet {
    return this.#shelves[Math.floor(until / this.#tick) & 7] as RowSet;
  }

  turn(at: number, light: RowSet): void {
    const now = Math.floor(at / this.#tick);
    if (now === this.#now) return;
    const shelves = Math.min(8, now - this.#now);
    for (let i = 0; i < shelves; i++) this.#shelves[(this.#now + i) & 7]?.moveTo(light);
    this.#now = now;
  }
}

/** The logarithm of a tick in µs, from 2^17 µs, an eighth of a second, to 2^48 µs, nine years. */
function sizeOf(tolerance: number): number {
  if (tolerance >= 2 ** 50) return 48;
  return 16 + Math.max(1, 31 - Math.clz32(tolerance / 2 ** 18));
}
