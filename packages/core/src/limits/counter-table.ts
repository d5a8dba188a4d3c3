import { none } from "./chains.ts";
import { GradedCounters, type Spared } from "./graded-counters.ts";
import { grace } from "./host-clock.ts";
import { periodStart } from "./period.ts";
import { type Policy, variantOf } from "./policy.ts";
import { free } from "./rows.ts";

/**
 * The counters of a half of the store: never more than its bound.
 *
 * Nothing here has a timer. Every claim of a row looks at a few others and frees those that no longer
 * tell anything. Where a full table finds none, it gives one up, in this order:
 *
 * 1. a rate that is not near its limit (see `Shelves`), or a quota whose period is over;
 * 2. a counter of a crowd (one owner's partitions that fill a quarter of the table): a tenant that
 *    makes up partitions loses its own counters, and nobody else's that matter;
 * 3. a quota that is not near its limit;
 * 4. any counter, rates before quotas.
 *
 * Each is the least worth keeping of a few drawn at random; in 2 and 4, of the rate that has most
 * counters, so that who makes up counters of one limit pushes out few of another.
 */
export class CounterTable extends GradedCounters {
  #firstFree = none;
  #hand = 0;
  #held = 0;

  /**
   * What a new rate row's credits start at: so high that a receipt of an earlier row of the same key,
   * which is gone, can never be worth a credit on the new one.
   */
  creditFloor = 0;

  /**
   * Quotas given up so far, as a signed 32-bit number that goes around. A receipt that is older than
   * a quota's row, by this count, is of an earlier row of the same key: its units are not on this one.
   */
  quotasLost = 0;

  /** Rows held. */
  get held(): number {
    return this.#held;
  }

  /** Whether a quota's row began after a moment, told by what `quotasLost` was at that moment. */
  isYounger(row: number, quotasLost: number): boolean {
    return ((quotasLost - this.born(row)) | 0) < 0;
  }

  /**
   * A new row of a key, to be written next.
   * @param at the clock, µs.
   * @param spared the first `count` of these rows are not given up for this one.
   */
  claim(
    owner: string,
    partition: string,
    policy: Policy,
    at: number,
    spared: readonly Spared[] = [],
    count = 0,
  ): number {
    for (let i = 0; i < sweep && i < this.used; i++) this.#sweep(at);
    if (this.#held >= this.bound) this.#giveUp(at, spared, count);
    let row = this.#firstFree;
    if (row >= 0) {
      this.#firstFree = this.next(row);
    } else {
      row = this.used++;
      this.extend(row);
    }
    this.#held++;
    this.list(row, owner, partition, policy, this.quotasLost);
    return row;
  }

  /** Looks at the row under the hand, and frees it where its absence says the same. */
  #sweep(at: number): void {
    const row = this.#hand;
    this.#hand = row + 1 < this.used ? row + 1 : 0;
    if (this.variant(row) === free) return;
    const variant = variantOf(this.variant(row));
    if (variant.kind === "rate") {
      if (this.value(row) > at - grace) return;
      this.creditFloor = Math.max(this.creditFloor, this.credits(row));
    } else if (this.period(row) >= periodStart(variant.per, Math.max(0, at - grace))) {
      return;
    }
    this.#free(row);
  }

  #giveUp(at: number, spared: readonly Spared[], count: number): void {
    const { light, lightQuotas } = this.shelves;
    this.shelves.turn(at);
    let victim = this.leastOf(light, false, at, spared, count);
    if (victim < 0 && this.isCrowded) {
      victim = this.leastOf(this.mostHeld, true, at, spared, count);
      if (victim < 0) victim = this.leastOf(undefined, true, at, spared, count);
    }
    for (const quotas of lightQuotas) {
      if (victim < 0) victim = this.leastOf(quotas, false, at, spared, count);
    }
    if (victim < 0) victim = this.leastOf(this.mostHeld, false, at, spared, count);
    if (victim < 0) victim = this.leastOf(undefined, false, at, spared, count);
    if (variantOf(this.variant(victim)).kind === "rate") {
      const debt = Math.max(0, this.value(victim) - at);
      this.creditFloor = Math.max(this.creditFloor, this.credits(victim) + debt);
    } else {
      this.quotasLost = (this.quotasLost + 1) | 0;
    }
    this.#free(victim);
  }

  #free(row: number): void {
    this.leave(row);
    this.clear(row);
    this.link(row, this.#firstFree);
    this.#firstFree = row;
    this.#held--;
  }
}

/** Rows looked at for each one claimed. */
const sweep = 3;
